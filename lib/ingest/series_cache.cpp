#include "ingest/series_cache.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace luminate::ingest {
namespace {

constexpr std::size_t kSmallest = 1024;
/// A key stands in one of this many slots from its own on.
constexpr std::size_t kWindow = 16;
/// In a full table one key in so many takes another's place: enough to forget series that are gone for good.
constexpr std::uint64_t kReplaceOneIn = 16;

constexpr auto kRelaxed = std::memory_order_relaxed;

/// Threads read and write slots without any order. The key is masked with the handle, so that a slot of which another
/// thread has changed a part fits no key: what is read is right or absent.
struct Slot {
  std::atomic<std::uint64_t> low = 0;
  std::atomic<std::uint64_t> high = 0;
  std::atomic<SeriesCache::Handle> handle = 0;

  void put(const SeriesCache::Key& key, SeriesCache::Handle of_key) noexcept {
    low.store(key.low ^ of_key, kRelaxed);
    high.store(key.high ^ of_key, kRelaxed);
    handle.store(of_key, kRelaxed);
  }
  SeriesCache::Key key(SeriesCache::Handle of_key) const noexcept {
    return {low.load(kRelaxed) ^ of_key, high.load(kRelaxed) ^ of_key};
  }
};

struct Free {
  void operator()(Slot* slots) const noexcept { std::free(slots); }
};
using Slots = std::unique_ptr<Slot[], Free>;

/// Large tables are asked for in pages of 2 MiB: every access to them is to another place, and would wait for the
/// address of its small page first.
Slots make_slots(std::size_t count) {
  static_assert(std::is_trivially_destructible_v<Slot>);
  constexpr std::size_t kHugePage = std::size_t{2} << 20;
  const std::size_t alignment = count * sizeof(Slot) < kHugePage ? alignof(std::max_align_t) : kHugePage;
  const std::size_t bytes = (count * sizeof(Slot) + alignment - 1) / alignment * alignment;
  void* const memory = std::aligned_alloc(alignment, bytes);
  if (memory == nullptr) throw std::bad_alloc();
  if (alignment == kHugePage) (void)::madvise(memory, bytes, MADV_HUGEPAGE);  // In vain where there are none.
  auto* const slots = static_cast<Slot*>(memory);
  std::uninitialized_value_construct_n(slots, count);
  return Slots(slots);
}

}  // namespace

struct SeriesCache::Table {
  Table(std::uint64_t generation_of_handles, std::size_t slot_count)
      : generation(generation_of_handles), size(slot_count), slots(make_slots(slot_count + kWindow)) {}

  Slot* first_slot(const Key& key) const noexcept {
    __extension__ using Wide = unsigned __int128;
    return slots.get() + static_cast<std::size_t>(Wide{key.low} * size >> 64);
  }

  Handle find(const Key& key) const noexcept {
    const Slot* slot = first_slot(key);
    for (const Slot* const end = slot + kWindow; slot != end; ++slot) {
      const Handle handle = slot->handle.load(kRelaxed);
      if (handle == 0) return 0;
      if (slot->key(handle) == key) return handle;
    }
    return 0;
  }

  /// @param turn differs from call to call. @returns whether a free slot was taken.
  bool add(const Key& key, Handle handle, std::uint64_t turn) noexcept {
    Slot* const first = first_slot(key);
    for (Slot* slot = first; slot != first + kWindow; ++slot) {
      const Handle there = slot->handle.load(kRelaxed);
      if (there == 0) {
        slot->put(key, handle);
        return true;
      }
      if (slot->key(there) == key) return false;
    }
    const std::uint64_t dice = (key.high + turn) * 0x9E3779B97F4A7C15ULL >> 32;
    if (dice % kReplaceOneIn == 0) first[dice / kReplaceOneIn % kWindow].put(key, handle);
    return false;
  }

  void add_all_of(const Table& other) noexcept {
    for (std::size_t i = 0; i < other.size + kWindow; ++i) {
      const Handle handle = other.slots[i].handle.load(kRelaxed);
      if (handle != 0) used += add(other.slots[i].key(handle), handle, i);
    }
  }

  const std::uint64_t generation;
  const std::size_t size;
  const Slots slots;  ///< A window more than `size`, so that none has to go round.
  std::atomic<std::size_t> used = 0;
  std::atomic<std::uint64_t> turns = 0;
};

SeriesCache::SeriesCache(std::size_t max_bytes) : max_slots_(max_bytes / sizeof(Slot)) {}
SeriesCache::~SeriesCache() = default;

std::uint64_t SeriesCache::View::generation() const noexcept {
  return table_ ? table_->generation : 0;
}

void SeriesCache::View::prefetch(const Key& key) const noexcept {
  if (!table_) return;
  const Slot* const first = table_->first_slot(key);
  __builtin_prefetch(first);
  __builtin_prefetch(first + 2);
}

SeriesCache::Handle SeriesCache::View::find(const Key& key) const noexcept {
  return table_ ? table_->find(key) : 0;
}

SeriesCache::View SeriesCache::view() const {
  const std::lock_guard lock(mutex_);
  return View(table_);
}

/// The table with room for `more` keys, as far as memory goes; none without memory, or when its handles are newer.
std::shared_ptr<SeriesCache::Table> SeriesCache::table_for(std::uint64_t generation, std::size_t more) try {
  if (max_slots_ <= kWindow) return nullptr;
  const std::size_t most = max_slots_ - kWindow;
  const std::lock_guard lock(mutex_);
  if (table_ && table_->generation > generation) return nullptr;
  const bool is_current = table_ && table_->generation == generation;
  std::size_t size = is_current ? table_->size : std::min(kSmallest, most);
  // At most half full as long as there is memory: most keys are then found in their first cache line.
  const std::size_t keys = (is_current ? table_->used.load(kRelaxed) : 0) + more;
  while (size < most && size < keys * 2) size = std::min(size * 2, most);
  if (!is_current || size > table_->size) {
    auto table = std::make_shared<Table>(generation, size);
    // What other threads add to the old table meanwhile is lost, and comes again with their next text.
    if (is_current) table->add_all_of(*table_);
    table_ = std::move(table);
  }
  return table_;
} catch (const std::bad_alloc&) {
  return nullptr;
}

void SeriesCache::remember(std::uint64_t generation, std::span<const Key> keys,
                           std::span<const Handle> handles) noexcept {
  const std::size_t count = std::min(keys.size(), handles.size());
  const auto is_known = [&](std::size_t i) { return handles[i] != 0 && keys[i] != Key{}; };
  std::size_t known = 0;
  for (std::size_t i = 0; i < count; ++i) known += is_known(i);
  if (known == 0) return;
  const auto table = table_for(generation, known);
  if (!table) return;
  const std::uint64_t turn = table->turns.fetch_add(count, kRelaxed);
  std::size_t added = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (is_known(i)) added += table->add(keys[i], handles[i], turn + i);
  }
  table->used.fetch_add(added, kRelaxed);
}

}  // namespace luminate::ingest
