#include "postgres/conflict_memory.hpp"

#include <algorithm>
#include <atomic>
#include <bit>
#include <functional>
#include <new>

namespace luminate::postgres {
namespace {

std::int64_t get(std::int64_t& number) noexcept {
  return std::atomic_ref(number).load(std::memory_order_relaxed);
}
void set(std::int64_t& number, std::int64_t value) noexcept {
  std::atomic_ref(number).store(value, std::memory_order_relaxed);
}

}  // namespace

ConflictMemory::ConflictMemory(std::size_t max_bytes) {
  const std::size_t slots = std::bit_floor(std::max<std::size_t>(1, max_bytes / sizeof(Slot)));
  slots_.reset(static_cast<Slot*>(std::calloc(slots, sizeof(Slot))));
  if (!slots_) throw std::bad_alloc();
  mask_ = slots - 1;
}

bool ConflictMemory::may_exist(const SampleRow& row) const noexcept {
  Slot& known = slot(row.series);
  return get(known.series) == row.series && row.time_ms <= get(known.newest_ms);
}

void ConflictMemory::stored(std::span<const SampleRow> rows) noexcept {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (i + 1 < rows.size() && rows[i + 1].series == rows[i].series) continue;
    Slot& known = slot(rows[i].series);
    if (may_exist(rows[i])) continue;
    set(known.newest_ms, rows[i].time_ms);
    set(known.series, rows[i].series);
  }
}

ConflictMemory::Doubt& ConflictMemory::doubt(std::string_view tenant) noexcept {
  return doubts_[std::hash<std::string_view>{}(tenant) % doubts_.size()];
}

bool ConflictMemory::distrusts(std::string_view tenant) {
  const std::lock_guard lock(mutex_);
  Doubt& about = doubt(tenant);
  if (about.times_left == 0) return false;
  --about.times_left;
  return true;
}

void ConflictMemory::guessed_right(std::string_view tenant) {
  const std::lock_guard lock(mutex_);
  doubt(tenant).times /= 2;
}

void ConflictMemory::guessed_wrong(std::string_view tenant) {
  const std::lock_guard lock(mutex_);
  Doubt& about = doubt(tenant);
  about.times = std::clamp<std::uint32_t>(about.times * 2, 1, kMostTimes);
  about.times_left = about.times;
}

}  // namespace luminate::postgres
