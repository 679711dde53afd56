#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sqlite/segment_table.hpp"
#include "sqlite/writer.hpp"

namespace luminate::sqlite {

/// Segments that take the place of others. A row never changes what it holds: who changes samples makes new rows.
struct SegmentSwap {
  std::vector<std::int64_t> removed;
  std::vector<NewSegment> added;  ///< Ids are left open.
};

/// Whether all segments that a swap removes are still there.
bool is_current(Connection& connection, const SegmentSwap& swap);

/// Deletes and inserts, and gives what is inserted ids. @pre in a transaction of the writer's connection.
void apply(Connection& connection, Writer& writer, SegmentSwap& swap);

/// Makes all those swaps, in one transaction, whose segments are all there still. @returns how many.
std::size_t commit_swaps(Writer& writer, std::span<SegmentSwap> swaps);

}  // namespace luminate::sqlite
