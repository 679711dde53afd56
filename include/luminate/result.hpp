#pragma once

#include <luminate/metric.hpp>
#include <luminate/query.hpp>
#include <luminate/validator.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace luminate {

/// Raw samples as columns of equal length, ascending by timestamp, then by dimensions (compared as Dimensions compare).
struct RangeResult {
  std::vector<Dimensions> series;            ///< The series that appear in the answer.
  std::vector<std::uint32_t> series_column;  ///< For each sample the index of its series.
  std::vector<std::int64_t> timestamp_column;
  std::vector<double> value_column;
  bool truncated = false;  ///< More samples matched than the limit let through.
};

/// One value (or several) per group, or per group and bucket.
struct AggregateResult {
  struct Row {
    std::optional<std::int64_t> bucket_ms;  ///< Start of the bucket; empty without an interval.
    std::vector<std::string> group;         ///< The group's values, in the order of `group_by`.
    std::vector<double> values;             ///< In the order of `aggregations`.
    std::uint64_t count = 0;                ///< Samples that went in.
  };
  std::vector<std::string> group_by;
  std::vector<Aggregation> aggregations;
  std::vector<Row> rows;
};

/// Per-second increase of counters, per group and bucket, ascending by bucket, then by group.
struct RateResult {
  struct Row {
    std::int64_t bucket_ms = 0;
    std::vector<std::string> group;
    double rate = 0;
  };
  std::vector<std::string> group_by;
  std::vector<Row> rows;
};

struct Result {
  std::variant<RangeResult, AggregateResult, RateResult> data;
  std::uint64_t points_scanned = 0;  ///< Samples in the time range of the series that matched the filters.
  std::chrono::microseconds execution_time{};

  QueryType type() const noexcept { return static_cast<QueryType>(data.index() + 1); }
  const RangeResult& range() const& { return std::get<RangeResult>(data); }
  const AggregateResult& aggregate() const& { return std::get<AggregateResult>(data); }
  const RateResult& rate() const& { return std::get<RateResult>(data); }
  // Of a result that nobody keeps the answer is given itself: `for (auto& row : store.query(query).aggregate().rows)`
  // walks over what lives as long as the loop.
  RangeResult range() && { return std::get<RangeResult>(std::move(data)); }
  AggregateResult aggregate() && { return std::get<AggregateResult>(std::move(data)); }
  RateResult rate() && { return std::get<RateResult>(std::move(data)); }
};

/// What became of a batch.
struct WriteReport {
  std::size_t accepted = 0;
  std::size_t rejected = 0;
  std::vector<Verdict> errors;  ///< One for each rejected point, ascending by index.
};

/// The JSON form of an answer, as docs/queries.md and the HTTP API show it. A value beyond float64 (the sum of two
/// huge numbers) is null.
std::string to_json(const Result& result);

/// The same text for a range answer that comes piece by piece:
///
///     luminate::RangeJsonWriter json;
///     std::string text;
///     while (auto piece = stream.next()) {
///       json.add(std::move(*piece));
///       while (json.write(text, 65536)) send(std::exchange(text, {}));
///     }
///     json.finish(text, stream.truncated(), stream.points_scanned(), stream.execution_time());
class RangeJsonWriter {
 public:
  /// Takes the next samples over. @pre those before were all written.
  void add(RangeResult piece);

  /// Appends text of the samples that were added, until they are all written or about `enough` bytes more stand in
  /// `out`. @returns whether it appended anything.
  bool write(std::string& out, std::size_t enough);

  /// Appends the end of the text. @pre all samples were written.
  void finish(std::string& out, bool truncated, std::uint64_t points_scanned, std::chrono::microseconds execution_time);

 private:
  void begin(std::string& out);

  RangeResult piece_;
  std::vector<std::string> dimensions_;  ///< The text of each series of the piece, once it was needed.
  std::size_t next_ = 0;                 ///< Of the piece's samples.
  bool begun_ = false;
  bool first_ = true;
};

}  // namespace luminate
