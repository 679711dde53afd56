#include "engine/bucket_index.hpp"

#include <limits>

#include "engine/limits.hpp"
#include "query/plan.hpp"

namespace luminate::engine {
namespace {

constexpr std::int64_t kLatest = std::numeric_limits<std::int64_t>::max();

/// The first sample at or after `until_ms`; most buckets hold a few samples, some thousands.
std::size_t end_of_bucket(std::span<const std::int64_t> timestamps, std::size_t begin, std::size_t end,
                          std::int64_t until_ms) {
  if (timestamps[end - 1] < until_ms) return end;
  std::size_t i = begin;
  while (i + 8 <= end && timestamps[i + 7] < until_ms) i += 8;
  while (timestamps[i] < until_ms) ++i;
  return i;
}

}  // namespace

BucketIndex::BucketIndex(std::int64_t interval_ms, std::size_t max_cells)
    : interval_ms_(interval_ms), max_cells_(max_cells), table_(64) {}

void BucketIndex::split(std::span<const std::int64_t> timestamps, std::size_t begin, std::size_t end,
                        std::uint32_t group, std::vector<Span>& spans) {
  std::int64_t bucket = 0;
  std::int64_t number = 0;
  bool following = false;
  while (begin < end) {
    const std::int64_t timestamp = timestamps[begin];
    // The bucket after the last one needs no division.
    if (following && bucket <= kLatest - 2 * interval_ms_ && timestamp < bucket + 2 * interval_ms_) {
      bucket += interval_ms_;
      ++number;
    } else {
      bucket = query::bucket_start(timestamp, interval_ms_);
      number = bucket / interval_ms_;
    }
    following = interval_ms_ <= kLatest / 2;
    const bool open = bucket > kLatest - interval_ms_;
    const std::size_t until = open ? end : end_of_bucket(timestamps, begin, end, bucket + interval_ms_);
    spans.push_back({cell(bucket, number, group), begin, until});
    begin = until;
  }
}

std::uint32_t BucketIndex::cell_at(std::int64_t timestamp, std::uint32_t group) {
  const std::int64_t bucket = query::bucket_start(timestamp, interval_ms_);
  return cell(bucket, bucket / interval_ms_, group);
}

std::vector<std::uint32_t> BucketIndex::add(const BucketIndex& other) {
  std::vector<std::uint32_t> cells;
  cells.reserve(other.cells_.size());
  for (const Cell& cell : other.cells_) cells.push_back(cell_at(cell.bucket_ms, cell.group));
  return cells;
}

std::uint32_t BucketIndex::cell(std::int64_t bucket_ms, std::int64_t bucket_number, std::uint32_t group) {
  const std::int64_t number = bucket_number >> 4;
  if (latest_.page == kNone || latest_.number != number || latest_.group != group) {
    latest_ = {number, group, page(number, group)};
  }
  std::uint32_t& cell = pages_[latest_.page][static_cast<std::size_t>(bucket_number & 15)];
  if (cell == kNone) {
    if (cells_.size() >= max_cells_) throw_too_many_rows(max_cells_);
    cell = static_cast<std::uint32_t>(cells_.size());
    cells_.push_back({bucket_ms, group});
  }
  return cell;
}

std::size_t BucketIndex::slot(std::int64_t number, std::uint32_t group) const noexcept {
  std::uint64_t hash = static_cast<std::uint64_t>(number) * 0x9E3779B97F4A7C15ULL + group;
  hash = (hash ^ (hash >> 32)) * 0xD6E8FEB86659FD93ULL;
  return (hash ^ (hash >> 32)) & (table_.size() - 1);
}

std::uint32_t BucketIndex::page(std::int64_t number, std::uint32_t group) {
  if (pages_.size() * 2 >= table_.size()) grow();
  std::size_t at = slot(number, group);
  for (; table_[at].page != kNone; at = (at + 1) & (table_.size() - 1)) {
    if (table_[at].number == number && table_[at].group == group) return table_[at].page;
  }
  table_[at] = {number, group, static_cast<std::uint32_t>(pages_.size())};
  pages_.emplace_back().fill(kNone);
  return table_[at].page;
}

void BucketIndex::grow() {
  std::vector<Entry> entries(table_.size() * 2);
  entries.swap(table_);
  for (const Entry& entry : entries) {
    if (entry.page == kNone) continue;
    std::size_t at = slot(entry.number, entry.group);
    while (table_[at].page != kNone) at = (at + 1) & (table_.size() - 1);
    table_[at] = entry;
  }
}

}  // namespace luminate::engine
