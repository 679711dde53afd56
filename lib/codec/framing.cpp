#include "codec/framing.hpp"

#include <xxhash.h>

#include <cstring>

#include "codec/bytes.hpp"
#include "codec/integer_column.hpp"
#include "codec/segment.hpp"

namespace luminate::codec {
namespace {

constexpr std::string_view kMagic = "LSEG";
constexpr unsigned kVersion = 1;
constexpr unsigned kStatistics = 1;  // the flag: there is a column of statistics

// No encoded number of a block takes more: 64 bits of residual and patch, a position; as an exception 64 bits and
// another position. Nor does what stands before a block's numbers.
constexpr std::size_t kMaxBytesPerNumber = 20;
constexpr std::size_t kMaxBytesPerBlock = 64;
constexpr std::size_t kHeadColumns = 10;  // series, counts, and eight of statistics

std::uint32_t u32_at(std::span<const std::byte> bytes, std::size_t at) {
  return std::to_integer<std::uint32_t>(bytes[at]) | std::to_integer<std::uint32_t>(bytes[at + 1]) << 8 |
         std::to_integer<std::uint32_t>(bytes[at + 2]) << 16 | std::to_integer<std::uint32_t>(bytes[at + 3]) << 24;
}

[[noreturn]] void fail(const std::string& what) {
  throw DecodeError("segment: " + what);
}

// What the header says. Nothing of it is to be trusted before a checksum was compared.
struct Header {
  std::size_t samples;
  std::size_t runs;
  std::size_t run_bytes;
  std::size_t timestamp_bytes;
  std::size_t value_bytes;
  std::size_t statistics_bytes;

