#pragma once

#include <chrono>
#include <cstddef>
#include <exception>
#include <thread>

#include "server/http/http_server.hpp"

namespace luminate::server {

/// server.run() on a thread of its own, which is told to stop and joined whatever happens.
class Transport {
 public:
  template <class OnEnd>
  Transport(http::HttpServer& server, OnEnd on_end)
      : server_(server), thread_([this, on_end] {
          try {
            cut_off_ = server_.run();
          } catch (...) {
            failure_ = std::current_exception();
          }
          on_end();
        }) {}
  ~Transport() {
    if (thread_.joinable()) stop(std::chrono::milliseconds(0));
  }
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  /// @returns how many requests were cut off.
  std::size_t stop(std::chrono::milliseconds drain_timeout) {
    server_.stop(drain_timeout);
    thread_.join();
    return cut_off_;
  }
  void rethrow_failure() const {
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  http::HttpServer& server_;
  std::exception_ptr failure_;
  std::size_t cut_off_ = 0;
  std::thread thread_;
};

}  // namespace luminate::server
