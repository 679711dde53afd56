#include <luminate/result.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "table.hpp"

// JSON is made by the C++ library, of the C++ result that the columns came from.
namespace luminate::capi {
namespace {

const std::vector<std::int64_t>& integers(const Column& column) {
  return std::get<std::vector<std::int64_t>>(column.data);
}
const std::vector<double>& numbers(const Column& column) {
  return std::get<std::vector<double>>(column.data);
}

/// The text columns, and with them the position of the first one.
std::vector<const TextColumn*> text_columns(const Table& table) {
  std::vector<const TextColumn*> texts;
  for (const Column& column : table.columns) {
    if (const auto* text = std::get_if<TextColumn>(&column.data)) texts.push_back(text);
  }
  return texts;
}

/// Rows [begin, end) of a range answer.
RangeResult samples_of(const Table& table, const std::vector<const TextColumn*>& texts, std::size_t begin,
                       std::size_t end) {
  RangeResult samples;
  std::map<std::vector<std::int32_t>, std::uint32_t> numbers_of_series;
  std::vector<std::int32_t> codes(texts.size());
  for (std::size_t row = begin; row < end; ++row) {
    for (std::size_t k = 0; k < texts.size(); ++k) codes[k] = texts[k]->codes[row];
    const auto [known, fresh] = numbers_of_series.try_emplace(codes, static_cast<std::uint32_t>(samples.series.size()));
    if (fresh) {
      Dimensions& dimensions = samples.series.emplace_back();
      for (std::size_t k = 0; k < texts.size(); ++k) {
        if (codes[k] == TextColumn::kMissing) continue;
        dimensions.emplace(table.answer.keys[k], texts[k]->text(static_cast<std::size_t>(codes[k])));
      }
    }
    samples.series_column.push_back(known->second);
    samples.timestamp_column.push_back(integers(table.columns[0])[row]);
    samples.value_column.push_back(numbers(table.columns[1])[row]);
  }
  return samples;
}

std::string range_json(const Table& table) {
  constexpr std::size_t kPiece = 10'000;  // Rows that are C++ objects at a time.
  const auto texts = text_columns(table);
  RangeJsonWriter json;
  std::string out;
  for (std::size_t begin = 0; begin < table.rows; begin += kPiece) {
    json.add(samples_of(table, texts, begin, std::min(begin + kPiece, table.rows)));
    while (json.write(out, std::string::npos)) {
    }
  }
  json.finish(out, table.truncated, table.points_scanned, std::chrono::microseconds(table.execution_time_us));
  return out;
}

std::vector<std::string> group_of(const std::vector<const TextColumn*>& texts, std::size_t row) {
  std::vector<std::string> group;
  for (const TextColumn* column : texts) {
    group.emplace_back(column->text(static_cast<std::size_t>(column->codes[row])));
  }
  return group;
}

AggregateResult aggregate_of(const Table& table) {
  const auto texts = text_columns(table);
  const bool has_bucket = !table.columns.empty() && table.columns[0].type == LUMINATE_TIME;
  const std::size_t first = (has_bucket ? 1 : 0) + texts.size();  // Of the aggregations.
  const Column& counts = table.columns.back();
  AggregateResult out{table.answer.keys, table.answer.aggregations, {}};
  const auto count_at = [&](std::size_t row) {
    // Where it was asked for, "count" is one of the aggregations.
    if (counts.type == LUMINATE_INTEGER) return static_cast<std::uint64_t>(integers(counts)[row]);
    for (std::size_t i = 0; i < out.aggregations.size(); ++i) {
      if (out.aggregations[i].kind != Aggregation::Kind::count) continue;
      return static_cast<std::uint64_t>(numbers(table.columns[first + i])[row]);
    }
    return std::uint64_t{0};
  };
  for (std::size_t row = 0; row < table.rows; ++row) {
    AggregateResult::Row& to = out.rows.emplace_back();
    if (has_bucket) to.bucket_ms = integers(table.columns[0])[row];
    to.group = group_of(texts, row);
    for (std::size_t i = 0; i < out.aggregations.size(); ++i) {
      to.values.push_back(numbers(table.columns[first + i])[row]);
    }
    to.count = count_at(row);
  }
  return out;
}

RateResult rate_of(const Table& table) {
  const auto texts = text_columns(table);
  RateResult out{table.answer.keys, {}};
  for (std::size_t row = 0; row < table.rows; ++row) {
    out.rows.push_back(
        {integers(table.columns.front())[row], group_of(texts, row), numbers(table.columns.back())[row]});
  }
  return out;
}

}  // namespace

std::string to_json(const Table& table) {
  if (table.answer.type == QueryType::range) return range_json(table);
  Result result;
  if (table.answer.type == QueryType::rate) {
    result.data = rate_of(table);
  } else {
    result.data = aggregate_of(table);
  }
  result.points_scanned = table.points_scanned;
  result.execution_time = std::chrono::microseconds(table.execution_time_us);
  return luminate::to_json(result);
}

}  // namespace luminate::capi
