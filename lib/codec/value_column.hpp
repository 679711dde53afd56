#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "codec/bytes.hpp"

// Doubles, in blocks of kBlockSize: as decimals where that is smaller, else as the integers that their bit patterns
// are, without the zeros that all of them end in. Either way every double comes back bit for bit.
namespace luminate::codec {

void encode_values(std::span<const double> values, std::string& out);

/// @pre out.size() is what was encoded. @throws DecodeError.
void decode_values(ByteReader& in, std::span<double> out);

/// Any part of a column of `count` values, without decoding the blocks before and behind it. The bytes must outlive it.
class ValueRows {
 public:
  /// Walks over the column to learn where its blocks begin. @throws DecodeError.
  ValueRows(std::span<const std::byte> column, std::size_t count);

  /// The values from row `begin` on. @pre begin + out.size() <= count. @throws DecodeError.
  void read(std::size_t begin, std::span<double> out) const;

 private:
  std::span<const std::byte> column_;
  std::size_t count_;
  std::vector<std::uint32_t> blocks_;  ///< Where in the column each begins.
};

}  // namespace luminate::codec
