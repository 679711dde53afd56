#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace luminate::model {

/// Tells texts apart by 128 bits, for tables that have no room for the texts.
///
/// Each object draws a secret key from the system. Whatever two texts are, picked by an attacker or not, as long as
/// they were picked without knowledge of the key they agree with probability below 2^-124, and of a million texts any
/// two do with one below 2^-84: less likely by far than that the machine misreads the texts themselves. That is proven,
/// not hoped for: two passes of NH with a shifted key (Black and others, UMAC, 1999) bring a text to two 128-bit
/// numbers, and a multilinear function of each and the length (Lemire and Kaser, 2014) to 64 bits.
class KeyedHash {
 public:
  static constexpr std::size_t kMaxBytes = 8192;

  struct Value {
    std::uint64_t low = 0;
    std::uint64_t high = 0;
    friend bool operator==(const Value&, const Value&) = default;
  };

  KeyedHash();

  /// The hash of `bytes` behind something that was hashed before. @pre bytes.size() <= kMaxBytes.
  Value operator()(const Value& before, std::string_view bytes) const noexcept;

 private:
  static constexpr std::size_t kBlock = 16;
  /// Two words for `before` and for each block, and as many again for the second pass, which begins two words later.
  std::array<std::uint64_t, 2 + kMaxBytes / 8 + 2> block_key_;
  /// For each pass: what is added, then the factors of the two halves of its sum and of the length; 128 bits each.
  std::array<std::array<std::uint64_t, 8>, 2> final_key_;
};

}  // namespace luminate::model
