#include "sqlite/segment_swap.hpp"

namespace luminate::sqlite {

bool is_current(Connection& connection, const SegmentSwap& swap) {
  Statement there = connection.prepare("SELECT 1 FROM segment WHERE id = ?");
  for (const std::int64_t id : swap.removed) {
    const bool found = there.bind(1, id).step();
    there.reset();
    if (!found) return false;
  }
  return true;
}

void apply(Connection& connection, Writer& writer, SegmentSwap& swap) {
  // Deleted first: what comes takes the room, and the file need not grow.
  for (const std::int64_t id : swap.removed) delete_segment(connection, id);
  std::uint64_t bytes = 0;
  for (NewSegment& segment : swap.added) {
    segment.info.id = writer.next_segment_id();
    insert_segment(connection, segment);
    bytes += segment.data.size();
  }
  writer.counters().rewritten_bytes += bytes;
}

std::size_t commit_swaps(Writer& writer, std::span<SegmentSwap> swaps) {
  std::size_t made = 0;
  writer.exclusively([&](Connection& connection) {
    Transaction transaction(connection, Transaction::Kind::write);
    for (SegmentSwap& swap : swaps) {
      if (!is_current(connection, swap)) continue;
      apply(connection, writer, swap);
      ++made;
    }
    if (made == 0) return;
    writer.save_segment_id();
    transaction.commit();
  });
  return made;
}

}  // namespace luminate::sqlite
