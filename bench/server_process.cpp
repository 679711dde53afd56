#include "server_process.hpp"

#include <fcntl.h>
#include <signal.h>  // NOLINT(modernize-deprecated-headers): kill() is not of <csignal>.
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <stdexcept>

namespace luminate::bench {
namespace {

constexpr const char* kPort = "\"port\":";

/// The port from the line that the server logs once it listens.
std::uint16_t read_port(int output) {
  std::string log;
  char c = 0;
  while (::read(output, &c, 1) == 1) {
    log += c;
    const auto at = log.find(kPort);
    if (c == '\n' && at != std::string::npos) return static_cast<std::uint16_t>(std::stoi(log.substr(at + 7)));
  }
  throw std::runtime_error("the server did not start: " + log);
}

}  // namespace

ServerProcess::ServerProcess(const std::string& program, const std::string& url) {
  int pipe_ends[2];
  if (::pipe2(pipe_ends, O_CLOEXEC) != 0) throw std::runtime_error("cannot make a pipe");
  process_ = ::fork();
  if (process_ == 0) {
    ::dup2(pipe_ends[1], STDOUT_FILENO);
    ::dup2(pipe_ends[1], STDERR_FILENO);
    ::execl(program.c_str(), program.c_str(), "--port", "0", "--storage-url", url.c_str(), "--log-format", "json",
            static_cast<char*>(nullptr));
    ::_exit(127);
  }
  ::close(pipe_ends[1]);
  port_ = read_port(pipe_ends[0]);
  // What it logs from here on is of no interest, but must not block it.
  if (::fork() == 0) {
    char sink[4096];
    while (::read(pipe_ends[0], sink, sizeof sink) > 0) {
    }
    ::_exit(0);
  }
  ::close(pipe_ends[0]);
}

ServerProcess::~ServerProcess() {
  stop();
}

void ServerProcess::stop() {
  if (process_ < 0) return;
  ::kill(process_, SIGTERM);
  ::waitpid(process_, nullptr, 0);
  process_ = -1;
}

}  // namespace luminate::bench
