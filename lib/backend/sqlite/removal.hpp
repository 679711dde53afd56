#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/call.hpp"
#include "sqlite/rewriting.hpp"
#include "sqlite/segment_swap.hpp"

namespace luminate::sqlite {

/// A set of series of one metric.
class SeriesSet {
 public:
  void insert(SeriesId id);
  void erase(SeriesId id);
  bool contains(SeriesId id) const { return id < bits_.size() && bits_[id]; }
  bool empty() const noexcept { return count_ == 0; }
  std::size_t size() const noexcept { return count_; }
  void clear();
  std::vector<SeriesId> ids() const;

 private:
  std::vector<bool> bits_;
  std::size_t count_ = 0;
};

/// Samples that are to go, as the segments that change.
struct Removal {
  std::string tenant;
  std::string metric;
  std::int64_t metric_id = 0;
  std::uint64_t generation = 0;  ///< Of the catalog that the series were taken from.
  SegmentSwap swap{};
  /// Series that lose samples; those that are in no segment any more are forgotten.
  SeriesSet losers{};
  /// Series that are in what `swap` adds.
  SeriesSet keepers{};
};

struct RemovalOutcome {
  std::size_t series = 0;  ///< That have no samples any more.
  bool metric = false;     ///< It has no series any more.
};

/// The samples of a segment that `goes(series, timestamp)` does not name, in place of the segment. @returns how many
/// go.
/// @throws SegmentDamaged.
using Goes = std::function<bool(SeriesId, std::int64_t)>;
std::uint64_t rewrite_without(SegmentLoader& loader, const SegmentInfo& segment, const Goes& goes, Removal& removal);

/// Commits a removal, and with it the end of the series and the metric that have no samples left, as one. Looks for
/// other samples of these series before it takes the writer's mutex. @pre the mutex of `rewriting` is held.
/// @throws Error storage_unavailable when the catalog had to be read anew since `generation`.
RemovalOutcome commit_removal(Rewriting& rewriting, Removal& removal, const model::Call& call);

}  // namespace luminate::sqlite