  bool has_head() const { return statistics_bytes > 0; }
  std::size_t head_bytes() const { return kHeaderSize + run_bytes + statistics_bytes + kChecksumSize; }
};

void check_kind(std::span<const std::byte> bytes, std::size_t least) {
  if (bytes.size() < least) {
    fail("has " + std::to_string(bytes.size()) + " bytes, at least " + std::to_string(least) + " are needed");
  }
  if (std::memcmp(bytes.data(), kMagic.data(), kMagic.size()) != 0) fail("does not begin with \"LSEG\"");
  // Before the checksum, which another version may have elsewhere.
  if (const auto version = std::to_integer<unsigned>(bytes[4]); version != kVersion) {
    fail("has format version " + std::to_string(version) + ", this program knows " + std::to_string(kVersion));
  }
}

Header read_header(std::span<const std::byte> bytes) {
  const auto flags = std::to_integer<unsigned>(bytes[5]);
  if ((flags & ~kStatistics) != 0 || bytes[6] != std::byte{0} || bytes[7] != std::byte{0}) {
    fail("has flags that this program does not know");
  }
  const Header header{.samples = u32_at(bytes, 8),
                      .runs = u32_at(bytes, 12),
                      .run_bytes = u32_at(bytes, 16),
                      .timestamp_bytes = u32_at(bytes, 20),
                      .value_bytes = u32_at(bytes, 24),
                      .statistics_bytes = u32_at(bytes, 28)};
  if (header.samples > kMaxSegmentSamples || header.runs > header.samples || header.runs == 0) {
    fail("has impossible counts: " + std::to_string(header.samples) + " samples in " + std::to_string(header.runs) +
         " runs");
  }
  if (header.has_head() != (flags != 0)) fail("its flags do not fit its columns");
  return header;
}

void compare_checksum(std::span<const std::byte> bytes, const char* of) {
  const std::size_t sealed = bytes.size() - kChecksumSize;
  if (XXH3_64bits(bytes.data(), sealed) != load_u64(bytes.data() + sealed)) {
    fail(std::string("the checksum") + of + " does not match, its bytes are damaged");
  }
}

}  // namespace

std::string join_columns(std::size_t samples, std::size_t runs, std::string_view run_column,
                         std::string_view timestamp_column, std::string_view value_column,
                         std::string_view statistics_column) {
  std::string bytes;
  bytes.reserve(kHeaderSize + run_column.size() + statistics_column.size() + timestamp_column.size() +
                value_column.size() + 2 * kChecksumSize);
  const auto append_checksum = [&] { append_u64(bytes, XXH3_64bits(bytes.data(), bytes.size())); };
  bytes += kMagic;
  append_u8(bytes, kVersion);
  append_u8(bytes, statistics_column.empty() ? 0 : kStatistics);
  append_u16(bytes, 0);
  for (const std::size_t number :
       {samples, runs, run_column.size(), timestamp_column.size(), value_column.size(), statistics_column.size()}) {
    append_u32(bytes, static_cast<std::uint32_t>(number));
  }
  bytes += run_column;
  bytes += statistics_column;
  if (!statistics_column.empty()) append_checksum();
  bytes += timestamp_column;
  bytes += value_column;
  append_checksum();
  return bytes;
}

Frame split_columns(std::span<const std::byte> bytes) {
  check_kind(bytes, kHeaderSize + kChecksumSize);
  compare_checksum(bytes, "");
  const Header header = read_header(bytes);
  const std::size_t sealed = bytes.size() - kChecksumSize;
  const std::size_t begin = header.has_head() ? header.head_bytes() : kHeaderSize + header.run_bytes;
  if (begin + header.timestamp_bytes + header.value_bytes != sealed) fail("its columns do not fill it");
  if (header.has_head()) compare_checksum(bytes.first(begin), " of its head");
  return {.samples = header.samples,
          .runs = header.runs,
          .run_column = bytes.subspan(kHeaderSize, header.run_bytes),
          .statistics_column = bytes.subspan(kHeaderSize + header.run_bytes, header.statistics_bytes),
          .timestamp_column = bytes.subspan(begin, header.timestamp_bytes),
          .value_column = bytes.subspan(begin + header.timestamp_bytes, header.value_bytes)};
}

std::size_t head_size(std::span<const std::byte> bytes) {
  check_kind(bytes, kHeaderSize);
  const Header header = read_header(bytes);
  if (!header.has_head()) return 0;
  const std::size_t blocks = (header.runs + kBlockSize - 1) / kBlockSize;
  const std::size_t most = kHeadColumns * (header.runs * kMaxBytesPerNumber + blocks * kMaxBytesPerBlock);
  if (header.run_bytes + header.statistics_bytes > most) {
    fail("its head is larger than that of " + std::to_string(header.runs) + " runs can be");
  }
  return header.head_bytes();
}

Frame split_head(std::span<const std::byte> bytes) {
  check_kind(bytes, kHeaderSize + kChecksumSize);
  compare_checksum(bytes, " of its head");
  const Header header = read_header(bytes);
  if (!header.has_head()) fail("has no head of its own");
  if (header.head_bytes() != bytes.size()) fail("the columns of its head do not fill it");
  return {.samples = header.samples,
          .runs = header.runs,
          .run_column = bytes.subspan(kHeaderSize, header.run_bytes),
          .statistics_column = bytes.subspan(kHeaderSize + header.run_bytes, header.statistics_bytes),
          .timestamp_column = {},
          .value_column = {}};
}

void seal(std::span<std::byte> bytes) {
  std::string checksum;
  const std::size_t sealed = bytes.size() - kChecksumSize;
  append_u64(checksum, XXH3_64bits(bytes.data(), sealed));
  std::memcpy(bytes.data() + sealed, checksum.data(), checksum.size());
}

void seal_head(std::span<std::byte> bytes) {
  if (bytes.size() < kHeaderSize || u32_at(bytes, 28) == 0) return;
  const std::uint64_t head = std::uint64_t{kHeaderSize} + u32_at(bytes, 16) + u32_at(bytes, 28) + kChecksumSize;
  if (head <= bytes.size()) seal(bytes.first(head));
}

}  // namespace luminate::codec
