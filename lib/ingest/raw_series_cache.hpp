#pragma once

#include <luminate/metric.hpp>

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "model/index_table.hpp"

namespace luminate::ingest {

/// Remembers, for the length of one text, which series a metric name with these very bytes of a dimensions object was:
/// clients that repeat a series repeat its bytes. The same set written in another way is merely not found here.
class RawSeriesCache {
 public:
  /// Forgets all. Views given to find() must be valid until then.
  void clear() {
    table_.clear();
    entries_.clear();
  }

  /// The series; nothing if the bytes are new, and then remember() has to follow.
  std::optional<Batch::SeriesIndex> find(std::string_view name, std::string_view dimensions);
  /// Says what the bytes are that find() was last asked for.
  void remember(Batch::SeriesIndex series) {
    asked_.series = series;
    entries_.push_back(asked_);
  }

 private:
  struct Entry {
    std::string_view name;
    std::string_view dimensions;
    Batch::SeriesIndex series = 0;
  };
  model::IndexTable table_;
  std::vector<Entry> entries_;
  Entry asked_;
  std::string_view last_name_;
  std::uint64_t last_name_hash_ = 0;
};

}  // namespace luminate::ingest
