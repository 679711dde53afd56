#include "codec/integer_column.hpp"

#include <algorithm>

#include "codec/bit_packing.hpp"
#include "codec/packing.hpp"

namespace luminate::codec {
namespace {

using Block = std::array<std::uint64_t, kBlockSize>;

// Frozen: these numbers are in files.
enum Mode : unsigned { plain = 0, delta = 1, integral = 2 };
constexpr unsigned kModeMask = 3;
constexpr unsigned kPatched = 4;

// One way to write a block: numbers minus their predictions.
struct Candidate {
  Mode mode = plain;
  std::uint64_t base = 0;
  std::uint64_t first = 0;
  Packing packing;
  Block residuals;
};

// Chooses base and packing, unless the residuals promise to take `bits` or more. @returns whether it did.
bool choose_base_below(std::size_t bits, std::size_t count, Candidate& candidate) {
  const auto residuals = std::span(candidate.residuals).first(count);
  if (estimate_bits(residuals) >= bits) return false;
  candidate.base = 0;
  candidate.packing = choose_base(residuals, candidate.base);
  return candidate.packing.bits < bits;
}

void predict_by_base(std::span<const std::uint64_t> values, Candidate& candidate) {
  candidate.mode = plain;
  candidate.base = 0;
  std::copy(values.begin(), values.end(), candidate.residuals.begin());
  candidate.packing = choose_base(std::span(candidate.residuals).first(values.size()), candidate.base);
}

// The number before the first is made up, so that the first step equals the second. @pre values.size() >= 2.
bool predict_by_delta(std::span<const std::uint64_t> values, std::size_t bits, Candidate& candidate) {
  candidate.mode = delta;
  for (std::size_t i = 1; i < values.size(); ++i) candidate.residuals[i] = values[i] - values[i - 1];
  candidate.residuals[0] = candidate.residuals[1];
  candidate.first = values[0] - candidate.residuals[0];
  return choose_base_below(bits, values.size(), candidate);
}

// values[i] = base + residuals[i] - residuals[i - 1]: the residuals are how far the sum is from growing evenly. Where
// the numbers are intervals between ticks with jitter, they are the jitter of one tick, not of two.
bool predict_by_integral(std::span<const std::uint64_t> values, std::size_t bits, Candidate& candidate) {
  candidate.mode = integral;
  std::uint64_t sum = 0;
  for (const std::uint64_t value : values) sum += value;
  const auto mean = static_cast<std::int64_t>(sum) / static_cast<std::int64_t>(values.size());
  std::uint64_t ahead = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    ahead += values[i] - static_cast<std::uint64_t>(mean);
    candidate.residuals[i] = ahead;
  }
  if (!choose_base_below(bits, values.size(), candidate)) return false;
  candidate.first = 0 - candidate.base;  // the base of residuals whose differences matter is where they begin
  candidate.base = static_cast<std::uint64_t>(mean);
  return true;
}

void write(const Candidate& candidate, std::size_t count, std::string& out) {
  const Packing& packing = candidate.packing;
  append_u8(out, candidate.mode | (packing.patches > 0 ? kPatched : 0));
  append_u8(out, packing.width);
  append_signed_varint(out, static_cast<std::int64_t>(candidate.base));
  if (candidate.mode != plain) append_signed_varint(out, static_cast<std::int64_t>(candidate.first));
  if (packing.patches > 0) {
    append_varint(out, packing.patches);
    append_u8(out, packing.patch_width);
  }
  const auto residuals = std::span(candidate.residuals).first(count);
  pack_bits(residuals, packing.width, out);
  if (packing.patches == 0) return;

  Block patches;
  std::array<std::uint16_t, kBlockSize> positions;
  std::size_t found = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (const std::uint64_t high = residuals[i] >> packing.width; high != 0) {
      positions[found] = static_cast<std::uint16_t>(i);
      patches[found++] = high;
    }
  }
  append_positions(std::span(positions).first(found), out);
  pack_bits(std::span(patches).first(found), packing.patch_width, out);
}

// What unpack_bits() gives, and the patches on top.
void unpack_patched(ByteReader& in, const BlockHead& head, std::uint64_t base, std::span<std::uint64_t> out) {
  unpack_bits(in.take_and_peek(packed_size(out.size(), head.width)), head.width, base, out);
  if (head.patches == 0) return;
  Patches patches;
  read_patches(in, head, out.size(), patches);
  // Residuals have no bits where patches have theirs: to add is to put in.
  for (std::size_t i = 0; i < head.patches; ++i) out[patches.positions[i]] += patches.bits[i];
}

}  // namespace

void append_positions(std::span<const std::uint16_t> positions, std::string& out) {
  Block wide;
  std::copy(positions.begin(), positions.end(), wide.begin());
  pack_bits(std::span(wide).first(positions.size()), kPositionBits, out);
}

