#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "codec/instructions.hpp"

// Numbers of 0 to 64 bits side by side, lowest bit first, without gaps: value i takes the bits [i * width,
// (i + 1) * width). Eight values end on a whole byte, which is what the unpacking loops live on.
namespace luminate::codec {

constexpr std::size_t packed_size(std::size_t count, unsigned width) noexcept {
  return (count * width + 7) / 8;
}

/// Appends the lowest `width` bits of each value.
void pack_bits(std::span<const std::uint64_t> values, unsigned width, std::string& out);

/// Each number is `base` plus what was packed. @pre width <= 64; `packed` has packed_size(out.size(), width) bytes or
/// more: those behind may be read, but do not matter, and the more there are, the less has to be done one by one.
void unpack_bits(std::span<const std::byte> packed, unsigned width, std::uint64_t base, std::span<std::uint64_t> out,
                 Instructions instructions = best_instructions()) noexcept;

/// The packed number at `index`. @pre as of unpack_bits(), and index < out.size().
std::uint64_t unpack_at(std::span<const std::byte> packed, unsigned width, std::size_t index) noexcept;

}  // namespace luminate::codec
