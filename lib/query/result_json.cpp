#include <luminate/result.hpp>

#include <cstddef>
#include <string>
#include <vector>

#include "query/json.hpp"

namespace luminate {
namespace {

using query::append_json_number;
using query::append_json_string;

/// Keys are the same in every row, so they are escaped once: `"key":`.
std::vector<std::string> member_names(const std::vector<std::string>& names) {
  std::vector<std::string> out;
  for (const std::string& name : names) {
    append_json_string(out.emplace_back(), name);
    out.back() += ':';
  }
  return out;
}

void append_group(std::string& out, const std::vector<std::string>& keys, const std::vector<std::string>& values) {
  out += "\"groupKey\":{";
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (i > 0) out += ',';
    out += keys[i];
    append_json_string(out, values[i]);
  }
  out += '}';
}

std::string dimensions_json(const Dimensions& dimensions) {
  std::string out = "{";
  for (const auto& [key, value] : dimensions) {
    if (out.size() > 1) out += ',';
    append_json_string(out, key);
    out += ':';
    append_json_string(out, value);
  }
  return out + '}';
}

/// Appends the elements of "results"; the caller writes the brackets.
void append_results(std::string& out, const RangeResult& result) {
  std::vector<std::string> dimensions;
  dimensions.reserve(result.series.size());
  for (const Dimensions& series : result.series) dimensions.push_back(dimensions_json(series));
  for (std::size_t i = 0; i < result.timestamp_column.size(); ++i) {
    out += i > 0 ? ",{\"timestamp\":" : "{\"timestamp\":";
    append_json_number(out, result.timestamp_column[i]);
    out += ",\"value\":";
    append_json_number(out, result.value_column[i]);
    out += ",\"dimensions\":";
    out += dimensions[result.series_column[i]];
    out += '}';
  }
}

void append_results(std::string& out, const AggregateResult& result) {
  const std::vector<std::string> keys = member_names(result.group_by);
  std::vector<std::string> names;
  for (const Aggregation& aggregation : result.aggregations) names.push_back(aggregation.name());
  names = member_names(names);

  for (std::size_t i = 0; i < result.rows.size(); ++i) {
    const AggregateResult::Row& row = result.rows[i];
    out += i > 0 ? ",{" : "{";
    if (row.bucket_ms) {
      out += "\"timestamp\":";
      append_json_number(out, *row.bucket_ms);
      out += ',';
    }
    append_group(out, keys, row.group);
    if (names.size() > 1) {
      out += ",\"values\":{";
      for (std::size_t k = 0; k < names.size(); ++k) {
        if (k > 0) out += ',';
        out += names[k];
        append_json_number(out, row.values[k]);
      }
      out += '}';
    } else {
      out += ",\"value\":";
      append_json_number(out, row.values.front());
    }
    out += ",\"count\":";
    append_json_number(out, row.count);
    out += '}';
  }
}

void append_results(std::string& out, const RateResult& result) {
  const std::vector<std::string> keys = member_names(result.group_by);
  for (std::size_t i = 0; i < result.rows.size(); ++i) {
    const RateResult::Row& row = result.rows[i];
    out += i > 0 ? ",{\"timestamp\":" : "{\"timestamp\":";
    append_json_number(out, row.bucket_ms);
    out += ",\"rate\":";
    append_json_number(out, row.rate);
    out += ',';
    append_group(out, keys, row.group);
    out += '}';
  }
}

const char* type_name(QueryType type) {
  switch (type) {
    case QueryType::range:
      return "range";
    case QueryType::aggregate:
      return "aggregate";
    case QueryType::rate:
      return "rate";
  }
  return "";
}

}  // namespace

std::string to_json(const Result& result) {
  std::string out = "{\"queryType\":\"";
  out += type_name(result.type());
  out += "\",\"results\":[";
  std::visit([&](const auto& data) { append_results(out, data); }, result.data);
  out += ']';
  if (const auto* range = std::get_if<RangeResult>(&result.data)) {
    out += range->truncated ? ",\"truncated\":true" : ",\"truncated\":false";
  }
  out += ",\"executionTimeMs\":";
  append_json_number(out, static_cast<double>(result.execution_time.count()) / 1000.0);
  out += ",\"pointsScanned\":";
  append_json_number(out, result.points_scanned);
  out += '}';
  return out;
}

}  // namespace luminate
