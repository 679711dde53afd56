#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace luminate::ingest {

/// Brings the dimensions of one point into canonical form. Keeps its memory from point to point.
class DimensionSorter {
 public:
  /// @param text where most keys and values stand; bytes beside them may be read.
  /// @param raw_size at least as many bytes as the keys and values have together.
  void begin(std::string_view text, std::size_t raw_size);
  void add(std::string_view key, std::string_view value) { items_.push_back({key, value, prefix_of(key)}); }

  /// Sorts by key. A key that is there twice, if any is.
  std::optional<std::string_view> sort();
  /// See model/dimension_set.hpp. Valid until begin().
  std::string_view canonical();

 private:
  struct Item {
    std::string_view key;
    std::string_view value;
    std::uint64_t prefix;  ///< The key's first 8 bytes, to compare as a number: all that most comparisons need.
  };
  static std::uint64_t prefix_of(std::string_view key) noexcept;
  static bool less(const Item& left, const Item& right) noexcept {
    return left.prefix != right.prefix ? left.prefix < right.prefix : left.key < right.key;
  }
  char* put(char* out, std::string_view text) const noexcept;

  std::string_view text_;
  std::size_t raw_size_ = 0;
  std::vector<Item> items_;
  std::vector<char> canonical_;
};

}  // namespace luminate::ingest
