#pragma once

#include <chrono>
#include <string_view>

#include "server/http/message.hpp"

namespace luminate::server::api {

/// Adds the time until it dies to what a request spent in the storage, also when that throws.
class StorageTimer {
 public:
  explicit StorageTimer(http::StorageUse& use) : use_(use) {}
  ~StorageTimer() { use_.time += std::chrono::steady_clock::now() - since_; }
  StorageTimer(const StorageTimer&) = delete;
  StorageTimer& operator=(const StorageTimer&) = delete;

 private:
  http::StorageUse& use_;
  const std::chrono::steady_clock::time_point since_ = std::chrono::steady_clock::now();
};

/// What `work` returns, timed. `operation` is a literal, see StorageUse.
///
///     const WriteReport report = in_storage(request, "write", [&] { return store.write_json(request.body); });
template <class Work>
auto in_storage(const http::Request& request, std::string_view operation, Work&& work) {
  request.storage.operation = operation;
  const StorageTimer timer(request.storage);
  return work();
}

}  // namespace luminate::server::api
