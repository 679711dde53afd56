// Damaged and hostile bytes are refused with one line, and never read as something else.
#include <gtest/gtest.h>

#include <functional>

#include "codec/framing.hpp"
#include "columns.hpp"

namespace luminate::codec {
namespace {

std::string small_segment() {
  Columns columns = regular_columns(4, 5, 20);
  for (std::size_t i = 0; i < columns.values.size(); ++i) columns.values[i] = static_cast<double>(i * i) / 10;
  columns.values[3] = -0.0;
  return encode(columns);
}

std::string message_of(const std::string& bytes) {
  try {
    decode(bytes_of(bytes));
  } catch (const DecodeError& error) {
    return error.what();
  }
  return "decoded";
}

void put_u32(std::string& bytes, std::size_t at, std::uint32_t value) {
  for (std::size_t i = 0; i < 4; ++i) bytes[at + i] = static_cast<char>(value >> 8 * i);
}

std::string sealed(std::string bytes) {
  seal(std::as_writable_bytes(std::span(bytes)));
  return bytes;
}

TEST(SegmentDamage, NoticesEveryFlippedBit) {
  const std::string bytes = small_segment();
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string damaged = bytes;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ 1 << bit % 8);
    ASSERT_THROW(SegmentReader(bytes_of(damaged)), DecodeError) << "bit " << bit;
  }
}

TEST(SegmentDamage, NoticesEveryTruncation) {
  const std::string bytes = small_segment();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    ASSERT_THROW(SegmentReader(bytes_of(bytes).first(size)), DecodeError) << size << " bytes";
  }
  EXPECT_THROW(SegmentReader(bytes_of(bytes + '\0')), DecodeError);
}

// A right checksum proves nothing about who wrote the bytes. What decodes all the same must keep every promise.
TEST(SegmentDamage, StaysSafeWhenTheChecksumIsPutRight) {
  const std::string bytes = small_segment();
  std::mt19937_64 random(1);
  int decoded = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string damaged = bytes;
    for (auto edits = 1 + random() % 3; edits > 0; --edits) {
      const std::size_t at = random() % damaged.size();
      damaged[at] = static_cast<char>(random());
    }
    damaged = sealed(damaged);
    try {
      const Columns columns = decode(bytes_of(damaged));
      ASSERT_TRUE(identical(decode(bytes_of(encode(columns))), columns));
      ++decoded;
    } catch (const DecodeError&) {
    }
  }
  EXPECT_GT(decoded, 100) << "nothing got past the first checks";
}

