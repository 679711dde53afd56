#pragma once

#include <cstddef>
#include <span>
#include <string>

// Doubles, in blocks of kBlockSize: as decimals where that is smaller, else as the integers that their bit patterns
// are, without the zeros that all of them end in. Either way every double comes back bit for bit.
namespace luminate::codec {

void encode_values(std::span<const double> values, std::string& out);

/// @pre out.size() is what was encoded. @throws DecodeError.
void decode_values(std::span<const std::byte> column, std::span<double> out);

}  // namespace luminate::codec
