#include <luminate/error.hpp>

#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <vector>

#include "codec/segment.hpp"
#include "engine/exact_sum.hpp"
#include "sqlite/check_state.hpp"
#include "sqlite/segment_table.hpp"

namespace luminate::sqlite {
namespace {

// Beyond what any segment of the format takes: 16 bytes a sample, and as much again for runs and framing.
constexpr std::int64_t kMostSegmentBytes = 32 * static_cast<std::int64_t>(codec::kMaxSegmentSamples);

class SegmentCheck {
 public:
  explicit SegmentCheck(CheckState& state)
      : state_(state),
        row_(state.connection.prepare(
            "SELECT " + std::string(kInfoColumns) +
            ", length(data), CASE WHEN length(data) <= ? THEN data END FROM segment NOT INDEXED WHERE id = ?")) {
    row_.bind(1, kMostSegmentBytes);
  }

  void run() {
    for (const std::int64_t id : ids()) {
      state_.call.check();
      state_.attempt(
          "segment " + std::to_string(id), "queries that touch it fail; restore the file from a backup",
          [&] { check(id); }, id);
      row_.reset();
      state_.progress(state_.report.bytes + bytes_);
    }
  }

 private:
  /// Of the table, and where it is torn also of its index: what one cannot reach the other may.
  std::vector<std::int64_t> ids() {
    std::vector<std::int64_t> ids;
    const auto read = [&](const char* sql) {
      Statement rows = state_.connection.prepare(sql);
      while (rows.step()) {
        ids.push_back(rows.integer(0));
        if (ids.size() % 1024 == 0) state_.call.check();
      }
    };
    const bool whole = state_.attempt("the table segment", "samples are missing; restore the file from a backup",
                                      [&] { read("SELECT id FROM segment NOT INDEXED"); });
    if (!whole) {
      state_.attempt("the index of the table segment", "samples are missing; restore the file from a backup",
                     [&] { read("SELECT id FROM segment INDEXED BY segment_by_time WHERE metric_id IS NOT NULL"); });
    }
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    return ids;
  }

  void check(std::int64_t id) {
    row_.reset();
    row_.bind(2, id);
    info_ = {.id = id};
    if (!row_.step()) return say("has no row, though the index names it", "queries that touch it fail");
    info_ = read_info(row_);
    ++state_.report.segments;
    const std::int64_t length = row_.integer(9);
    bytes_ += static_cast<std::uint64_t>(std::max<std::int64_t>(length, 0));
    if (length > kMostSegmentBytes) {
      return say("has " + std::to_string(length) + " bytes, more than any segment", "queries that touch it fail");
    }
    try {
      const codec::SegmentReader segment(row_.blob(10));
      check_content(segment);
    } catch (const codec::DecodeError& error) {
      say(std::string("is damaged: ") + error.what(),
          "its " + std::to_string(info_.samples) +
              " samples are lost and queries that touch it fail; restore the file from a backup");
    }
  }

  void check_content(const codec::SegmentReader& segment) {
    timestamps_.resize(segment.size());
    values_.resize(segment.size());
    segment.read_timestamps(timestamps_);
    segment.read_values(values_);
    state_.report.samples += segment.size();
    check_row(segment);
    check_order(segment);
    check_statistics(segment);
    check_references(segment);
  }

  /// The columns beside the blob: a query that trusts them passes by what they hide.
  void check_row(const codec::SegmentReader& segment) {
    const auto& runs = segment.runs();
    const auto [first, last] = std::minmax_element(timestamps_.begin(), timestamps_.end());
    const auto compare = [&](const char* column, std::int64_t row, std::int64_t content) {
      if (row == content) return;
      say(std::string("says ") + column + " " + std::to_string(row) + " in its row, and holds " +
              std::to_string(content),
          "queries pass it by, or fail; restore the file from a backup");
    };
    compare("samples", info_.samples, static_cast<std::int64_t>(segment.size()));
    if (first != timestamps_.end()) {
      compare("min_timestamp", info_.min_timestamp, *first);
      compare("max_timestamp", info_.max_timestamp, *last);
    }
    if (!runs.empty()) {
      compare("min_series", row_.integer(6), static_cast<std::int64_t>(runs.front().series));
      compare("max_series", row_.integer(7), static_cast<std::int64_t>(runs.back().series));
    }
    if (info_.level < 0) say("has level " + std::to_string(info_.level), "it is not merged with others");
  }

  void check_order(const codec::SegmentReader& segment) {
    std::size_t row = 0;
    const codec::Run* before = nullptr;
    bool sorted = true;
    for (const codec::Run& run : segment.runs()) {
      sorted = sorted && run.count > 0 && (before == nullptr || before->series < run.series);
      const auto begin = timestamps_.begin() + static_cast<std::ptrdiff_t>(row);
      const auto end = begin + static_cast<std::ptrdiff_t>(run.count);
      sorted = sorted && std::adjacent_find(begin, end, [](auto a, auto b) { return a >= b; }) == end;
      row += run.count;
      before = &run;
    }
    if (!sorted) say("is not sorted by series and time", "answers are wrong; restore the file from a backup");
    if (!std::all_of(values_.begin(), values_.end(), [](double value) { return std::isfinite(value); })) {
      say("holds a value that is no finite number", "aggregates over it are no numbers");
    }
  }

