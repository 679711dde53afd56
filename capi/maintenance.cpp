#include <luminate.h>
#include <luminate/store.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "call.hpp"
#include "guard.hpp"
#include "query.hpp"
#include "result.hpp"
#include "table.hpp"

namespace luminate::capi {
namespace {

void refuse_part(const char* field, const char* message) {
  throw Error(ErrorCode::invalid_query, std::string(field) + ": " + message, field);
}

/// Whoever gives a deletion more than it takes means another one.
Deletion make_deletion(const Query& what, bool dry_run) {
  if (what.type != QueryType::range) refuse_part("queryType", "samples to delete are selected by a range query");
  const auto* range = std::get_if<TimeRange>(&what.time_range);
  if (range == nullptr) refuse_part("timeRange", "a deletion needs two instants; give it luminate_query_between()");
  constexpr const char* kNoMeaning = "it has no meaning in a deletion; leave it out";
  if (!what.aggregations.empty()) refuse_part("aggregation", kNoMeaning);
  if (!what.group_by.empty()) refuse_part("groupBy", kNoMeaning);
  if (what.interval) refuse_part("interval", kNoMeaning);
  if (what.limit) refuse_part("limit", kNoMeaning);
  if (what.ascending) refuse_part("order", kNoMeaning);
  if (what.timeout) refuse_part("timeout", kNoMeaning);
  return {what.metric, *range, what.filters, dry_run};
}

Table policies_table(const std::vector<RetentionPolicy>& policies) {
  Table table;
  table.add_texts("pattern", texts_of(
                                 policies, [](const RetentionPolicy& each) -> auto& { return each.pattern; }));
  table.add_integers("keep_ms", integers_of(policies, [](const RetentionPolicy& each) { return each.keep.count(); }));
  return table;
}

}  // namespace
}  // namespace luminate::capi

using namespace luminate::capi;  // NOLINT

extern "C" {

luminate_status luminate_store_remove(luminate_store* store, const luminate_query* what, int32_t dry_run,
                                      luminate_call* call, uint64_t* removed, luminate_error** error) {
  clear(removed);
  const auto body = [&] {
    luminate::Store bound = bounded(store, call);
    const auto deletion = make_deletion(need(what, "what").query, dry_run != 0);
    const std::uint64_t count = bound.remove(deletion);
    if (removed != nullptr) *removed = count;
  };
  return guarded(error, body, OnFailure::in_doubt);
}

luminate_status luminate_store_set_retention(luminate_store* store, const char* pattern, size_t pattern_size,
                                             int64_t keep_ms, luminate_call* call, luminate_error** error) {
  const auto body = [&] {
    luminate::Store bound = bounded(store, call);
    bound.set_retention({std::string(need_text(pattern, pattern_size, "pattern")), std::chrono::milliseconds(keep_ms)});
  };
  return guarded(error, body, OnFailure::in_doubt);
}

luminate_status luminate_store_remove_retention(luminate_store* store, const char* pattern, size_t pattern_size,
                                                luminate_call* call, int32_t* existed, luminate_error** error) {
  clear(existed);
  const auto body = [&] {
    luminate::Store bound = bounded(store, call);
    const bool was_there = bound.remove_retention(need_text(pattern, pattern_size, "pattern"));
    if (existed != nullptr) *existed = was_there;
  };
  return guarded(error, body, OnFailure::in_doubt);
}

luminate_status luminate_store_retention(const luminate_store* store, luminate_call* call, luminate_result** table,
                                         luminate_error** error) {
  clear(table);
  return guarded(error, [&] {
    need(table, "table");
    *table = hand_out(policies_table(bounded(store, call).retention()));
  });
}

luminate_status luminate_store_enforce_retention(luminate_store* store, luminate_call* call, uint64_t* dropped,
                                                 luminate_error** error) {
  clear(dropped);
  const auto body = [&] {
    const luminate::RetentionReport report = bounded(store, call).enforce_retention();
    if (dropped != nullptr) *dropped = report.samples;
  };
  return guarded(error, body, OnFailure::in_doubt);
}

luminate_status luminate_store_compact(luminate_store* store, luminate_call* call, luminate_error** error) {
  return guarded(error, [&] { bounded(store, call).compact(); });
}

luminate_status luminate_store_backup(const luminate_store* store, const char* path, size_t path_size,
                                      int32_t overwrite, luminate_call* call, luminate_error** error) {
  return guarded(error, [&] {
    const std::string to(need_text(path, path_size, "path"));
    bounded(store, call).backup(to, {.overwrite = overwrite != 0});
  });
}

}  // extern "C"
