#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "codec/instructions.hpp"

// Doubles as decimals: integer / 10^exponent, where that gives the double back bit for bit. A power of ten up to 10^22
// is exact as a double, and so is the integer, so the division rounds as reading the decimal from text does: whatever
// was written with at most kMaxExponent decimals and about 15 digits comes back. The idea is that of ALP (Afroozeh
// and Boncz, SIGMOD 2024), which multiplies twice instead.
namespace luminate::codec {

inline constexpr unsigned kMaxExponent = 22;
/// Integers lie within [-kMaxInteger, kMaxInteger]: beyond, rounding by addition is no longer exact.
inline constexpr std::int64_t kMaxInteger = std::int64_t{1} << 51;

/// The exponent that makes a block of values smallest, judged by a few of them; none where the bit patterns as they
/// are promise to be smaller.
std::optional<unsigned> choose_exponent(std::span<const double> values) noexcept;

/// Converts each value; returns how many do not come back, and their positions, ascending, in `exceptions`. In place
/// of these `out` repeats the integer before, or the first that did convert.
/// @pre out.size() == values.size() <= exceptions.size() <= 65,536.
std::size_t to_decimal(std::span<const double> values, unsigned exponent, std::span<std::uint64_t> out,
                       std::span<std::uint16_t> exceptions, Instructions instructions = best_instructions()) noexcept;

/// @pre exponent <= kMaxExponent. Any integers may come: the result is then some double or other.
void from_decimal(std::span<const std::uint64_t> integers, unsigned exponent, std::span<double> out,
                  Instructions instructions = best_instructions()) noexcept;

/// from_decimal() of the sums of `first` and the first, the first two, the first three steps ...
void from_decimal_steps(std::span<const std::uint64_t> steps, std::uint64_t first, unsigned exponent,
                        std::span<double> out, Instructions instructions = best_instructions()) noexcept;

/// unpack_bits(), and from_decimal() in one go. @pre as of both.
void unpack_decimals(std::span<const std::byte> packed, unsigned width, std::uint64_t base, unsigned exponent,
                     std::span<double> out, Instructions instructions = best_instructions()) noexcept;

}  // namespace luminate::codec
