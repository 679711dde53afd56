#include <luminate.h>
#include <luminate/store.hpp>

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "call.hpp"
#include "guard.hpp"
#include "result.hpp"
#include "table.hpp"

namespace luminate::capi {
namespace {

Listing make_listing(const char* prefix, std::size_t prefix_size, std::size_t limit, std::int64_t start_ms,
                     std::int64_t end_ms) {
  Listing listing{.limit = limit};
  if (prefix != nullptr) listing.prefix = need_text(prefix, prefix_size, "prefix");
  using Limits = std::numeric_limits<std::int64_t>;
  if (start_ms != Limits::min() || end_ms != Limits::max()) listing.time_range = TimeRange{start_ms, end_ms};
  return listing;
}

std::optional<std::string_view> optional_text(const char* text, std::size_t size, const char* name) {
  if (text == nullptr) return std::nullopt;
  return need_text(text, size, name);
}

Table names_table(const std::vector<std::string>& names) {
  Table table;
  table.add_texts("name", texts_of(
                              names, [](const std::string& name) -> auto& { return name; }));
  return table;
}

/// Collects the three lists of an answer as one table.
class CardinalityRows {
 public:
  explicit CardinalityRows(const Cardinality& counted) {
    for (const auto& metric : counted.metrics) add(&metric.name, nullptr, nullptr, 0, metric.series);
    for (const auto& key : counted.keys) add(&key.metric, &key.key, nullptr, key.values, key.series);
    for (const auto& value : counted.values) add(&value.metric, &value.key, &value.value, 0, value.series);
  }

  Table table() && {
    Table table;
    table.add_texts("metric", texts(metrics_));
    table.add_texts("key", texts(keys_));
    table.add_texts("value", texts(values_));
    table.add_integers("values", std::move(value_counts_));
    table.add_integers("series", std::move(series_counts_));
    return table;
  }

 private:
  void add(const std::string* metric, const std::string* key, const std::string* value, std::uint64_t values,
           std::uint64_t series) {
    metrics_.push_back(metric);
    keys_.push_back(key);
    values_.push_back(value);
    value_counts_.push_back(static_cast<std::int64_t>(values));
    series_counts_.push_back(static_cast<std::int64_t>(series));
  }

  static TextColumn texts(const std::vector<const std::string*>& rows) {
    TextColumn column;
    TextCoder coder(column);
    for (const std::string* row : rows) {
      column.codes.push_back(row == nullptr ? TextColumn::kMissing : coder.code(*row));
      column.has_missing = column.has_missing || row == nullptr;
    }
    return column;
  }

  std::vector<const std::string*> metrics_;
  std::vector<const std::string*> keys_;
  std::vector<const std::string*> values_;
  std::vector<std::int64_t> value_counts_;
  std::vector<std::int64_t> series_counts_;
};

Table tenants_table(const std::vector<TenantSeries>& tenants) {
  Table table;
  table.add_texts("tenant", texts_of(
                                tenants, [](const TenantSeries& each) -> auto& { return each.tenant; }));
  table.add_integers("metrics", integers_of(tenants, [](const TenantSeries& each) { return each.metrics; }));
  table.add_integers("series", integers_of(tenants, [](const TenantSeries& each) { return each.series; }));
  return table;
}

Table statistics_table(const StoreStatistics& counted) {
  Table table;
  const auto add = [&](const char* name, std::uint64_t count) {
    table.add_integers(name, {static_cast<std::int64_t>(count)});
  };
  add("file_bytes", counted.file_bytes);
  add("free_bytes", counted.free_bytes);
  add("log_bytes", counted.log_bytes);
  add("metrics", counted.metrics);
  add("series", counted.series);
  add("segments", counted.segments);
  add("samples", counted.samples);
  return table;
}

Table health_table(const Health& health) {
  Table table;
  const auto only = [](const std::string& text) {
    return make_texts(1, [&](std::size_t) { return std::string_view(text); });
  };
  table.add_integers("healthy", {health.healthy});
  table.add_texts("backend", only(health.backend));
  table.add_texts("status", only(health.status));
  return table;
}

}  // namespace
}  // namespace luminate::capi

