#include "call.hpp"

#include <luminate.h>

#include <chrono>
#include <memory>
#include <utility>

#include "guard.hpp"

namespace luminate::capi {
Store bounded(const luminate_store* store, const luminate_call* call) {
  need(store, "store");
  if (call == nullptr) return store->store;
  const std::int64_t timeout_ms = call->timeout_ms;
  CallLimits limits{.timeout = {}, .stop = call->stop.get_token()};
  if (timeout_ms >= 0) limits.timeout = std::chrono::milliseconds(timeout_ms);
  return store->store.limited(std::move(limits));
}

}  // namespace luminate::capi

using namespace luminate::capi;  // NOLINT

extern "C" {

luminate_status luminate_call_create(luminate_call** call, luminate_error** error) {
  clear(call);
  return guarded(error, [&] {
    need(call, "call");
    *call = std::make_unique<luminate_call>().release();
  });
}

luminate_status luminate_call_set_timeout(luminate_call* call, int64_t timeout_ms, luminate_error** error) {
  return guarded(error, [&] {
    need(call, "call");
    if (timeout_ms < 0) refuse("timeout_ms is " + std::to_string(timeout_ms) + "; give 0 or more");
    call->timeout_ms = timeout_ms;
  });
}

void luminate_call_cancel(luminate_call* call) {
  // In a forked child those who wait for it are threads of the parent, whose locks nobody here gives back.
  if (call != nullptr && ::getpid() == call->maker) call->stop.request_stop();
}

void luminate_call_destroy(luminate_call* call) {
  delete call;
}

}  // extern "C"
