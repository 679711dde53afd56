#include <luminate/result.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
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

void append_sample(std::string& out, const RangeResult& result, std::size_t i, std::string_view dimensions) {
  out += "{\"timestamp\":";
  append_json_number(out, result.timestamp_column[i]);
  out += ",\"value\":";
  append_json_number(out, result.value_column[i]);
  out += ",\"dimensions\":";
  out += dimensions;
  out += '}';
}

/// Appends the elements of "results"; the caller writes the brackets.
void append_results(std::string& out, const RangeResult& result) {
  std::vector<std::string> dimensions;
  dimensions.reserve(result.series.size());
  for (const Dimensions& series : result.series) dimensions.push_back(dimensions_json(series));
  for (std::size_t i = 0; i < result.timestamp_column.size(); ++i) {
    if (i > 0) out += ',';
    append_sample(out, result, i, dimensions[result.series_column[i]]);
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

void append_begin(std::string& out, QueryType type) {
  out += "{\"queryType\":\"";
  out += type_name(type);
  out += "\",\"results\":[";
}

void append_end(std::string& out, std::optional<bool> truncated, std::uint64_t points_scanned,
                std::chrono::microseconds execution_time) {
  out += ']';
  if (truncated) out += *truncated ? ",\"truncated\":true" : ",\"truncated\":false";
  out += ",\"executionTimeMs\":";
  append_json_number(out, static_cast<double>(execution_time.count()) / 1000.0);
  out += ",\"pointsScanned\":";
  append_json_number(out, points_scanned);
  out += '}';
}

}  // namespace

std::string to_json(const Result& result) {
  std::string out;
  append_begin(out, result.type());
  std::visit([&](const auto& data) { append_results(out, data); }, result.data);
  const auto* range = std::get_if<RangeResult>(&result.data);
  append_end(out, range ? std::optional(range->truncated) : std::nullopt, result.points_scanned, result.execution_time);
  return out;
}

void RangeJsonWriter::add(RangeResult piece) {
  piece_ = std::move(piece);
  dimensions_.assign(piece_.series.size(), {});
  next_ = 0;
}

bool RangeJsonWriter::write(std::string& out, std::size_t enough) {
  const std::size_t before = out.size();
  begin(out);
  while (next_ < piece_.timestamp_column.size() && out.size() - before < enough) {
    if (!std::exchange(first_, false)) out += ',';
    const std::uint32_t series = piece_.series_column[next_];
    std::string& dimensions = dimensions_[series];
    if (dimensions.empty()) dimensions = dimensions_json(piece_.series[series]);
    append_sample(out, piece_, next_++, dimensions);
  }
  return out.size() > before;
}

void RangeJsonWriter::finish(std::string& out, bool truncated, std::uint64_t points_scanned,
                             std::chrono::microseconds execution_time) {
  begin(out);
  append_end(out, truncated, points_scanned, execution_time);
}

void RangeJsonWriter::begin(std::string& out) {
  if (!std::exchange(begun_, true)) append_begin(out, QueryType::range);
}

}  // namespace luminate
