#include "sqlite/sample_scanner.hpp"

#include <algorithm>
#include <cstdint>
#include <exception>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "sqlite/sample_gatherer.hpp"
#include "sqlite/segment_table.hpp"
#include "sqlite/stored_words.hpp"

namespace luminate::sqlite {
namespace {

// A part is read when it seems to hold at most so many samples ...
constexpr double kPartSamples = 1'048'576;
// ... and given up, to be divided, when it turns out to hold so many: samples need not lie evenly in a segment.
constexpr std::size_t kMostPartSamples = 2'097'152;

/// What a segment covers.
struct Extent {
  std::int64_t min_timestamp;
  std::int64_t max_timestamp;
  SeriesId min_series;
  SeriesId max_series;
  std::int64_t samples;
};

/// A part of what was asked for, and the segments that overlap it.
struct Part {
  TimeRange time;
  SeriesId first;  ///< Series, both ends included.
  SeriesId last;
  std::vector<Extent> extents;

  bool overlaps(const Extent& extent) const {
    return extent.min_timestamp < time.end_ms && extent.max_timestamp >= time.start_ms && extent.min_series <= last &&
           extent.max_series >= first;
  }
  bool can_cut_time() const { return time.start_ms + 1 < time.end_ms; }
  bool can_cut_series() const { return first < last; }
};

struct TooManySamples : std::exception {};

/// How many samples of a segment are in a part, if they lie evenly.
double expected(const Part& part, const Extent& extent) {
  const auto share = [](double from, double to, double own_from, double own_to) {
    return (std::min(to, own_to) - std::max(from, own_from) + 1) / (own_to - own_from + 1);
  };
  return static_cast<double>(extent.samples) *
         share(static_cast<double>(part.time.start_ms), static_cast<double>(part.time.end_ms) - 1,
               static_cast<double>(extent.min_timestamp), static_cast<double>(extent.max_timestamp)) *
         share(part.first, part.last, extent.min_series, extent.max_series);
}

/// The middle one of where segments end, for that often cuts none; the middle of the part where it cuts nothing off.
template <class Number, class EndOf>
Number cut_among(const std::vector<Extent>& extents, Number from, Number last, EndOf end_of) {
  std::vector<Number> ends;
  ends.reserve(extents.size());
  for (const Extent& extent : extents) ends.push_back(std::min<Number>(end_of(extent), last));
  const auto middle = ends.begin() + static_cast<std::ptrdiff_t>(ends.size() / 2);
  std::nth_element(ends.begin(), middle, ends.end());
  if (!ends.empty() && *middle >= from && *middle < last) return *middle + 1;
  const auto length = static_cast<std::uint64_t>(last) - static_cast<std::uint64_t>(from);
  return static_cast<Number>(static_cast<std::uint64_t>(from) + length / 2 + 1);
}

class Scanner {
 public:
  Scanner(Connection& connection, std::int64_t metric_id, std::span<const SeriesId> series,
          const backend::ScanVisitor& visit, const model::Call& call)
      : connection_(connection),
        metric_id_(metric_id),
        series_(series),
        visit_(visit),
        call_(call),
        words_(connection) {}

  void run(TimeRange time) {
    std::vector<Part> parts;  // The next one at the end; earlier times come first.
    parts.push_back({time, series_.front(), series_.back(), extents(time)});
    while (!parts.empty()) {
      call_.check();
      const Part part = std::move(parts.back());
      parts.pop_back();
      if (part.extents.empty() || wanted(part).empty()) continue;
      if (!read(part)) divide(part, parts);
    }
  }

 private:
  std::vector<Extent> extents(TimeRange time) {
    Statement rows = connection_.prepare(
        "SELECT min_timestamp, max_timestamp, min_series, max_series, samples FROM segment WHERE metric_id = ?"
        " AND min_timestamp < ? AND max_timestamp >= ? AND max_series >= ? AND min_series <= ?");
    rows.bind(1, metric_id_)
        .bind(2, time.end_ms)
        .bind(3, time.start_ms)
        .bind(4, std::int64_t{series_.front()})
        .bind(5, std::int64_t{series_.back()});
    std::vector<Extent> found;
    while (rows.step()) {
      found.push_back({rows.integer(0), rows.integer(1), static_cast<SeriesId>(rows.integer(2)),
                       static_cast<SeriesId>(rows.integer(3)), rows.integer(4)});
    }
    return found;
  }

