#pragma once

#include <luminate.h>
#include <luminate/store.hpp>

#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <stop_token>

#include "handle.hpp"

struct luminate_call : luminate::capi::Handle {
  std::atomic<std::int64_t> timeout_ms = -1;  ///< Negative: none but the store's.
  std::stop_source stop{};
  const pid_t maker = ::getpid();
};

struct luminate_store : luminate::capi::Handle {
  explicit luminate_store(luminate::Store&& opened) : store(std::move(opened)) {}
  luminate::Store store;
};

namespace luminate::capi {

/// The store that a call works on, within the limits of `call`, which may be NULL. @throws Error where there is none.
Store bounded(const luminate_store* store, const luminate_call* call);

}  // namespace luminate::capi
