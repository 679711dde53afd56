#include "ingest/raw_series_cache.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace luminate::ingest {

std::optional<Batch::SeriesIndex> RawSeriesCache::find(std::string_view name, std::string_view dimensions) {
  if (entries_.empty() || name != last_name_) {
    last_name_ = name;
    last_name_hash_ = XXH3_64bits(name.data(), name.size());
  }
  const auto next = static_cast<std::uint32_t>(entries_.size());
  const std::uint64_t hash = XXH3_64bits(dimensions.data(), dimensions.size()) + last_name_hash_;
  const std::uint32_t index = table_.find_or_insert(hash, next, [&](std::uint32_t i) {
    const Entry& entry = entries_[i];
    return entry.dimensions == dimensions && entry.name == name;
  });
  if (index != next) return entries_[index].series;
  asked_ = {name, dimensions, 0};
  return std::nullopt;
}

}  // namespace luminate::ingest