  /// What queries take instead of the samples of a run.
  void check_statistics(const codec::SegmentReader& segment) {
    const auto statistics = segment.statistics();
    if (statistics.empty()) return;
    std::size_t wrong = 0;
    std::uint64_t first_wrong = 0;
    std::size_t row = 0;
    for (std::size_t i = 0; i < statistics.size(); ++i) {
      const codec::Run& run = segment.runs()[i];
      const bool right = describes(statistics[i], std::span(timestamps_).subspan(row, run.count),
                                   std::span<const double>(values_).subspan(row, run.count));
      if (!right && wrong++ == 0) first_wrong = run.series;
      row += run.count;
    }
    if (wrong == 0) return;
    say("has statistics of " + std::to_string(wrong) + " runs that are not those of their samples, such as of series " +
            std::to_string(first_wrong),
        "aggregates over them are wrong; restore the file from a backup");
  }

  static bool describes(const codec::RunStatistics& statistics, std::span<const std::int64_t> timestamps,
                        std::span<const double> values) {
    engine::ExactSum sum;
    double magnitude = 0;
    for (const double value : values) {
      sum.add(value);
      magnitude += std::fabs(value);
    }
    // Sums are worked out in another order elsewhere, to the last bit but one.
    const bool same_sum = statistics.sum == sum.value() || std::fabs(statistics.sum - sum.value()) <= 1e-12 * magnitude;
    const auto [smallest, largest] = std::minmax_element(values.begin(), values.end());
    return same_sum && statistics.minimum == *smallest && statistics.maximum == *largest &&
           statistics.first == values.front() && statistics.last == values.back() &&
           statistics.first_timestamp == timestamps.front() && statistics.last_timestamp == timestamps.back();
  }

  void check_references(const codec::SegmentReader& segment) {
    const auto found = state_.metrics.find(info_.metric_id);
    if (found == state_.metrics.end() || !found->second.named) {
      if (!state_.catalog_whole) return;
      return say("belongs to metric " + std::to_string(info_.metric_id) + ", which the catalog does not have",
                 "its " + std::to_string(info_.samples) + " samples cannot be queried");
    }
    CheckState::Metric& metric = found->second;
    std::size_t missing = 0;
    std::uint64_t first_missing = 0;
    auto at = metric.series.begin();
    for (const codec::Run& run : segment.runs()) {
      at = std::lower_bound(at, metric.series.end(), run.series);
      if (at != metric.series.end() && *at == run.series) {
        metric.has_samples[static_cast<std::size_t>(at - metric.series.begin())] = true;
      } else if (missing++ == 0) {
        first_missing = run.series;
      }
    }
    if (missing == 0 || !state_.catalog_whole) return;
    say("holds samples of " + std::to_string(missing) + " series that the catalog does not have, such as series " +
            std::to_string(first_missing),
        "their samples cannot be queried, and may appear in a series that is made later");
  }

  void say(const std::string& what, const std::string& consequence) {
    const std::string of = info_.metric_id == 0 ? "" : " of " + state_.label(info_.metric_id);
    state_.damage(info_.metric_id, "segment " + std::to_string(info_.id) + of + " " + what, consequence, info_.id);
  }

  CheckState& state_;
  Statement row_;
  SegmentInfo info_;
  std::vector<std::int64_t> timestamps_;
  std::vector<double> values_;
  std::uint64_t bytes_ = 0;
};

/// Series and metrics without samples: deletion forgets them, so something was left half done or removed by hand.
void check_for_empty(CheckState& state) {
  for (const auto& [id, metric] : state.metrics) {
    state.call.check();
    if (!metric.named) continue;
    if (metric.series.empty()) {
      state.warn(id, state.label(id) + " has no series", "it is listed, and counts towards max_metrics");
      continue;
    }
    const auto first = std::find(metric.has_samples.begin(), metric.has_samples.end(), false);
    if (first == metric.has_samples.end()) continue;
    const auto count = std::count(metric.has_samples.begin(), metric.has_samples.end(), false);
    const SeriesId series = metric.series[static_cast<std::size_t>(first - metric.has_samples.begin())];
    state.warn(id,
               std::to_string(count) + " series of " + state.label(id) + " have no samples, such as series " +
                   std::to_string(series),
               "they are listed, and count towards max_series_per_metric");
  }
}

}  // namespace

void check_segments(CheckState& state) {
  const std::uint64_t damages = state.report.damages;
  SegmentCheck check(state);
  check.run();
  // Where segments are damaged, nobody knows which series they held.
  if (state.catalog_whole && state.report.damages == damages) check_for_empty(state);
}

}  // namespace luminate::sqlite
