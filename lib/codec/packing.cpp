#include "codec/packing.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>

#include "codec/integer_column.hpp"

namespace luminate::codec {
namespace {

constexpr std::size_t kPatchHeaderBits = 24;  // how many patches, and their width
constexpr std::size_t kSampled = 64;          // residuals that an estimate looks at

// The loops below become vector instructions of whatever the function is compiled for that they are inlined into.
#define LUMINATE_INLINE __attribute__((always_inline)) inline

// How many residuals need how many bits, were `floor` subtracted from each. Residuals that follow each other count in
// different tables: to count in one that was just written would wait for that.
struct Widths {
  std::array<std::array<std::uint16_t, 65>, 4> tables{};

  LUMINATE_INLINE Widths(std::span<const std::uint64_t> residuals, std::uint64_t floor) {
    const auto count = [&](std::size_t table, std::uint64_t residual) {
      // std::bit_width(), written so that it becomes one instruction and an offset.
      const int highest = std::countl_zero((residual - floor) | 1) ^ 63;
      ++tables[table][static_cast<std::size_t>(highest) + 1];
    };
    std::size_t i = 0;
    for (; i + 4 <= residuals.size(); i += 4) {
      for (std::size_t k = 0; k < 4; ++k) count(k, residuals[i + k]);
    }
    for (; i < residuals.size(); ++i) count(0, residuals[i]);
    std::uint64_t zeros = 0;  // were counted as 1
    for (const std::uint64_t residual : residuals) zeros += residual == floor ? 1 : 0;
    for (std::size_t k = 1; k < 4; ++k) tables[0][1] = static_cast<std::uint16_t>(tables[0][1] + tables[k][1]);
    for (std::size_t k = 1; k < 4; ++k) tables[k][1] = 0;
    tables[0][1] = static_cast<std::uint16_t>(tables[0][1] - zeros);
  }

  std::size_t operator[](std::size_t width) const {
    return std::size_t{tables[0][width]} + tables[1][width] + tables[2][width] + tables[3][width];
  }
};

// Weighs, for every width, the bits saved against the patches they cost, were `floor` subtracted from all residuals.
LUMINATE_INLINE Packing choose_packing(std::span<const std::uint64_t> residuals, std::uint64_t floor) {
  std::uint64_t all = 0;
  for (const std::uint64_t residual : residuals) all |= residual - floor;
  const auto widest = static_cast<unsigned>(std::bit_width(all));
  Packing best{.width = widest, .bits = residuals.size() * widest};
  if (widest == 0) return best;

  const Widths with_width(residuals, floor);
  std::size_t patches = 0;
  for (unsigned width = widest; width-- > 0;) {
    patches += with_width[width + 1];
    const std::size_t bits = residuals.size() * width + patches * (kPositionBits + widest - width) + kPatchHeaderBits;
    if (bits < best.bits) best = {width, widest - width, patches, bits};
  }
  return best;
}

// Where the bulk of the residuals begins, judged by a few of them. A counter that was reset, or the step from one
// series to the next, is far below the rest; it should not set the base for them.
LUMINATE_INLINE std::uint64_t floor_of_bulk(std::span<const std::uint64_t> residuals) {
  std::array<std::uint64_t, 32> sample;
  const std::size_t sampled = std::min(residuals.size(), sample.size());
  for (std::size_t i = 0; i < sampled; ++i) sample[i] = residuals[i * residuals.size() / sampled];
  std::sort(sample.begin(), sample.begin() + static_cast<std::ptrdiff_t>(sampled));
  const std::uint64_t low = sample[sampled / 8];
  const std::uint64_t spread = sample[sampled - 1 - sampled / 8] - low;
  if (low <= spread) return 0;
  const std::uint64_t least = low - spread;
  std::uint64_t floor = low;
  for (const std::uint64_t residual : residuals) {
    const std::uint64_t candidate = residual >= least ? residual : low;
    floor = candidate < floor ? candidate : floor;
  }
  return floor;
}

// Many minima side by side: one would wait for itself from number to number.
LUMINATE_INLINE std::uint64_t smallest_of(std::span<const std::uint64_t> numbers) {
  std::array<std::int64_t, 16> lanes;
  lanes.fill(std::numeric_limits<std::int64_t>::max());
  const auto lower = [](std::int64_t a, std::uint64_t b) { return std::min(a, static_cast<std::int64_t>(b)); };
  std::size_t i = 0;
  for (; i + lanes.size() <= numbers.size(); i += lanes.size()) {
    for (std::size_t k = 0; k < lanes.size(); ++k) lanes[k] = lower(lanes[k], numbers[i + k]);
  }
  for (; i < numbers.size(); ++i) lanes[0] = lower(lanes[0], numbers[i]);
  return static_cast<std::uint64_t>(*std::min_element(lanes.begin(), lanes.end()));
}

LUMINATE_INLINE Packing choose(std::span<std::uint64_t> residuals, std::uint64_t& base) {
  const std::uint64_t least = smallest_of(residuals);
  for (std::uint64_t& residual : residuals) residual -= least;
  base += least;
  const Packing packing = choose_packing(residuals, 0);
  if (packing.bits == 0) return packing;

  const std::uint64_t floor = floor_of_bulk(residuals);
  if (floor == 0) return packing;
  const Packing above_floor = choose_packing(residuals, floor);
  if (above_floor.bits >= packing.bits) return packing;
  base += floor;
  for (std::uint64_t& residual : residuals) residual -= floor;
  return above_floor;
}

#ifdef __x86_64__
__attribute__((target("avx2,fma"))) Packing choose_avx2(std::span<std::uint64_t> residuals, std::uint64_t& base) {
  return choose(residuals, base);
}
#endif

}  // namespace

Packing choose_base(std::span<std::uint64_t> residuals, std::uint64_t& base,
                    [[maybe_unused]] Instructions instructions) noexcept {
#ifdef __x86_64__
  if (instructions == Instructions::avx2) return choose_avx2(residuals, base);
#endif
  return choose(residuals, base);
}

std::size_t estimate_bits(std::span<const std::uint64_t> residuals) noexcept {
  std::array<std::uint64_t, kSampled> sample;
  if (residuals.size() <= sample.size()) return 0;
  for (std::size_t i = 0; i < kSampled; ++i) sample[i] = residuals[i * residuals.size() / kSampled];
  std::uint64_t base = 0;
  const Packing packing = choose_base(sample, base);
  return (packing.bits - (packing.patches > 0 ? kPatchHeaderBits : 0)) * residuals.size() / kSampled;
}

}  // namespace luminate::codec
