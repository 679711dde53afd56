#include "conformance/answers_agree.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "conformance/random_requests.hpp"
#include "support/answers.hpp"

namespace luminate::conformance {
namespace {

constexpr double kRelative = 1e-12;
/// Where terms cancel one another: relative to the sum of their magnitudes.
constexpr double kRelativeToTerms = 1e-15;
/// The largest value that random requests write, and so the scale below which a sum of values may have lost bits.
constexpr double kLargestValue = 1e12;
constexpr double kLargestTameValue = 1e5;

/// What a value may differ by because its terms were added up in another order.
double allowance(const std::string& metric, double expected, double terms, double factor) {
  const double largest = metric == "any_bits" ? kLargestValue : kLargestTameValue;
  return std::max(kRelative * std::abs(expected), kRelativeToTerms * largest * terms * factor);
}

bool agree(double expected, double found, double allowed) {
  return expected == found || std::abs(expected - found) <= allowed;
}

using Key = std::pair<std::int64_t, std::vector<std::string>>;

std::string compare_rows(const Query& query, const AggregateResult& expected, const AggregateResult& found) {
  if (expected.group_by != found.group_by || expected.aggregations != found.aggregations) return "other columns";
  if (expected.rows.size() != found.rows.size()) return "other number of rows";
  std::map<Key, const AggregateResult::Row*> rows;
  for (const auto& row : found.rows) rows[{row.bucket_ms.value_or(0), row.group}] = &row;
  const auto allowed = [&](const AggregateResult::Row& row, std::size_t column) {
    const Aggregation& aggregation = expected.aggregations[column];
    if (is_exact(aggregation, query.metric)) return 0.0;
    // An integral adds up value x seconds, of 90 days at most.
    const double factor = aggregation.kind == Aggregation::Kind::integral ? 90.0 * 86'400 : 1.0;
    return allowance(query.metric, row.values[column], static_cast<double>(row.count), factor);
  };
  for (std::size_t i = 0; i < expected.rows.size(); ++i) {
    const auto& row = expected.rows[i];
    const auto& beside = found.rows[i];
    const auto match = rows.find({row.bucket_ms.value_or(0), row.group});
    if (match == rows.end()) return "row " + std::to_string(i) + " is missing";
    const auto& same = *match->second;
    if (row.bucket_ms != same.bucket_ms || row.count != same.count) return "row " + std::to_string(i) + ": other count";
    for (std::size_t column = 0; column < row.values.size(); ++column) {
      if (!agree(row.values[column], same.values.at(column), allowed(row, column))) {
        return "row " + std::to_string(i) + ", " + expected.aggregations[column].name();
      }
    }
    // Rows may only change places where their values are the same but for the last bits.
    if (&same != &beside && (query.interval || !agree(row.values[0], beside.values[0], allowed(row, 0)) ||
                             is_exact(expected.aggregations[0], query.metric))) {
      return "row " + std::to_string(i) + " stands elsewhere";
    }
  }
  return "";
}

std::string compare_rates(const Query& query, const Result& expected, const Result& found) {
  const auto& rows = expected.rate().rows;
  const auto& others = found.rate().rows;
  if (expected.rate().group_by != found.rate().group_by) return "other columns";
  if (rows.size() != others.size()) return "other number of rows";
  const double seconds = std::chrono::duration<double>(query.interval.value_or(std::chrono::minutes(1))).count();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].bucket_ms != others[i].bucket_ms || rows[i].group != others[i].group) {
      return "row " + std::to_string(i) + " is of another group or bucket";
    }
    const double allowed =
        allowance(query.metric, rows[i].rate, static_cast<double>(expected.points_scanned), 1 / seconds);
    if (!agree(rows[i].rate, others[i].rate, allowed)) return "row " + std::to_string(i) + ": other rate";
  }
  return "";
}

std::string shown(const Result& result) {
  std::string all;
  std::size_t count = 0;
  for (const auto& line : test::lines(result)) {
    if (++count > 30) return all + "    ...\n";
    all += "    " + line + "\n";
  }
  return all;
}

}  // namespace

std::string difference(const Query& query, const Result& expected, const Result& found) {
  std::string what;
  if (expected.type() != found.type()) {
    what = "another kind of answer";
  } else if (expected.points_scanned != found.points_scanned) {
    what =
        std::to_string(found.points_scanned) + " points scanned instead of " + std::to_string(expected.points_scanned);
  } else if (expected.type() == QueryType::range) {
    if (test::lines(expected) != test::lines(found)) what = "other samples";
  } else if (expected.type() == QueryType::aggregate) {
    what = compare_rows(query, expected.aggregate(), found.aggregate());
  } else {
    what = compare_rates(query, expected, found);
  }
  if (what.empty()) return "";
  return what + "\n  expected\n" + shown(expected) + "  found\n" + shown(found);
}

}  // namespace luminate::conformance