using namespace luminate::capi;  // NOLINT

extern "C" {

luminate_status luminate_store_metrics(const luminate_store* store, const char* prefix, size_t prefix_size,
                                       size_t limit, int64_t start_ms, int64_t end_ms, luminate_call* call,
                                       luminate_result** names, luminate_error** error) {
  clear(names);
  return guarded(error, [&] {
    need(names, "names");
    const auto bound = bounded(store, call);
    *names = hand_out(names_table(bound.metrics(make_listing(prefix, prefix_size, limit, start_ms, end_ms))));
  });
}

luminate_status luminate_store_dimension_keys(const luminate_store* store, const char* metric, size_t metric_size,
                                              const char* prefix, size_t prefix_size, size_t limit, int64_t start_ms,
                                              int64_t end_ms, luminate_call* call, luminate_result** names,
                                              luminate_error** error) {
  clear(names);
  return guarded(error, [&] {
    need(names, "names");
    const auto bound = bounded(store, call);
    *names = hand_out(names_table(bound.dimension_keys(need_text(metric, metric_size, "metric"),
                                                       make_listing(prefix, prefix_size, limit, start_ms, end_ms))));
  });
}

luminate_status luminate_store_dimension_values(const luminate_store* store, const char* metric, size_t metric_size,
                                                const char* key, size_t key_size, const char* prefix,
                                                size_t prefix_size, size_t limit, int64_t start_ms, int64_t end_ms,
                                                luminate_call* call, luminate_result** names, luminate_error** error) {
  clear(names);
  return guarded(error, [&] {
    need(names, "names");
    const auto bound = bounded(store, call);
    *names = hand_out(
        names_table(bound.dimension_values(need_text(metric, metric_size, "metric"), need_text(key, key_size, "key"),
                                           make_listing(prefix, prefix_size, limit, start_ms, end_ms))));
  });
}

luminate_status luminate_store_series_count(const luminate_store* store, const char* metric, size_t metric_size,
                                            luminate_call* call, uint64_t* count, luminate_error** error) {
  clear(count);
  return guarded(error, [&] {
    need(count, "count");
    *count = bounded(store, call).series_count(optional_text(metric, metric_size, "metric"));
  });
}

luminate_status luminate_store_cardinality(const luminate_store* store, const char* metric, size_t metric_size,
                                           size_t limit, luminate_call* call, luminate_result** table,
                                           luminate_error** error) {
  clear(table);
  return guarded(error, [&] {
    need(table, "table");
    luminate::CardinalityRequest request;
    request.limit = limit;
    if (metric != nullptr) request.metric.emplace(need_text(metric, metric_size, "metric"));
    const luminate::Cardinality counted = bounded(store, call).cardinality(request);
    *table = hand_out(CardinalityRows(counted).table());
  });
}

luminate_status luminate_store_tenants(const luminate_store* store, size_t limit, luminate_call* call,
                                       luminate_result** table, luminate_error** error) {
  clear(table);
  return guarded(error, [&] {
    need(table, "table");
    *table = hand_out(tenants_table(bounded(store, call).series_by_tenant(limit)));
  });
}

luminate_status luminate_store_statistics(const luminate_store* store, luminate_call* call, luminate_result** table,
                                          luminate_error** error) {
  clear(table);
  return guarded(error, [&] {
    need(table, "table");
    *table = hand_out(statistics_table(bounded(store, call).statistics()));
  });
}

luminate_status luminate_store_health(const luminate_store* store, luminate_call* call, luminate_result** table,
                                      luminate_error** error) {
  clear(table);
  return guarded(error, [&] {
    need(table, "table");
    *table = hand_out(health_table(bounded(store, call).health()));
  });
}

}  // extern "C"
