#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace luminate::sqlite {

/// Every dimension key and value of a file once, numbered from 1 without gaps. Append-only. The texts stand one after
/// another in large chunks, so that views stay valid while the table grows.
class WordTable {
 public:
  using Id = std::uint32_t;
  static constexpr Id kNone = 0;

  Id find(std::string_view text) const noexcept;  ///< kNone when absent.
  Id intern(std::string_view text);
  std::string_view text(Id id) const noexcept { return texts_[id - 1]; }

  Id last() const noexcept { return static_cast<Id>(texts_.size()); }
  void clear();

 private:
  std::size_t slot_of(std::string_view text) const noexcept;
  void grow();

  std::deque<std::string> chunks_;
  std::vector<std::string_view> texts_;
  std::vector<Id> slots_;  ///< Open addressing; size a power of two, at most half full.
};

}  // namespace luminate::sqlite
