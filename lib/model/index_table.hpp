#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace luminate::model {

/// Finds the things of a list by their hash: an open-addressing table of 32-bit indices into a list that its owner
/// keeps. Each table mixes hashes with a secret of its own, so that a client who picks the bytes that are hashed cannot
/// make them collide here.
class IndexTable {
 public:
  using Index = std::uint32_t;
  static constexpr Index kNone = std::numeric_limits<Index>::max();

  IndexTable() noexcept : secret_(reinterpret_cast<std::uintptr_t>(this) * 0xD6E8FEB86659FD93ULL | 1) {}

  /// The index of the thing with this hash for which `equal(index)` holds; `next`, which is remembered, if none does.
  template <class Equal>
  Index find_or_insert(std::uint64_t hash, Index next, Equal&& equal) {
    if (used_ * 2 >= slots_.size()) rehash(slots_.empty() ? kSmallest : slots_.size() * 2);
    const std::uint32_t tag = mix(hash);
    std::size_t at = tag >> shift_;
    for (; slots_[at].index != kNone; at = (at + 1) & (slots_.size() - 1)) {
      if (slots_[at].tag == tag && equal(slots_[at].index)) return slots_[at].index;
    }
    slots_[at] = {tag, next};
    ++used_;
    return next;
  }

  /// The index of the thing with this hash for which `equal(index)` holds, or kNone.
  template <class Equal>
  Index find(std::uint64_t hash, Equal&& equal) const {
    if (slots_.empty()) return kNone;
    const std::uint32_t tag = mix(hash);
    for (std::size_t at = tag >> shift_; slots_[at].index != kNone; at = (at + 1) & (slots_.size() - 1)) {
      if (slots_[at].tag == tag && equal(slots_[at].index)) return slots_[at].index;
    }
    return kNone;
  }

  /// Forgets everything and keeps the memory. The table gets the size that the last content needed: emptying one that
  /// was large once then costs little. It allocates nothing.
  void clear() noexcept {
    if (used_ == 0) return;
    const std::size_t size = std::min(slots_.size(), std::bit_ceil(used_ * 2 + kSmallest));
    used_ = 0;
    reset(size);
  }

 private:
  /// The slot is the tag's uppermost bits, so a table grows without asking for any hash again.
  struct Slot {
    std::uint32_t tag;
    Index index;
  };
  static constexpr std::size_t kSmallest = 64;

  std::uint32_t mix(std::uint64_t hash) const noexcept {
    const std::uint64_t product = (hash ^ secret_) * 0x9E3779B97F4A7C15ULL;
    return static_cast<std::uint32_t>((product ^ (product >> 29)) * secret_ >> 32);
  }

  void reset(std::size_t size) {
    slots_.assign(size, {0, kNone});
    shift_ = 32 - std::countr_zero(size);
  }

  void rehash(std::size_t size) {
    std::vector<Slot> old(size, {0, kNone});  // The new ones: where there is no memory for them, nothing has changed.
    old.swap(slots_);
    shift_ = 32 - std::countr_zero(size);
    for (const Slot& slot : old) {
      if (slot.index == kNone) continue;
      std::size_t at = slot.tag >> shift_;
      while (slots_[at].index != kNone) at = (at + 1) & (size - 1);
      slots_[at] = slot;
    }
  }

  std::vector<Slot> slots_;  ///< Size a power of two, at most half full.
  std::size_t used_ = 0;
  int shift_ = 32;
  std::uint64_t secret_;
};

}  // namespace luminate::model