  std::span<const SeriesId> wanted(const Part& part) const {
    const auto first = std::lower_bound(series_.begin(), series_.end(), part.first);
    const auto last = std::upper_bound(first, series_.end(), part.last);
    return {first, last};
  }

  /// False when the part has to be divided first.
  bool read(const Part& part) {
    const bool whole = !part.can_cut_time() && !part.can_cut_series();
    const auto series = wanted(part);
    if (!whole) {
      double samples = 0;
      for (const Extent& extent : part.extents) samples += expected(part, extent);
      const double chosen = static_cast<double>(series.size()) / (static_cast<double>(part.last - part.first) + 1);
      if (samples * chosen > kPartSamples) return false;
    }
    SampleGatherer gatherer(series, part.time);
    try {
      const SegmentQuery query{metric_id_, part.time, series.front(), series.back()};
      for_each_segment(connection_, query, [&](const SegmentInfo&, const codec::SegmentReader& segment) {
        call_.check();
        gatherer.add(segment);
        if (!whole && gatherer.size() > kMostPartSamples) throw TooManySamples();
      });
    } catch (const TooManySamples&) {
      return false;
    }
    gatherer.for_each_series(
        call_, [&](std::uint32_t index, std::span<const std::int64_t> timestamps, std::span<const double> values) {
          words_.read_dimensions(metric_id_, series[index], dimensions_);
          visit_({dimensions_, timestamps, values});
        });
    return true;
  }

  /// Into two, by time or by series, whichever cuts fewer samples' segments.
  static void divide(const Part& part, std::vector<Part>& parts) {
    std::optional<std::pair<Part, Part>> by_time;
    std::optional<std::pair<Part, Part>> by_series;
    if (part.can_cut_time()) {
      const auto cut = cut_among<std::int64_t>(part.extents, part.time.start_ms, part.time.end_ms - 1,
                                               [](const Extent& extent) { return extent.max_timestamp; });
      by_time.emplace(Part{{part.time.start_ms, cut}, part.first, part.last, {}},
                      Part{{cut, part.time.end_ms}, part.first, part.last, {}});
    }
    if (part.can_cut_series()) {
      const auto cut = cut_among<SeriesId>(part.extents, part.first, part.last,
                                           [](const Extent& extent) { return extent.max_series; });
      by_series.emplace(Part{part.time, part.first, cut - 1, {}}, Part{part.time, cut, part.last, {}});
    }
    auto& better = !by_series || (by_time && cost(part, *by_time) <= cost(part, *by_series)) ? by_time : by_series;
    for (const Extent& extent : part.extents) {
      if (better->first.overlaps(extent)) better->first.extents.push_back(extent);
      if (better->second.overlaps(extent)) better->second.extents.push_back(extent);
    }
    parts.push_back(std::move(better->second));
    parts.push_back(std::move(better->first));
  }

  /// Samples of the segments that both halves would read.
  static double cost(const Part& part, const std::pair<Part, Part>& halves) {
    double samples = 0;
    for (const Extent& extent : part.extents) {
      if (halves.first.overlaps(extent) && halves.second.overlaps(extent)) {
        samples += static_cast<double>(extent.samples);
      }
    }
    return samples;
  }

  Connection& connection_;
  const std::int64_t metric_id_;
  const std::span<const SeriesId> series_;
  const backend::ScanVisitor& visit_;
  const model::Call& call_;
  StoredWords words_;
  Dimensions dimensions_;
};

}  // namespace

void scan_samples(Snapshot& snapshot, const backend::ScanRequest& request, const backend::ScanVisitor& visit,
                  const model::Call& call) {
  std::int64_t metric_id = 0;
  std::vector<SeriesId> series;
  snapshot.begin(request.tenant, request.metric, call, [&](const Catalog::Metric& metric) {
    metric_id = metric.id;
    for (const auto position : metric.series->select(request.matchers, call)) {
      series.push_back(metric.series->id(position));
    }
  });
  if (!series.empty()) Scanner(snapshot.connection(), metric_id, series, visit, call).run(request.time_range);
}

}  // namespace luminate::sqlite
