#include "codec/value_column.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <optional>

#include "codec/bit_packing.hpp"
#include "codec/bytes.hpp"
#include "codec/decimal.hpp"
#include "codec/integer_column.hpp"

namespace luminate::codec {
namespace {

// The first byte of a block is its decimal exponent, or this plus the number of zeros cut from the bit patterns.
// Frozen.
constexpr unsigned kBitPatterns = 0x80;

constexpr const char* kColumn = "values";

using Integers = std::array<std::uint64_t, kBlockSize>;

void encode_as_decimals(std::span<const double> values, unsigned exponent, std::string& out) {
  Integers integers;
  std::array<std::uint16_t, kBlockSize> positions;
  const auto used = std::span(integers).first(values.size());
  const auto exceptions = std::span(positions).first(to_decimal(values, exponent, used, positions));
  append_u8(out, exponent);
  append_varint(out, exceptions.size());
  encode_integers(used, Predictors::delta, out);
  append_positions(exceptions, out);
  for (const std::uint16_t position : exceptions) append_u64(out, std::bit_cast<std::uint64_t>(values[position]));
}

void encode_as_bit_patterns(std::span<const double> values, std::string& out) {
  Integers integers;
  std::uint64_t all = 0;
  for (std::size_t i = 0; i < values.size(); ++i) all |= integers[i] = std::bit_cast<std::uint64_t>(values[i]);
  const auto zeros = all == 0 ? 0U : static_cast<unsigned>(std::countr_zero(all));
  for (std::size_t i = 0; i < values.size(); ++i) integers[i] >>= zeros;
  append_u8(out, kBitPatterns + zeros);
  encode_integers(std::span(integers).first(values.size()), Predictors::delta, out);
}

void encode_block(std::span<const double> values, std::string& out) {
  const std::size_t start = out.size();
  if (const auto exponent = choose_exponent(values)) {
    encode_as_decimals(values, *exponent, out);
    // Half of the raw size is little gain: the few values looked at may not have been typical.
    if (out.size() - start < values.size() * sizeof(double) / 2) return;
  }
  std::string patterns;
  encode_as_bit_patterns(values, patterns);
  if (out.size() > start && out.size() - start <= patterns.size()) return;
  out.resize(start);
  out += patterns;
}

// All at once, as if there were no patches, which are then put right. They are few.
void decode_plain_decimals(ByteReader& in, const BlockHead& block, unsigned exponent, std::span<double> out) {
  const auto packed = in.take_and_peek(packed_size(out.size(), block.width));
  unpack_decimals(packed, block.width, block.base, exponent, out);
  if (block.patches == 0) return;
  Patches patches;
  read_patches(in, block, out.size(), patches);
  const auto integers = std::span(patches.bits).first(block.patches);
  for (std::size_t i = 0; i < integers.size(); ++i) {
    integers[i] += block.base + unpack_at(packed, block.width, patches.positions[i]);
  }
  std::array<double, kBlockSize> patched;
  from_decimal(integers, exponent, std::span(patched).first(integers.size()));
  for (std::size_t i = 0; i < integers.size(); ++i) out[patches.positions[i]] = patched[i];
}

void decode_decimals(ByteReader& in, unsigned exponent, std::span<double> out) {
  const std::uint64_t exceptions = in.varint();
  if (exponent > kMaxExponent || exceptions > out.size()) in.fail("a block has an unknown encoding");
  const BlockHead block = read_block_head(in, out.size());
  if (block.plain()) {
    decode_plain_decimals(in, block, exponent, out);
  } else if (Integers integers; block.delta()) {
    const auto steps = std::span(integers).first(out.size());
    decode_steps(in, block, steps);
    from_decimal_steps(steps, block.first, exponent, out);
  } else {
    const auto used = std::span(integers).first(out.size());
    decode_integers(in, block, used);
    from_decimal(used, exponent, out);
  }
  if (exceptions == 0) return;

  std::array<std::uint16_t, kBlockSize> positions;
  read_positions(in, out.size(), std::span(positions).first(exceptions));
  const auto bytes = in.take(exceptions * sizeof(std::uint64_t));
  for (std::size_t i = 0; i < exceptions; ++i) {
    out[positions[i]] = std::bit_cast<double>(load_u64(bytes.data() + i * sizeof(std::uint64_t)));
  }
}

void decode_bit_patterns(ByteReader& in, unsigned zeros, std::span<double> out) {
  if (zeros > 63) in.fail("a block has an unknown encoding");
  Integers integers;
  decode_integers(in, std::span(integers).first(out.size()));
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = std::bit_cast<double>(integers[i] << zeros);
}

void decode_block(ByteReader& in, std::span<double> out) {
  const unsigned head = in.u8();
  if (head < kBitPatterns) {
    decode_decimals(in, head, out);
  } else {
    decode_bit_patterns(in, head - kBitPatterns, out);
  }
}

void skip_block(ByteReader& in, std::size_t count) {
  if (in.u8() >= kBitPatterns) return skip_integers(in, count);
  const std::uint64_t exceptions = in.varint();
  if (exceptions > count) in.fail("a block has an unknown encoding");
  skip_integers(in, count);
  in.take(packed_size(exceptions, kPositionBits) + exceptions * sizeof(std::uint64_t));
}

}  // namespace

void encode_values(std::span<const double> values, std::string& out) {
  for (; !values.empty(); values = values.subspan(std::min(values.size(), kBlockSize))) {
    encode_block(values.first(std::min(values.size(), kBlockSize)), out);
  }
}

void decode_values(ByteReader& in, std::span<double> out) {
  for (; !out.empty(); out = out.subspan(std::min(out.size(), kBlockSize))) {
    decode_block(in, out.first(std::min(out.size(), kBlockSize)));
  }
}

ValueRows::ValueRows(std::span<const std::byte> column, std::size_t count) : column_(column), count_(count) {
  ByteReader in(column, kColumn);
  blocks_.reserve((count + kBlockSize - 1) / kBlockSize);
  for (std::size_t row = 0; row < count; row += kBlockSize) {
    blocks_.push_back(static_cast<std::uint32_t>(column.size() - in.left()));
    skip_block(in, std::min(count - row, kBlockSize));
  }
  in.expect_end();
}

void ValueRows::read(std::size_t begin, std::span<double> out) const {
  while (!out.empty()) {
    const std::size_t block = begin / kBlockSize;
    const std::size_t skipped = begin % kBlockSize;
    const std::size_t size = std::min(count_ - block * kBlockSize, kBlockSize);
    const std::size_t taken = std::min(size - skipped, out.size());
    ByteReader in(column_.subspan(blocks_[block]), kColumn);
    if (taken == size) {
      decode_block(in, out.first(taken));
    } else {
      std::array<double, kBlockSize> values;
      decode_block(in, std::span(values).first(size));
      std::copy_n(values.begin() + static_cast<std::ptrdiff_t>(skipped), taken, out.begin());
    }
    begin += taken;
    out = out.subspan(taken);
  }
}

}  // namespace luminate::codec
