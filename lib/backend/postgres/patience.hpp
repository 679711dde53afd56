#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <stop_token>

#include "model/call.hpp"

namespace luminate::postgres {

/// Waits for a socket as long as a call lasts: a stop token wakes it.
class Patience {
 public:
  explicit Patience(const model::Call& call);
  ~Patience();
  Patience(const Patience&) = delete;
  Patience& operator=(const Patience&) = delete;

  /// @param events of poll(). @returns false when `until`, the call's deadline or its stop came first.
  bool wait(int socket, short events, std::chrono::steady_clock::time_point until) const;
  /// The same, whatever the call says.
  static bool wait_regardless(int socket, short events, std::chrono::steady_clock::time_point until);

 private:
  struct Wake {
    int descriptor;
    void operator()() const noexcept;
  };
  const model::Call& call_;
  int wake_ = -1;  ///< Becomes readable when the call is stopped.
  std::optional<std::stop_callback<Wake>> on_stop_;
};

}  // namespace luminate::postgres
