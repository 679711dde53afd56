#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

// Doubles as decimals: integer / 10^exponent, where that gives the double back bit for bit. A power of ten up to 10^22
// is exact as a double, and so is the integer, so the division rounds as reading the decimal from text does: whatever
// was written with at most kMaxExponent decimals and about 15 digits comes back. The idea is that of ALP (Afroozeh
// and Boncz, SIGMOD 2024), which multiplies twice instead; a division costs less than the memory traffic here.
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
                       std::span<std::uint16_t> exceptions) noexcept;

/// @pre exponent <= kMaxExponent. Any integers may come: the result is then some double or other.
void from_decimal(std::span<const std::uint64_t> integers, unsigned exponent, std::span<double> out) noexcept;

}  // namespace luminate::codec
