#include "server_process.hpp"

#include <fcntl.h>
#include <signal.h>  // NOLINT(modernize-deprecated-headers): kill() is not of <csignal>.
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <thread>

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

/// As soon as the server listens.
std::uint16_t read_port(const std::string& log_file, pid_t process) {
  for (int tries = 0; tries < 2000; ++tries) {
    std::ifstream file(log_file);
    const std::string log(std::istreambuf_iterator<char>(file), {});
    const auto at = log.find(kPort);
    if (at != std::string::npos && log.find('\n', at) != std::string::npos) {
      return static_cast<std::uint16_t>(std::stoi(log.substr(at + 7)));
    }
    if (::waitpid(process, nullptr, WNOHANG) != 0) throw std::runtime_error("the server did not start: " + log);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  throw std::runtime_error("the server does not come up");
}

}  // namespace

ServerProcess::ServerProcess(const std::string& program, const std::vector<std::string>& arguments,
                             const std::string& log_file) {
  std::vector<std::string> words = {program, "--port", "0", "--log-format", "json"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  const int log = ::open(log_file.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
  process_ = ::fork();
  if (process_ == 0) {
    ::dup2(log, STDOUT_FILENO);
    ::dup2(log, STDERR_FILENO);
    ::execv(program.c_str(), pointers.data());
    ::_exit(127);
  }
  ::close(log);
  try {
    port_ = read_port(log_file, process_);
  } catch (...) {
    stop();
    throw;
  }
}

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
