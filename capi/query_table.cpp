#include "query_table.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace luminate::capi {
namespace {

using Names = std::set<std::string, std::less<>>;

/// Adds the column of a dimension, under a name that no other column has.
void add_dimension(Table& table, const Names& others, const std::string& key, TextColumn texts) {
  table.answer.keys.push_back(key);
  table.add_texts(others.contains(key) ? "dimension." + key : key, std::move(texts));
}

/// The dimensions of the series of a range answer, by key: the text of each series, if it has the key.
std::map<std::string_view, TextColumn> dimensions_of(const std::vector<Dimensions>& series) {
  std::map<std::string_view, std::vector<std::pair<std::size_t, std::string_view>>> values;
  for (std::size_t i = 0; i < series.size(); ++i) {
    for (const auto& [key, value] : series[i]) values[key].emplace_back(i, value);
  }
  std::map<std::string_view, TextColumn> columns;
  for (const auto& [key, of_series] : values) {
    TextColumn& column = columns[key];
    column.codes.assign(series.size(), TextColumn::kMissing);
    column.has_missing = of_series.size() < series.size();
    TextCoder coder(column);
    for (const auto& [i, value] : of_series) column.codes[i] = coder.code(value);
  }
  return columns;
}

/// From a code for each series to one for each row.
void spread(TextColumn& column, const std::vector<std::uint32_t>& series_of_row) {
  std::vector<std::int32_t> codes(series_of_row.size());
  for (std::size_t row = 0; row < codes.size(); ++row) codes[row] = column.codes[series_of_row[row]];
  column.codes = std::move(codes);
}

template <class Rows>
void add_groups(Table& table, const Names& others, const std::vector<std::string>& keys, const Rows& rows) {
  for (std::size_t k = 0; k < keys.size(); ++k) {
    add_dimension(table, others, keys[k],
                  texts_of(rows, [k](const auto& row) -> const std::string& { return row.group[k]; }));
  }
}

void fill(Table& table, RangeResult&& samples, const Query&) {
  table.truncated = samples.truncated;
  table.add_integers("timestamp", std::move(samples.timestamp_column), LUMINATE_TIME);
  table.add_numbers("value", std::move(samples.value_column));
  for (auto& [key, column] : dimensions_of(samples.series)) {
    spread(column, samples.series_column);
    add_dimension(table, {"timestamp", "value"}, std::string(key), std::move(column));
  }
}

void fill(Table& table, AggregateResult&& groups, const Query& query) {
  Names others = {"count"};
  if (query.interval) others.insert("bucket");
  for (const Aggregation& aggregation : groups.aggregations) others.insert(aggregation.name());

  const auto& rows = groups.rows;
  if (query.interval) {
    table.add_integers("bucket", integers_of(rows, [](const auto& row) { return row.bucket_ms.value_or(0); }),
                       LUMINATE_TIME);
  }
  add_groups(table, others, groups.group_by, rows);
  bool counted = false;
  for (std::size_t i = 0; i < groups.aggregations.size(); ++i) {
    std::vector<double> values;
    values.reserve(rows.size());
    for (const auto& row : rows) values.push_back(row.values[i]);
    table.add_numbers(groups.aggregations[i].name(), std::move(values));
    counted = counted || groups.aggregations[i].kind == Aggregation::Kind::count;
  }
  // Where the count was asked for it is there already, and names are given once.
  if (!counted) table.add_integers("count", integers_of(rows, [](const auto& row) { return row.count; }));
  table.answer.aggregations = std::move(groups.aggregations);
}

void fill(Table& table, RateResult&& groups, const Query&) {
  const auto& rows = groups.rows;
  table.add_integers("bucket", integers_of(rows, [](const auto& row) { return row.bucket_ms; }), LUMINATE_TIME);
  add_groups(table, {"bucket", "rate"}, groups.group_by, rows);
  std::vector<double> rates;
  rates.reserve(rows.size());
  for (const auto& row : rows) rates.push_back(row.rate);
  table.add_numbers("rate", std::move(rates));
}

}  // namespace

Table make_table(Result&& result, const Query& query) {
  Table table;
  table.is_answer = true;
  table.answer.type = result.type();
  table.points_scanned = result.points_scanned;
  table.execution_time_us = result.execution_time.count();
  std::visit([&](auto& data) { fill(table, std::move(data), query); }, result.data);
  return table;
}

Table make_table(RangeResult&& samples) {
  return make_table(Result{std::move(samples), 0, {}}, {});
}

}  // namespace luminate::capi
