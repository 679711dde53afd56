#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>

namespace luminate {

/// How far a long call has come, in units that the call names: bytes, samples. `total` is 0 where nobody knows it.
struct Progress {
  std::uint64_t done = 0;
  std::uint64_t total = 0;
};

/// What a long call is given to be watched and ended by.
struct Watch {
  /// Called many times a second, from the thread that made the call; what it throws ends the call. Empty: nobody looks.
  std::function<void(const Progress&)> progress{};
  /// Once it is asked for, the call throws Error `cancelled` soon and undoes what it had begun.
  std::stop_token stop{};
};

}  // namespace luminate
