#pragma once

#include <luminate/metric.hpp>

#include <cstdint>
#include <span>
#include <vector>

#include "ingest/series_cache.hpp"
#include "model/index_table.hpp"

namespace luminate::ingest {

/// Which series of its batch one text has named so far, by the keys of SeriesCache: clients that repeat a series repeat
/// its bytes. The same set written in another way is merely not found here.
class TextSeries {
 public:
  static constexpr Batch::SeriesIndex kNone = UINT32_MAX;

  void clear() {
    table_.clear();
    entries_.clear();
    keys_.clear();
  }

  /// The series of a key; kNone if it is new, and then remember() has to follow.
  Batch::SeriesIndex find(const SeriesCache::Key& key) {
    const auto next = static_cast<std::uint32_t>(entries_.size());
    // A table may know an index that its list never got, if memory ran out: hence the comparison of sizes.
    const std::uint32_t at =
        table_.find_or_insert(key.low, next, [&](std::uint32_t i) { return i < next && entries_[i].key == key; });
    return at == next ? kNone : entries_[at].series;
  }

  void remember(const SeriesCache::Key& key, Batch::SeriesIndex series) {
    entries_.push_back({key, series});
    if (series >= keys_.size()) keys_.resize(series + std::size_t{1});
    keys_[series] = key;
  }

  /// By series of the batch: a key of it, zero for those without one.
  std::span<const SeriesCache::Key> keys() const noexcept { return keys_; }

 private:
  struct Entry {
    SeriesCache::Key key;
    Batch::SeriesIndex series;
  };
  model::IndexTable table_;
  std::vector<Entry> entries_;
  std::vector<SeriesCache::Key> keys_;
};

}  // namespace luminate::ingest
