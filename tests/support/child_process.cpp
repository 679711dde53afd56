#include "support/child_process.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <exception>
#include <stdexcept>

namespace luminate::test {
namespace {

void close_descriptor(int& descriptor) {
  if (descriptor >= 0) ::close(descriptor);
  descriptor = -1;
}

}  // namespace

void ChildProcess::Pipe::say(const std::string& line) const {
  // Up to PIPE_BUF bytes arrive as one, whichever threads speak.
  const std::string sent = line + "\n";
  if (::write(out, sent.data(), sent.size()) != static_cast<ssize_t>(sent.size())) throw std::runtime_error("pipe");
}

std::string ChildProcess::Pipe::hear() const {
  std::string line;
  for (char c = 0;;) {
    const ssize_t length = ::read(in, &c, 1);
    if (length < 0 && errno == EINTR) continue;
    if (length <= 0 || c == '\n') return line;
    line.push_back(c);
  }
}

ChildProcess::ChildProcess(const std::function<void(const Pipe&)>& work) {
  std::array<int, 2> to_child{};
  std::array<int, 2> from_child{};
  if (::pipe(to_child.data()) != 0 || ::pipe(from_child.data()) != 0) throw std::runtime_error("pipe");
  pid_ = ::fork();
  if (pid_ < 0) throw std::runtime_error("fork");
  if (pid_ != 0) {
    ::close(to_child[0]);
    ::close(from_child[1]);
    pipe_ = {from_child[0], to_child[1]};
    return;
  }
  ::close(to_child[1]);
  ::close(from_child[0]);
  const Pipe pipe{to_child[0], from_child[1]};
  int status = 0;
  try {
    work(pipe);
  } catch (const std::exception& error) {
    pipe.say(error.what());
    status = 1;
  }
  ::_exit(status);
}

ChildProcess::~ChildProcess() {
  if (pid_ > 0) kill();
  close_descriptor(pipe_.in);
  close_descriptor(pipe_.out);
}

void ChildProcess::kill() {
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

int ChildProcess::wait(std::string& rest) {
  close_descriptor(pipe_.out);
  std::array<char, 4096> buffer{};
  for (ssize_t length; (length = ::read(pipe_.in, buffer.data(), buffer.size())) > 0;) {
    rest.append(buffer.data(), static_cast<std::size_t>(length));
  }
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::string in_child(const std::function<std::string()>& check) {
  ChildProcess child([&](const ChildProcess::Pipe& pipe) {
    const std::string said = check();
    if (!said.empty()) pipe.say(said);
  });
  std::string said;
  const int status = child.wait(said);
  if (said.ends_with('\n')) said.pop_back();
  if (status > 1) said += "(ended with status " + std::to_string(status) + ")";
  return said;
}

}  // namespace luminate::test
