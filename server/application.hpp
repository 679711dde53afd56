#pragma once

#include <atomic>
#include <cstdint>

#include "server/config/config.hpp"
#include "server/logging.hpp"
#include "server/signals.hpp"

namespace luminate::server {

/// The server from start to end: opens the store, serves, and stops when told to. One run() per object.
class Application {
 public:
  Application(config::Config config, Logger& logger) : config_(std::move(config)), logger_(logger) {}

  /// Serves until SIGTERM or SIGINT; then takes no more requests, finishes those in flight, and closes the store.
  /// A second signal ends the process at once. @throws std::exception: cannot start, or cannot go on; the message is
  /// one line for the operator.
  void run(Signals& signals);

 private:
  void live();
  void announce(std::uint16_t port) const;
  void request_stop() noexcept;

  config::Config config_;
  Logger& logger_;
  std::atomic<bool> stop_requested_ = false;
};

}  // namespace luminate::server
