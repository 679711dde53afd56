#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "codec/instructions.hpp"

// How an encoder packs the residuals of a block in as few bits as it can.
namespace luminate::codec {

struct Packing {
  unsigned width = 0;        ///< Bits of every residual.
  unsigned patch_width = 0;  ///< Further bits of those that need more.
  std::size_t patches = 0;
  std::size_t bits = 0;  ///< What all of it takes.
};

/// Subtracts a base from the residuals, which makes them small, adds it to `base`, and chooses how to pack them. Those
/// below the base wrap around and become patches.
Packing choose_base(std::span<std::uint64_t> residuals, std::uint64_t& base,
                    Instructions instructions = best_instructions()) noexcept;

/// About the bits that choose_base() would arrive at, rather less than more, judged by a few of the residuals.
std::size_t estimate_bits(std::span<const std::uint64_t> residuals) noexcept;

}  // namespace luminate::codec
