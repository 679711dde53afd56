#include "codec/decimal.hpp"

#include <algorithm>
#include <array>
#include <bit>

#include "codec/bit_packing.hpp"

#ifdef __x86_64__
#include "codec/unpack_avx2.hpp"
#endif

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

// The double of an integer n, -2^51 <= n <= 2^51, without a conversion, which would be done one by one.
double to_double(std::uint64_t n) {
  return std::bit_cast<double>(n + std::bit_cast<std::uint64_t>(kRounder)) - kRounder;
}

bool all_in_range(std::span<const std::uint64_t> integers) {
  std::uint64_t high = 0;
  for (const std::uint64_t integer : integers) high |= integer + kMaxInteger;
  return high < 2 * kMaxInteger;
}

#ifdef __x86_64__
// 1 / 10^e as the sum of two doubles, for all e that 10^e < 2^50 holds for.
//
// n / 10^e is then high * n + (low * n), rounded once by a fused multiply-add, instead of a division that takes several
// times as long. Why the same double comes out: before that rounding the sum is off by a part of less than 2^-105:
// 2^-106 for the two doubles, 2^-106 for the rounding of low * n. For this to matter, the quotient would have to lie
// that near to the middle between two doubles, M * 2^k with M of 54 bits. It cannot be the middle: n has fewer bits
// than M. Else |n - M * 2^k * 10^e| is a whole multiple of 2^k (k < 0), which makes the distance a part of at least 2^k
// / n of the quotient; as n < 2^(k + 54) * 10^e, that is more than 2^-54 / 10^e > 2^-104.
struct Reciprocal {
  double high;
  double low;
};
constexpr std::array<Reciprocal, 16> kReciprocals = {{
    {0x1p0, 0},
    {0x1.999999999999ap-4, -0x1.999999999999ap-58},
    {0x1.47ae147ae147bp-7, -0x1.eb851eb851eb8p-63},
    {0x1.0624dd2f1a9fcp-10, -0x1.89374bc6a7efap-66},
    {0x1.a36e2eb1c432dp-14, -0x1.6a161e4f765fep-68},
    {0x1.4f8b588e368f1p-17, -0x1.ee78183f91e64p-71},
    {0x1.0c6f7a0b5ed8dp-20, 0x1.b5a63f9a49c2cp-75},
    {0x1.ad7f29abcaf48p-24, 0x1.5e1e99483b023p-78},
    {0x1.5798ee2308c3ap-27, -0x1.03023df2d4c94p-82},
    {0x1.12e0be826d695p-30, -0x1.34674bfabb83bp-84},
    {0x1.b7cdfd9d7bdbbp-34, -0x1.20a5465df8d2cp-88},
    {0x1.5fd7fe1796495p-37, 0x1.7f7bc7b4d28aap-91},
    {0x1.19799812dea11p-40, 0x1.97f27f0f6e886p-96},
    {0x1.c25c268497682p-44, -0x1.ecd79a5a0df95p-99},
    {0x1.6849b86a12b9bp-47, 0x1.ea70909833de7p-107},
    {0x1.203af9ee75616p-50, -0x1.937831647f5a0p-104},
}};

// The last steps of unpacking, by kind of exponent. `offset` is the base, with kRounder's bits added.
struct Whole {
  __m256i offset;
  LUMINATE_AVX2_INLINE __m256d to_doubles(__m256i numbers) const {
    return _mm256_sub_pd(_mm256_castsi256_pd(_mm256_add_epi64(numbers, offset)), _mm256_set1_pd(kRounder));
  }
  LUMINATE_AVX2_INLINE __m256i operator()(__m256i numbers) const { return _mm256_castpd_si256(to_doubles(numbers)); }
};

struct Multiplied : Whole {
  __m256d high;
  __m256d low;
  LUMINATE_AVX2_INLINE __m256i operator()(__m256i numbers) const {
    const __m256d whole = to_doubles(numbers);
    return _mm256_castpd_si256(_mm256_fmadd_pd(whole, high, _mm256_mul_pd(whole, low)));
  }
};

struct Divided : Whole {
  __m256d power;
  LUMINATE_AVX2_INLINE __m256i operator()(__m256i numbers) const {
    return _mm256_castpd_si256(_mm256_div_pd(to_doubles(numbers), power));
  }
};

// Calls work(last step).
template <typename Work>
LUMINATE_AVX2_INLINE void with_last_step(std::uint64_t base, unsigned exponent, const Work& work) {
  const std::uint64_t offset = base + std::bit_cast<std::uint64_t>(kRounder);
  const Whole whole{_mm256_set1_epi64x(static_cast<long long>(offset))};
  if (exponent == 0) {
    work(whole);
  } else if (exponent < kReciprocals.size()) {
    const auto [high, low] = kReciprocals[exponent];
    work(Multiplied{whole, _mm256_set1_pd(high), _mm256_set1_pd(low)});
  } else {
    work(Divided{whole, _mm256_set1_pd(kPowersOfTen[exponent])});
  }
}

