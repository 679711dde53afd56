#pragma once

#include <cstddef>
#include <functional>

namespace luminate::engine {

/// Threads that work on one query side by side, the caller's among them.
class Workers {
 public:
  virtual ~Workers() = default;

  /// Calls task(i) once for each i in [0, tasks), about in that order, and returns when all calls have returned. After
  /// the first exception no further task is begun; it is thrown here.
  virtual void run(std::size_t tasks, const std::function<void(std::size_t)>& task) = 0;
};

/// The caller alone.
class NoWorkers final : public Workers {
 public:
  void run(std::size_t tasks, const std::function<void(std::size_t)>& task) override {
    for (std::size_t i = 0; i < tasks; ++i) task(i);
  }
};

}  // namespace luminate::engine
