#include "codec/decimal.hpp"

#include <algorithm>
#include <array>
#include <bit>

namespace luminate::codec {
namespace {

constexpr std::array<double, kMaxExponent + 1> kPowersOfTen = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                               1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                               1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

// Added to a double of less than 2^51, this leaves no room for a fraction: the sum's low bits are the rounded integer.
constexpr double kRounder = 0x1.8p52;

constexpr std::size_t kSampled = 32;     // values of a block that are looked at to choose its exponent
constexpr unsigned kExceptionBits = 74;  // a position and the double itself

struct Decimal {
  std::int64_t integer;
  bool in_range;
  bool exact;
};

// Branch-free, so that a loop over it becomes vector instructions.
Decimal convert(double value, double power) {
  const double sum = value * power + kRounder;
  const auto integer =
      static_cast<std::int64_t>(std::bit_cast<std::uint64_t>(sum) - std::bit_cast<std::uint64_t>(kRounder));
  const bool in_range = static_cast<std::uint64_t>(integer) + kMaxInteger <= 2 * kMaxInteger;
  const double back = (sum - kRounder) / power;
  const bool same = std::bit_cast<std::uint64_t>(back) == std::bit_cast<std::uint64_t>(value);
  return {integer, in_range, static_cast<bool>(in_range & same)};
}

constexpr unsigned kNone = kMaxExponent + 1;

unsigned smallest_exponent(double value) {
  for (unsigned exponent = 0; exponent <= kMaxExponent; ++exponent) {
    const Decimal decimal = convert(value, kPowersOfTen[exponent]);
    if (decimal.exact) return exponent;
    if (!decimal.in_range) break;
  }
  return kNone;
}

// Bits that the sampled values would take with this exponent.
std::size_t estimate_bits(std::span<const double> values, unsigned exponent) {
  std::int64_t least = kMaxInteger;
  std::int64_t most = -kMaxInteger;
  std::size_t exact = 0;
  for (const double value : values) {
    const Decimal decimal = convert(value, kPowersOfTen[exponent]);
    if (!decimal.exact) continue;
    ++exact;
    least = std::min(least, decimal.integer);
    most = std::max(most, decimal.integer);
  }
  const auto width = exact == 0 ? 0 : std::bit_width(static_cast<std::uint64_t>(most - least));
  return values.size() * static_cast<std::size_t>(width) + (values.size() - exact) * kExceptionBits;
}

}  // namespace

std::optional<unsigned> choose_exponent(std::span<const double> values) noexcept {
  std::array<double, kSampled> sample;
  const std::size_t sampled = std::min(values.size(), kSampled);
  std::array<bool, kNone + 1> seen{};
  for (std::size_t i = 0; i < sampled; ++i) {
    sample[i] = values[i * values.size() / sampled];
    seen[smallest_exponent(sample[i])] = true;
  }
  std::optional<unsigned> best;
  std::size_t least_bits = sampled * 64;
  for (unsigned exponent = 0; exponent <= kMaxExponent; ++exponent) {
    if (!seen[exponent]) continue;
    const std::size_t bits = estimate_bits(std::span(sample).first(sampled), exponent);
    if (bits < least_bits) {
      least_bits = bits;
      best = exponent;
    }
  }
  return best;
}

std::size_t to_decimal(std::span<const double> values, unsigned exponent, std::span<std::uint64_t> out,
                       std::span<std::uint16_t> exceptions) noexcept {
  const double power = kPowersOfTen[exponent];
  std::size_t found = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const Decimal decimal = convert(values[i], power);
    out[i] = static_cast<std::uint64_t>(decimal.integer);
    exceptions[found] = static_cast<std::uint16_t>(i);
    found += decimal.exact ? 0 : 1;
  }
  if (found == 0) return 0;
  std::size_t exact = 0;  // the first that converted; exceptions before it are 0, 1, 2 ...
  while (exact < found && exceptions[exact] == exact) ++exact;
  std::uint64_t filler = exact < out.size() ? out[exact] : 0;
  for (const std::uint16_t position : exceptions.first(found)) {
    if (position > exact) filler = out[position - 1U];
    out[position] = filler;
  }
  return found;
}

void from_decimal(std::span<const std::uint64_t> integers, unsigned exponent, std::span<double> out) noexcept {
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<double>(static_cast<std::int64_t>(integers[i]));
  if (exponent == 0) return;
  const double power = kPowersOfTen[exponent];
  for (double& value : out) value /= power;
}

}  // namespace luminate::codec
