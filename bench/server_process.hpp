#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace luminate::bench {

/// A luminate-server of this run's own, on a free port of 127.0.0.1.
class ServerProcess {
 public:
  /// @param url of the store.
  ServerProcess(const std::string& program, const std::string& url);
  /// Logs into a file, which costs less than a reader beside it. @param arguments all but port and format of the log.
  ServerProcess(const std::string& program, const std::vector<std::string>& arguments, const std::string& log_file);
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  std::uint16_t port() const { return port_; }
  pid_t process() const { return process_; }
  /// Asks it to finish and waits until it has.
  void stop();

 private:
  pid_t process_ = -1;
  std::uint16_t port_ = 0;
};

}  // namespace luminate::bench
