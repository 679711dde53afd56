#include "query.hpp"

#include <luminate.h>
#include <luminate/query.hpp>
#include <luminate/store.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "call.hpp"
#include "guard.hpp"
#include "query_table.hpp"
#include "result.hpp"

namespace luminate::capi {
namespace {

using std::chrono::milliseconds;

void refuse_field(const char* field, const std::string& message) {
  throw Error(ErrorCode::invalid_query, std::string(field) + ": " + message, field);
}

Query make_query(std::int32_t type, std::string_view metric) {
  if (type < LUMINATE_RANGE || type > LUMINATE_RATE) {
    refuse("type " + std::to_string(type) +
           " is no type of query; give LUMINATE_RANGE, LUMINATE_AGGREGATE or LUMINATE_RATE");
  }
  Query query;
  query.type = static_cast<QueryType>(type);
  query.metric = metric;
  return query;
}

Filter make_filter(std::string_view key, std::int32_t kind, const char* const* operands,
                   const std::size_t* operand_sizes, std::size_t count) {
  if (kind < LUMINATE_ANY_OF || kind > LUMINATE_MATCHES_NOT) {
    refuse("kind " + std::to_string(kind) + " is no kind of filter; give LUMINATE_ANY_OF or one of its neighbours");
  }
  need_array(operands, count, "operands");
  Filter filter{std::string(key), static_cast<Filter::Kind>(kind), {}};
  filter.operands.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    filter.operands.emplace_back(need_text(operands, operand_sizes, i, "operands"));
  }
  return filter;
}

}  // namespace
}  // namespace luminate::capi

using namespace luminate::capi;  // NOLINT

extern "C" {

luminate_status luminate_query_create(int32_t type, const char* metric, size_t metric_size, luminate_query** query,
                                      luminate_error** error) {
  clear(query);
  return guarded(error, [&] {
    need(query, "query");
    auto made = make_query(type, need_text(metric, metric_size, "metric"));
    *query = std::make_unique<luminate_query>(std::move(made)).release();
  });
}

luminate_status luminate_query_create_json(const char* json, size_t json_size, luminate_query** query,
                                           luminate_error** error) {
  clear(query);
  return guarded(error, [&] {
    need(query, "query");
    auto made = luminate::Query::parse_json(need_text(json, json_size, "json"));
    *query = std::make_unique<luminate_query>(std::move(made)).release();
  });
}

luminate_status luminate_query_between(luminate_query* query, int64_t start_ms, int64_t end_ms,
                                       luminate_error** error) {
  return guarded(error, [&] { need(query, "query").query.between(start_ms, end_ms); });
}

luminate_status luminate_query_last(luminate_query* query, int64_t length_ms, luminate_error** error) {
  return guarded(error, [&] { need(query, "query").query.last(milliseconds(length_ms)); });
}

luminate_status luminate_query_aggregation(luminate_query* query, const char* name, size_t name_size,
                                           luminate_error** error) {
  return guarded(error, [&] {
    need(query, "query");
    const std::string_view text = need_text(name, name_size, "name");
    const auto aggregation = luminate::Aggregation::parse(text);
    if (!aggregation) {
      refuse_field("aggregation",
                   "this name is no aggregation; known are avg, sum, count, min, max, p50, p95, p99, quantile(q) with "
                   "q from 0 to 1, integral, first, last and stddev");
    }
    query->query.aggregations.push_back(*aggregation);
  });
}

luminate_status luminate_query_filter(luminate_query* query, const char* key, size_t key_size, int32_t kind,
                                      const char* const* operands, const size_t* operand_sizes, size_t operand_count,
                                      luminate_error** error) {
  return guarded(error, [&] {
    need(query, "query");
    const std::string_view text = need_text(key, key_size, "key");
    query->query.filters.push_back(make_filter(text, kind, operands, operand_sizes, operand_count));
  });
}

luminate_status luminate_query_group_by(luminate_query* query, const char* key, size_t key_size,
                                        luminate_error** error) {
  return guarded(error, [&] { need(query, "query").query.group_by.emplace_back(need_text(key, key_size, "key")); });
}

luminate_status luminate_query_interval(luminate_query* query, int64_t interval_ms, luminate_error** error) {
  return guarded(error, [&] { need(query, "query").query.interval = milliseconds(interval_ms); });
}

luminate_status luminate_query_limit(luminate_query* query, size_t limit, luminate_error** error) {
  return guarded(error, [&] { need(query, "query").query.limit = limit; });
}

luminate_status luminate_query_ascending(luminate_query* query, int32_t ascending, luminate_error** error) {
  return guarded(error, [&] { need(query, "query").query.ascending = ascending != 0; });
}

luminate_status luminate_query_timeout(luminate_query* query, int64_t timeout_ms, luminate_error** error) {
  return guarded(error, [&] { need(query, "query").query.timeout = milliseconds(timeout_ms); });
}

void luminate_query_destroy(luminate_query* query) {
  delete query;
}

luminate_status luminate_store_query(const luminate_store* store, const luminate_query* query, luminate_call* call,
                                     luminate_result** result, luminate_error** error) {
  clear(result);
  return guarded(error, [&] {
    need(result, "result");
    const luminate::Query& asked = need(query, "query").query;
    *result = hand_out(make_table(bounded(store, call).query(asked), asked));
  });
}

}  // extern "C"
