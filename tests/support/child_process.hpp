#pragma once

#include <sys/types.h>

#include <functional>
#include <string>

namespace luminate::test {

/// A forked child that runs one function and leaves without running destructors or tests of the parent. Fork before any
/// store is open. The two talk over a pipe in each direction.
class ChildProcess {
 public:
  /// What the child sees of it.
  struct Pipe {
    int in = -1;
    int out = -1;
    void say(const std::string& line) const;  ///< Adds the line end.
    /// Without the line end; empty at the end of the stream.
    std::string hear() const;
  };

  explicit ChildProcess(const std::function<void(const Pipe&)>& work);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  pid_t pid() const noexcept { return pid_; }
  const Pipe& pipe() const noexcept { return pipe_; }
  void kill();
  /// Closes what the child hears, and reads what it has left to say, until it ends. @returns its exit status: 0, or 1
  /// after an exception, whose text it has said.
  int wait(std::string& rest);

 private:
  pid_t pid_ = -1;
  Pipe pipe_;
};

/// Runs `check` in a child. @returns what it returned, or the text of its exception, or how it died.
std::string in_child(const std::function<std::string()>& check);

}  // namespace luminate::test
