#include "codec/framing.hpp"

#include <xxhash.h>

#include <cstring>

#include "codec/bytes.hpp"
#include "codec/segment.hpp"

namespace luminate::codec {
namespace {

constexpr std::string_view kMagic = "LSEG";
constexpr unsigned kVersion = 1;
constexpr unsigned kFlags = 0;  // bit 0 is kept for a fourth column, the statistics of runs

std::uint32_t u32_at(std::span<const std::byte> bytes, std::size_t at) {
  return std::to_integer<std::uint32_t>(bytes[at]) | std::to_integer<std::uint32_t>(bytes[at + 1]) << 8 |
         std::to_integer<std::uint32_t>(bytes[at + 2]) << 16 | std::to_integer<std::uint32_t>(bytes[at + 3]) << 24;
}

[[noreturn]] void fail(const std::string& what) {
  throw DecodeError("segment: " + what);
}

}  // namespace

std::string join_columns(std::size_t samples, std::size_t runs, std::string_view run_column,
                         std::string_view timestamp_column, std::string_view value_column) {
  std::string bytes;
  bytes.reserve(kHeaderSize + run_column.size() + timestamp_column.size() + value_column.size() + kChecksumSize);
  bytes += kMagic;
  append_u8(bytes, kVersion);
  append_u8(bytes, kFlags);
  append_u16(bytes, 0);
  for (const std::size_t number :
       {samples, runs, run_column.size(), timestamp_column.size(), value_column.size(), std::size_t{0}}) {
    append_u32(bytes, static_cast<std::uint32_t>(number));
  }
  bytes += run_column;
  bytes += timestamp_column;
  bytes += value_column;
  append_u64(bytes, XXH3_64bits(bytes.data(), bytes.size()));
  return bytes;
}

Frame split_columns(std::span<const std::byte> bytes) {
  if (bytes.size() < kHeaderSize + kChecksumSize) {
    fail("has " + std::to_string(bytes.size()) + " bytes, at least " + std::to_string(kHeaderSize + kChecksumSize) +
         " are needed");
  }
  if (std::memcmp(bytes.data(), kMagic.data(), kMagic.size()) != 0) fail("does not begin with \"LSEG\"");
  // Before the checksum, which another version may have elsewhere.
  if (const auto version = std::to_integer<unsigned>(bytes[4]); version != kVersion) {
    fail("has format version " + std::to_string(version) + ", this program knows " + std::to_string(kVersion));
  }
  const auto sealed = bytes.first(bytes.size() - kChecksumSize);
  if (XXH3_64bits(sealed.data(), sealed.size()) != load_u64(bytes.data() + sealed.size())) {
    fail("the checksum does not match, its bytes are damaged");
  }
  if (bytes[5] != std::byte{kFlags} || bytes[6] != std::byte{0} || bytes[7] != std::byte{0} || u32_at(bytes, 28) != 0) {
    fail("has flags that this program does not know");
  }
  Frame frame;
  frame.samples = u32_at(bytes, 8);
  frame.runs = u32_at(bytes, 12);
  if (frame.samples > kMaxSegmentSamples || frame.runs > frame.samples || frame.runs == 0) {
    fail("has impossible counts: " + std::to_string(frame.samples) + " samples in " + std::to_string(frame.runs) +
         " runs");
  }
  const std::uint64_t run_bytes = u32_at(bytes, 16);
  const std::uint64_t timestamp_bytes = u32_at(bytes, 20);
  const std::uint64_t value_bytes = u32_at(bytes, 24);
  const auto columns = sealed.subspan(kHeaderSize);
  if (run_bytes + timestamp_bytes + value_bytes != columns.size()) fail("its columns do not fill it");
  frame.run_column = columns.first(run_bytes);
  frame.timestamp_column = columns.subspan(run_bytes, timestamp_bytes);
  frame.value_column = columns.subspan(run_bytes + timestamp_bytes);
  return frame;
}

void seal(std::span<std::byte> bytes) {
  std::string checksum;
  const std::size_t sealed = bytes.size() - kChecksumSize;
  append_u64(checksum, XXH3_64bits(bytes.data(), sealed));
  std::memcpy(bytes.data() + sealed, checksum.data(), checksum.size());
}

}  // namespace luminate::codec
