#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace luminate::server {

/// A luminate-server that was started with these arguments; its standard output and error are read as one text.
/// Killed and waited for at the end, unless it ended by itself.
class ServerProcess {
 public:
  /// What it finds around it.
  struct Surroundings {
    std::vector<std::string> environment{};  ///< "NAME=value", beside what the test itself has.
    std::vector<int> sockets{};              ///< Handed over as a service manager does. Still the test's, too.
  };

  explicit ServerProcess(const std::vector<std::string>& arguments) : ServerProcess(arguments, {}) {}
  ServerProcess(const std::vector<std::string>& arguments, const Surroundings& surroundings);
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  /// Reads its output until `text` appears. False when the process ends before, or a minute has passed.
  bool wait_for_output(const std::string& text);
  /// Waits until it listens, and returns its port; 0 when it ends before.
  std::uint16_t wait_for_port();
  void signal(int number) const;
  pid_t pid() const { return pid_; }
  /// Reads what is left of its output and waits for its end: the exit code, or -n when signal n ended it.
  int wait_for_end();
  /// Reads what it has said so far, without waiting: who lets it say much has to, or it waits for its listener.
  void hear();
  const std::string& output() const { return output_; }

 private:
  bool read_more();

  pid_t pid_ = -1;
  int pipe_ = -1;
  std::string output_;
};

/// A connection to 127.0.0.1.
class Connection {
 public:
  explicit Connection(std::uint16_t port);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  bool is_open() const { return socket_ >= 0; }
  int descriptor() const { return socket_; }
  void send(const std::string& bytes) const;
  /// What the server sends up to and with `end`; less when it closes the connection before.
  std::string read_until(const std::string& end) const;
  /// All that the server sends before it closes the connection.
  std::string read_all() const;

 private:
  int socket_ = -1;
};

/// A POST of JSON whose answer ends the connection.
std::string post_request(const std::string& path, const std::string& body);

/// Sends a request on a connection of its own; the whole answer.
std::string send_alone(std::uint16_t port, const std::string& request);

}  // namespace luminate::server
