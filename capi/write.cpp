#include <luminate.h>
#include <luminate/store.hpp>

#include <cstdint>

#include "batch.hpp"
#include "call.hpp"
#include "guard.hpp"
#include "refused_table.hpp"
#include "result.hpp"

namespace luminate::capi {
namespace {

void tell(const WriteReport& report, std::uint64_t* accepted, luminate_result** refused) {
  if (refused != nullptr && !report.errors.empty()) *refused = hand_out(refused_table(report.errors));
  if (accepted != nullptr) *accepted = report.accepted;
}

}  // namespace
}  // namespace luminate::capi

using namespace luminate::capi;  // NOLINT

extern "C" {

luminate_status luminate_store_write(luminate_store* store, const luminate_batch* batch, luminate_call* call,
                                     uint64_t* accepted, luminate_result** refused, luminate_error** error) {
  clear(accepted);
  clear(refused);
  const auto body = [&] {
    luminate::Store bound = bounded(store, call);
    tell(bound.write(need(batch, "batch").batch), accepted, refused);
  };
  return guarded(error, body, OnFailure::in_doubt);
}

luminate_status luminate_store_write_bytes(luminate_store* store, int32_t format, const void* bytes, size_t size,
                                           luminate_call* call, uint64_t* accepted, luminate_result** refused,
                                           luminate_error** error) {
  clear(accepted);
  clear(refused);
  const auto body = [&] {
    luminate::Store bound = bounded(store, call);
    const std::string_view text = need_text(static_cast<const char*>(bytes), size, "bytes");
    if (format != LUMINATE_FORMAT_JSON) {
      refuse("format " + std::to_string(format) + " is none of this version's; give LUMINATE_FORMAT_JSON");
    }
    tell(bound.write_json(text), accepted, refused);
  };
  return guarded(error, body, OnFailure::in_doubt);
}

}  // extern "C"