// The sums of the four numbers up to each.
LUMINATE_AVX2_INLINE __m256i running_sums(__m256i steps) {
  const __m256i pairs = _mm256_add_epi64(steps, _mm256_slli_si256(steps, 8));
  const __m256i low_pair = _mm256_permute4x64_epi64(pairs, 0b01'01'01'01);
  return _mm256_add_epi64(pairs, _mm256_blend_epi32(_mm256_setzero_si256(), low_pair, 0b1111'0000));
}

struct SumWork {
  std::span<const std::uint64_t> steps;
  std::uint64_t first;
  std::span<double> out;
  std::uint64_t& high;  ///< Receives what all_in_range() looks at.
  template <typename LastStep>
  LUMINATE_AVX2_INLINE void operator()(const LastStep& last_step) const {
    __m256i before = _mm256_set1_epi64x(static_cast<long long>(first));
    __m256i seen = _mm256_setzero_si256();
    for (std::size_t i = 0; i < out.size(); i += 4) {
      const std::size_t size = std::min<std::size_t>(out.size() - i, 4);
      std::array<std::uint64_t, 4> rest{};
      if (size < 4) std::copy_n(steps.begin() + static_cast<std::ptrdiff_t>(i), size, rest.begin());
      const __m256i sums = running_sums(load_vector(size < 4 ? rest.data() : steps.data() + i));
      const __m256i integers = _mm256_add_epi64(sums, before);
      before = _mm256_add_epi64(before, _mm256_permute4x64_epi64(sums, 0b11'11'11'11));
      seen = _mm256_or_si256(seen, _mm256_add_epi64(integers, _mm256_set1_epi64x(kMaxInteger)));
      std::array<double, 4> doubles;
      _mm256_storeu_pd(size < 4 ? doubles.data() : out.data() + i, _mm256_castsi256_pd(last_step(integers)));
      if (size < 4) std::copy_n(doubles.begin(), size, out.begin() + static_cast<std::ptrdiff_t>(i));
    }
    std::array<std::uint64_t, 4> lanes;
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(lanes.data()), seen);
    high = lanes[0] | lanes[1] | lanes[2] | lanes[3];
  }
};

LUMINATE_AVX2 bool from_decimal_steps_avx2(std::span<const std::uint64_t> steps, std::uint64_t first, unsigned exponent,
                                           std::span<double> out) {
  std::uint64_t high = 0;
  with_last_step(0, exponent, SumWork{steps, first, out, high});
  return high < 2 * kMaxInteger;
}

struct UnpackWork {
  std::span<const std::byte> packed;
  unsigned width;
  std::span<double> out;
  template <typename LastStep>
  LUMINATE_AVX2_INLINE void operator()(const LastStep& last_step) const {
    unpack_avx2(packed, width, out.size(), out.data(), last_step);
  }
};

LUMINATE_AVX2 void unpack_decimals_avx2(std::span<const std::byte> packed, unsigned width, std::uint64_t base,
                                        unsigned exponent, std::span<double> out) {
  with_last_step(base, exponent, UnpackWork{packed, width, out});
}

// convert(), four at a time; what is left of values is not touched.
LUMINATE_AVX2 std::size_t to_decimal_avx2(std::span<const double> values, unsigned exponent,
                                          std::span<std::uint64_t> out, std::span<std::uint16_t> exceptions) {
  const __m256d power = _mm256_set1_pd(kPowersOfTen[exponent]);
  const __m256d rounder = _mm256_set1_pd(kRounder);
  const __m256d high = _mm256_set1_pd(kReciprocals[exponent].high);
  const __m256d low = _mm256_set1_pd(kReciprocals[exponent].low);
  const __m256i most = _mm256_set1_epi64x(kMaxInteger);
  const __m256i least = _mm256_set1_epi64x(-kMaxInteger);
  std::size_t found = 0;
  for (std::size_t i = 0; i + 4 <= values.size(); i += 4) {
    const __m256d value = _mm256_loadu_pd(values.data() + i);
    const __m256d sum = _mm256_add_pd(_mm256_mul_pd(value, power), rounder);
    const __m256i integer = _mm256_sub_epi64(_mm256_castpd_si256(sum), _mm256_castpd_si256(rounder));
    const __m256d whole = _mm256_sub_pd(sum, rounder);
    const __m256d back = _mm256_fmadd_pd(whole, high, _mm256_mul_pd(whole, low));
    const __m256i same = _mm256_cmpeq_epi64(_mm256_castpd_si256(back), _mm256_castpd_si256(value));
    const __m256i outside = _mm256_or_si256(_mm256_cmpgt_epi64(integer, most), _mm256_cmpgt_epi64(least, integer));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out.data() + i), integer);
    const int exact = _mm256_movemask_pd(_mm256_castsi256_pd(_mm256_andnot_si256(outside, same)));
    if (exact == 0b1111) continue;
    for (unsigned lane = 0; lane < 4; ++lane) {
      if ((exact >> lane & 1) == 0) exceptions[found++] = static_cast<std::uint16_t>(i + lane);
    }
  }
  return found;
}

struct ConvertWork {
  std::span<const std::uint64_t> integers;
  std::span<double> out;
  template <typename LastStep>
  LUMINATE_AVX2_INLINE void operator()(const LastStep& last_step) const {
    std::size_t i = 0;
    for (; i + 4 <= out.size(); i += 4) {
      _mm256_storeu_pd(out.data() + i, _mm256_castsi256_pd(last_step(load_vector(integers.data() + i))));
    }
    if (i == out.size()) return;
    std::array<std::uint64_t, 4> rest{};
    std::copy(integers.begin() + static_cast<std::ptrdiff_t>(i), integers.end(), rest.begin());
    std::array<double, 4> converted;
    _mm256_storeu_pd(converted.data(), _mm256_castsi256_pd(last_step(load_vector(rest.data()))));
    std::copy_n(converted.begin(), out.size() - i, out.begin() + static_cast<std::ptrdiff_t>(i));
  }
};

LUMINATE_AVX2 void from_decimal_avx2(std::span<const std::uint64_t> integers, unsigned exponent,
                                     std::span<double> out) {
  with_last_step(0, exponent, ConvertWork{integers, out});
}
#endif

// Returns how many do not come back, and which.
std::size_t convert_all(std::span<const double> values, unsigned exponent, std::span<std::uint64_t> out,
                        std::span<std::uint16_t> exceptions, [[maybe_unused]] Instructions instructions) {
  std::size_t i = 0;
  std::size_t found = 0;
#ifdef __x86_64__
  if (instructions == Instructions::avx2 && exponent < kReciprocals.size()) {
    found = to_decimal_avx2(values, exponent, out, exceptions);
    i = values.size() / 4 * 4;
  }
#endif
  const double power = kPowersOfTen[exponent];
  for (; i < values.size(); ++i) {
    const Decimal decimal = convert(values[i], power);
    out[i] = static_cast<std::uint64_t>(decimal.integer);
    exceptions[found] = static_cast<std::uint16_t>(i);
    found += decimal.exact ? 0 : 1;
  }
  return found;
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
                       std::span<std::uint16_t> exceptions, Instructions instructions) noexcept {
  const std::size_t found = convert_all(values, exponent, out, exceptions, instructions);
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

void from_decimal(std::span<const std::uint64_t> integers, unsigned exponent, std::span<double> out,
                  [[maybe_unused]] Instructions instructions) noexcept {
  if (!all_in_range(integers)) {
    for (std::size_t i = 0; i < out.size(); ++i) {
      out[i] = static_cast<double>(static_cast<std::int64_t>(integers[i])) / kPowersOfTen[exponent];
    }
    return;
  }
#ifdef __x86_64__
  if (instructions == Instructions::avx2) return from_decimal_avx2(integers, exponent, out);
#endif
  const double power = kPowersOfTen[exponent];
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = to_double(integers[i]) / power;
}

void from_decimal_steps(std::span<const std::uint64_t> steps, std::uint64_t first, unsigned exponent,
                        std::span<double> out, Instructions instructions) noexcept {
#ifdef __x86_64__
  if (instructions == Instructions::avx2 && from_decimal_steps_avx2(steps, first, exponent, out)) return;
#endif
  std::array<std::uint64_t, 256> integers;
  std::uint64_t sum = first;
  while (!out.empty()) {
    const auto used = std::span(integers).first(std::min(out.size(), integers.size()));
    for (std::size_t i = 0; i < used.size(); ++i) used[i] = sum += steps[i];
    from_decimal(used, exponent, out.first(used.size()), instructions);
    out = out.subspan(used.size());
    steps = steps.subspan(used.size());
  }
}

void unpack_decimals(std::span<const std::byte> packed, unsigned width, std::uint64_t base, unsigned exponent,
                     std::span<double> out, Instructions instructions) noexcept {
  if (width == 0) {
    if (!out.empty()) from_decimal(std::span(&base, 1), exponent, out.first(1), instructions);
    std::fill(out.begin(), out.end(), out.empty() ? 0 : out[0]);
    return;
  }
#ifdef __x86_64__
  const std::uint64_t least = base + kMaxInteger;
  if (instructions == Instructions::avx2 && width <= 51 && least < 2 * kMaxInteger &&
      least + (std::uint64_t{1} << width) <= 2 * kMaxInteger) {
    return unpack_decimals_avx2(packed, width, base, exponent, out);
  }
#endif
  std::array<std::uint64_t, 256> integers;
  while (!out.empty()) {
    const std::size_t size = std::min(out.size(), integers.size());
    const auto used = std::span(integers).first(size);
    unpack_bits(packed, width, base, used, instructions);
    from_decimal(used, exponent, out.first(size), instructions);
    out = out.subspan(size);
    if (!out.empty()) packed = packed.subspan(packed_size(size, width));  // 256 numbers end on a whole byte
  }
}

}  // namespace luminate::codec