void read_positions(ByteReader& in, std::size_t block_size, std::span<std::uint16_t> positions) {
  Block wide;
  unpack_bits(in.take_and_peek(packed_size(positions.size(), kPositionBits)), kPositionBits, 0,
              std::span(wide).first(positions.size()));
  for (std::size_t i = 0; i < positions.size(); ++i) {
    if (wide[i] >= block_size) in.fail("a position lies outside of its block");
    positions[i] = static_cast<std::uint16_t>(wide[i]);
  }
}

void decode_steps(ByteReader& in, const BlockHead& head, std::span<std::uint64_t> out) {
  unpack_patched(in, head, head.base, out);
}

void read_patches(ByteReader& in, const BlockHead& head, std::size_t block_size, Patches& patches) {
  read_positions(in, block_size, std::span(patches.positions).first(head.patches));
  const auto bits = std::span(patches.bits).first(head.patches);
  unpack_bits(in.take_and_peek(packed_size(head.patches, head.patch_width)), head.patch_width, 0, bits);
  for (std::uint64_t& patch : bits) patch <<= head.width;
}

void encode_integers(std::span<const std::uint64_t> values, Predictors predictors, std::string& out) {
  Candidate candidates[2];
  Candidate* best = &candidates[0];
  Candidate* other = &candidates[1];
  predict_by_base(values, *best);
  const auto try_predictor = [&](auto predict) {
    if (best->packing.bits == 0) return;
    if (predict(values, best->packing.bits, *other)) std::swap(best, other);
  };
  try_predictor(predict_by_delta);
  if (predictors == Predictors::delta_and_integral) try_predictor(predict_by_integral);
  write(*best, values.size(), out);
}

BlockHead read_block_head(ByteReader& in, std::size_t count) {
  const unsigned modes = in.u8();
  BlockHead head{.mode = modes & kModeMask, .width = in.u8()};
  if (modes > (kPatched | kModeMask) || head.mode > integral || head.width > 64) {
    in.fail("a block has an unknown encoding");
  }
  head.base = static_cast<std::uint64_t>(in.signed_varint());
  if (head.mode != plain) head.first = static_cast<std::uint64_t>(in.signed_varint());
  if ((modes & kPatched) != 0) {
    head.patches = in.varint();
    head.patch_width = in.u8();
    if (head.patches > count || head.patch_width == 0 || head.patch_width + head.width > 64) {
      in.fail("a block has impossible patches");
    }
  }
  return head;
}

void skip_integers(ByteReader& in, std::size_t count) {
  const BlockHead head = read_block_head(in, count);
  in.take(packed_size(count, head.width) + packed_size(head.patches, kPositionBits) +
          packed_size(head.patches, head.patch_width));
}

void decode_integers(ByteReader& in, std::span<std::uint64_t> out) {
  decode_integers(in, read_block_head(in, out.size()), out);
}

void decode_integers(ByteReader& in, const BlockHead& head, std::span<std::uint64_t> out) {
  if (head.mode == integral) {
    std::array<std::uint64_t, kBlockSize + 1> ahead;
    ahead[0] = head.first;
    unpack_patched(in, head, 0, std::span(ahead).subspan(1, out.size()));
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = head.base + ahead[i + 1] - ahead[i];
    return;
  }
  unpack_patched(in, head, head.base, out);
  if (head.mode == plain) return;
  std::uint64_t before = head.first;
  for (std::uint64_t& value : out) value = before += value;
}

void IntegerColumnWriter::finish() {
  if (filled_ > 0) encode_integers(std::span(block_).first(filled_), predictors_, out_);
  filled_ = 0;
}

IntegerBlock IntegerBlockReader::next() {
  const std::size_t size = std::min(undecoded_, kBlockSize);
  undecoded_ -= size;
  const BlockHead head = read_block_head(in_, size);
  IntegerBlock block{.size = size, .base = head.base, .at = block_.data() + 1};
  if (head.mode == plain && head.width == 0 && head.patches == 0) {
    block.form = IntegerBlock::Form::equal;
    block.least = block.most = head.base;
    return block;
  }
  const auto out = std::span(block_).subspan(1, size);
  // Residuals are 0 to `spread`, so numbers lie between base and base + spread, or on both sides of the base.
  const std::uint64_t spread = head.width < 64 ? (std::uint64_t{1} << head.width) - 1 : ~std::uint64_t{0};
  const bool no_wrap = head.patches == 0 && head.base + spread >= head.base;
  if (head.mode == integral) {
    block.form = IntegerBlock::Form::even;
    block_[0] = head.first;
    unpack_patched(in_, head, 0, out);
    if (no_wrap && head.base >= spread && head.first <= spread) {
      block.least = head.base - spread;
      block.most = head.base + spread;
    }
    return block;
  }
  decode_integers(in_, head, out);
  if (head.mode == plain && no_wrap) {
    block.least = head.base;
    block.most = head.base + spread;
  }
  return block;
}

void IntegerColumnReader::decode_block() {
  const auto block = std::span(block_).first(std::min(undecoded_, kBlockSize));
  decode_integers(in_, block);
  undecoded_ -= block.size();
  ready_ = block;
}

}  // namespace luminate::codec
