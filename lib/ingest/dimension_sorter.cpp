#include "ingest/dimension_sorter.hpp"

#include <algorithm>
#include <cstring>

#include "model/dimension_set.hpp"

namespace luminate::ingest {
namespace {

/// Copies of a size known to the compiler take one instruction, so short texts are copied as this many bytes.
constexpr std::size_t kBlock = 16;
/// Up to here insertion sort wins; beyond, its quadratic time would be a gift to attackers.
constexpr std::size_t kFewDimensions = 32;

std::uint64_t big_endian(const char* bytes, std::size_t count) noexcept {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < count; ++i) number = number << 8 | static_cast<unsigned char>(bytes[i]);
  return number;
}

}  // namespace

void DimensionSorter::begin(std::string_view text, std::size_t raw_size) {
  text_ = text;
  raw_size_ = raw_size;
  items_.clear();
}

std::uint64_t DimensionSorter::prefix_of(std::string_view key) noexcept {
  // Loops over constant counts become single loads; short keys are two that overlap.
  const std::size_t n = key.size();
  const char* const p = key.data();
  if (n >= 8) return big_endian(p, 8);
  if (n >= 4) return big_endian(p, 4) << 32 | big_endian(p + n - 4, 4) << (8 - n) * 8;
  if (n >= 2) return big_endian(p, 2) << 48 | big_endian(p + n - 2, 2) << (8 - n) * 8;
  return n == 0 ? 0 : big_endian(p, 1) << 56;
}

std::optional<std::string_view> DimensionSorter::sort() {
  if (items_.size() <= kFewDimensions) {
    for (std::size_t i = 1; i < items_.size(); ++i) {
      if (!less(items_[i], items_[i - 1])) continue;
      const Item item = items_[i];
      std::size_t at = i;
      do {
        items_[at] = items_[at - 1];
      } while (--at > 0 && less(item, items_[at - 1]));
      items_[at] = item;
    }
  } else {
    std::sort(items_.begin(), items_.end(), less);
  }
  const auto same_key = [](const Item& left, const Item& right) {
    return left.prefix == right.prefix && left.key == right.key;
  };
  const auto twice = std::adjacent_find(items_.begin(), items_.end(), same_key);
  return twice == items_.end() ? std::nullopt : std::optional(twice->key);
}

char* DimensionSorter::put(char* out, std::string_view text) const noexcept {
  out = model::put_length(out, text.size());
  const auto from = reinterpret_cast<std::uintptr_t>(text.data());
  const auto begin = reinterpret_cast<std::uintptr_t>(text_.data());
  if (text.size() <= kBlock && from >= begin && from + kBlock <= begin + text_.size()) {
    std::memcpy(out, text.data(), kBlock);
  } else {
    std::memcpy(out, text.data(), text.size());
  }
  return out + text.size();
}

std::string_view DimensionSorter::canonical() {
  const std::size_t most = raw_size_ + items_.size() * 2 * model::kMaxLengthBytes + kBlock;
  if (canonical_.size() < most) canonical_.resize(most * 2);
  char* out = canonical_.data();
  for (const Item& item : items_) out = put(put(out, item.key), item.value);
  return {canonical_.data(), static_cast<std::size_t>(out - canonical_.data())};
}

}  // namespace luminate::ingest