TEST(SegmentDamage, SaysWhatIsWrong) {
  const std::string good = small_segment();
  const auto with = [&](const std::function<void(std::string&)>& damage) {
    std::string bytes = good;
    damage(bytes);
    return message_of(sealed(bytes));
  };
  EXPECT_EQ(message_of(good), "decoded");
  EXPECT_EQ(message_of("LSEG"), "segment: has 4 bytes, at least 40 are needed");
  EXPECT_EQ(with([](auto& bytes) { bytes[0] = 'X'; }), "segment: does not begin with \"LSEG\"");
  EXPECT_EQ(with([](auto& bytes) { bytes[4] = 2; }), "segment: has format version 2, this program knows 1");
  EXPECT_EQ(with([](auto& bytes) { bytes[5] = 2; }), "segment: has flags that this program does not know");
  EXPECT_EQ(with([](auto& bytes) { bytes[28] = 1; }), "segment: its flags do not fit its columns");
  EXPECT_EQ(message_of(good.substr(0, good.size() - 1) + 'x'),
            "segment: the checksum does not match, its bytes are damaged");
  EXPECT_EQ(with([](auto& bytes) { put_u32(bytes, 16, 0xFFFF'FFFF); }), "segment: its columns do not fill it");
  EXPECT_EQ(with([](auto& bytes) { put_u32(bytes, 12, 0); }), "segment: has impossible counts: 20 samples in 0 runs");
  EXPECT_EQ(with([](auto& bytes) { put_u32(bytes, 12, 21); }), "segment: has impossible counts: 20 samples in 21 runs");
  EXPECT_EQ(with([](auto& bytes) { put_u32(bytes, 8, 21); }),
            "segment: runs: counts do not sum up to the number of samples");
  EXPECT_EQ(with([](auto& bytes) { put_u32(bytes, 8, 19); }),
            "segment: runs: counts do not sum up to the number of samples");
}

TEST(SegmentDamage, RefusesCountsPastTheLimitBeforeItAllocates) {
  std::string bytes = small_segment();
  put_u32(bytes, 8, kMaxSegmentSamples);
  EXPECT_EQ(message_of(sealed(bytes)), "segment: runs: counts do not sum up to the number of samples");
  put_u32(bytes, 8, kMaxSegmentSamples + 1);
  EXPECT_EQ(message_of(sealed(bytes)), "segment: has impossible counts: 1048577 samples in 4 runs");
}

// Columns that no encoder writes, in a frame that is right.
TEST(SegmentDamage, RefusesColumnsThatBreakThePromisesOfASegment) {
  using namespace std::string_literals;
  // One block each: plain, no bits, the base (zigzag) for all numbers alike.
  const auto all = [](char base) { return "\0\0"s + static_cast<char>(base * 2); };
  const auto message = [](const std::string& runs, const std::string& timestamps, const std::string& values) {
    return message_of(join_columns(4, 2, runs, timestamps, values));
  };
  const std::string runs = "\1\0\2\2"s + all(2);  // ids 1 and 2, two samples each
  const std::string timestamps = all(5) + all(10);
  const std::string values = "\0\0"s + all(7);
  EXPECT_EQ(message(runs, timestamps, values), "decoded");
  EXPECT_EQ(message(all(1) + all(2), timestamps, values), "segment: runs: series do not ascend");
  EXPECT_EQ(message("\1\0\2\2"s + all(0), timestamps, values),
            "segment: runs: counts do not sum up to the number of samples");
  EXPECT_EQ(message("\1\0\2\2"s + all(3), timestamps, values),
            "segment: runs: counts do not sum up to the number of samples");
  // 5 and 2^64 - 1: their sum wraps around to the right one.
  EXPECT_EQ(message("\1\0\2\2"s + "\1\0\x0B\x16"s, timestamps, values),
            "segment: runs: counts do not sum up to the number of samples");
  EXPECT_EQ(message(runs + '\0', timestamps, values), "segment: runs: bytes are left over at its end");
  EXPECT_EQ(message(runs, all(5) + all(0), values), "segment: timestamps: timestamps of a series do not ascend");
  EXPECT_EQ(message(runs, all(5), values), "segment: timestamps: ends too early");
  EXPECT_EQ(message(runs, timestamps + '\0', values), "segment: timestamps: bytes are left over at its end");
  EXPECT_EQ(message(runs, timestamps, values + '\0'), "segment: values: bytes are left over at its end");
  EXPECT_EQ(message(runs, timestamps, "\x17\0"s + all(7)), "segment: values: a block has an unknown encoding");
  EXPECT_EQ(message(runs, timestamps, "\0\5"s + all(7)), "segment: values: a block has an unknown encoding");
  EXPECT_EQ(message(runs, timestamps, "\xC0"s + all(7)), "segment: values: a block has an unknown encoding");
  EXPECT_EQ(message(runs, timestamps, "\0\1"s + all(7)), "segment: values: ends too early");
  EXPECT_EQ(message(runs, timestamps, "\0\1"s + all(7) + "\4\0"s + std::string(8, '\0')),
            "segment: values: a position lies outside of its block");
  EXPECT_EQ(message(runs, timestamps, ""), "segment: values: ends too early");
}

}  // namespace
}  // namespace luminate::codec
