#include "sqlite/read_plan.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <numeric>

namespace luminate::sqlite {
namespace {

// Enough to be worth a thread's while, and few enough to stop within 50 ms.
constexpr std::int64_t kSamplesOfTask = 262'144;
// A unit of whole series reads segments that reach beyond it again in the next one: larger units read less twice.
constexpr double kSamplesOfWideUnit = 524'288;

using Indices = std::vector<std::uint32_t>;

std::int64_t samples_of(std::span<const SegmentInfo> segments, const Indices& members) {
  return std::accumulate(members.begin(), members.end(), std::int64_t{0},
                         [&](std::int64_t sum, std::uint32_t i) { return sum + segments[i].samples; });
}

ReadUnit unit_of(std::span<const SegmentInfo> segments, Indices members) {
  const SegmentInfo& any = segments[members.front()];
  ReadUnit unit{std::move(members), any.min_series, any.max_series};
  for (const std::uint32_t i : unit.segments) {
    unit.first_series = std::min(unit.first_series, segments[i].min_series);
    unit.last_series = std::max(unit.last_series, segments[i].max_series);
  }
  std::sort(unit.segments.begin(), unit.segments.end());
  return unit;
}

/// A sweep over time that keeps what is open there as intervals of series. A segment joins all intervals that it meets
/// and that have not ended. Joined intervals grow to cover all their members, which may join segments that are apart:
/// never wrong, and rare once segments are large.
class Sweep {
 public:
  explicit Sweep(std::span<const SegmentInfo> segments) : segments_(segments) {}

  std::vector<ReadUnit> units() {
    Indices order(segments_.size());
    std::iota(order.begin(), order.end(), 0U);
    std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
      return segments_[a].min_timestamp < segments_[b].min_timestamp;
    });
    for (const std::uint32_t i : order) add(i);
    for (auto& [first_series, open] : open_) close(open);
    return std::move(units_);
  }

 private:
  struct Open {
    SeriesId last_series;
    std::int64_t until;
    Indices members;
  };

  void add(std::uint32_t index) {
    const SegmentInfo& segment = segments_[index];
    SeriesId first_series = segment.min_series;
    Open joined{segment.max_series, segment.max_timestamp, {index}};
    auto next = open_.upper_bound(first_series);
    if (next != open_.begin() && std::prev(next)->second.last_series >= first_series) --next;
    while (next != open_.end() && next->first <= joined.last_series) {
      Open& met = next->second;
      if (met.until < segment.min_timestamp) {
        close(met);
      } else {
        first_series = std::min(first_series, next->first);
        joined.last_series = std::max(joined.last_series, met.last_series);
        joined.until = std::max(joined.until, met.until);
        if (met.members.size() > joined.members.size()) met.members.swap(joined.members);
        joined.members.insert(joined.members.end(), met.members.begin(), met.members.end());
      }
      next = open_.erase(next);
    }
    open_.emplace(first_series, std::move(joined));
  }

  void close(Open& open) { units_.push_back(unit_of(segments_, std::move(open.members))); }

  std::span<const SegmentInfo> segments_;
  std::map<SeriesId, Open> open_;  ///< By first series; disjoint.
  std::vector<ReadUnit> units_;
};

/// Cuts the series of some segments where none of them goes across, and where about as many samples as a unit may have
/// lie since the last cut, were each segment's samples spread evenly over its series.
std::vector<ReadUnit> units_of_whole_series(std::span<const SegmentInfo> segments, const Indices& members) {
  struct Change {
    double density = 0;
    int begin = 0;  ///< So many segments begin here ...
    int end = 0;    ///< ... and so many ended before.
  };
  std::map<std::uint64_t, Change> changes;  // By series.
  for (const std::uint32_t i : members) {
    const SegmentInfo& segment = segments[i];
    const std::uint64_t end = std::uint64_t{segment.max_series} + 1;
    const double density = static_cast<double>(segment.samples) / static_cast<double>(end - segment.min_series);
    Change& first = changes[segment.min_series];
    first.density += density;
    ++first.begin;
    Change& behind = changes[end];
    behind.density -= density;
    ++behind.end;
  }
  std::vector<std::uint64_t> cuts{changes.begin()->first};
  double density = 0;
  int open = 0;
  double samples = 0;
  std::uint64_t at = cuts[0];
  for (const auto& [change_at, change] : changes) {
    while (samples + density * static_cast<double>(change_at - at) > kSamplesOfWideUnit) {
      const auto series = static_cast<std::uint64_t>((kSamplesOfWideUnit - samples) / density);
      at = std::min(at + std::max<std::uint64_t>(series, 1), change_at);
      cuts.push_back(at);
      samples = 0;
    }
    samples += density * static_cast<double>(change_at - at);
    at = change_at;
    open -= change.end;
    // Where one ends is a good place: the next unit need not read that one again.
    const bool good = change.end > 0 && samples > kSamplesOfWideUnit / 2;
    if ((open == 0 || good) && cuts.back() != at) {
      cuts.push_back(at);
      samples = 0;
    }
    open += change.begin;
    density += change.density;
  }

  std::vector<ReadUnit> units;
  for (std::size_t i = 0; i + 1 < cuts.size(); ++i) {
    ReadUnit unit{{}, static_cast<SeriesId>(cuts[i]), static_cast<SeriesId>(cuts[i + 1] - 1)};
    for (const std::uint32_t index : members) {
      if (segments[index].min_series <= unit.last_series && segments[index].max_series >= unit.first_series) {
        unit.segments.push_back(index);
      }
    }
    if (!unit.segments.empty()) units.push_back(std::move(unit));
  }
  return units;
}

}  // namespace

std::vector<ReadTask> plan_reads(std::span<const SegmentInfo> segments, bool whole_series) {
  std::vector<ReadTask> tasks;
  if (segments.empty()) return tasks;
  std::int64_t samples = kSamplesOfTask;
  const auto add = [&](ReadUnit& unit) {
    if (samples >= kSamplesOfTask) {
      tasks.emplace_back();
      samples = 0;
    }
    samples += samples_of(segments, unit.segments);
    tasks.back().push_back(std::move(unit));
  };
  if (whole_series) {
    Indices all(segments.size());
    std::iota(all.begin(), all.end(), 0U);
    for (ReadUnit& unit : units_of_whole_series(segments, all)) add(unit);
    return tasks;
  }
  for (ReadUnit& unit : Sweep(segments).units()) {
    // A late batch for many series joins all segments of its time: by series, they come apart again.
    if (unit.segments.size() > 1 && static_cast<double>(samples_of(segments, unit.segments)) > kSamplesOfWideUnit) {
      for (ReadUnit& part : units_of_whole_series(segments, unit.segments)) add(part);
    } else {
      add(unit);
    }
  }
  return tasks;
}

}  // namespace luminate::sqlite
