#include "codec/segment_head.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

#include "columns.hpp"

namespace luminate::codec {
namespace {

Columns latencies(std::size_t series, std::uint32_t each) {
  Columns columns = regular_columns(series, each);
  std::mt19937_64 random(1);
  std::gamma_distribution<double> gamma(2, 60);
  for (double& value : columns.values) value = std::round(gamma(random) * 10) / 10;
  columns.statistics = statistics_of(columns);
  return columns;
}

std::span<const std::byte> head_of(const std::string& bytes) {
  return bytes_of(bytes).first(SegmentHead::size_of(bytes_of(bytes).first(kHeaderSize)));
}

std::string message_of(std::span<const std::byte> bytes) {
  try {
    const SegmentHead head(bytes.first(SegmentHead::size_of(bytes.first(kHeaderSize))));
  } catch (const DecodeError& error) {
    return error.what();
  }
  return "decoded";
}

void put_u32(std::string& bytes, std::size_t at, std::uint32_t value) {
  for (std::size_t i = 0; i < 4; ++i) bytes[at + i] = static_cast<char>(value >> 8 * i);
}

TEST(SegmentHead, TellsRunsAndStatisticsWithoutTheRest) {
  const Columns columns = latencies(5, 100);
  const std::string bytes = encode(columns);
  const std::vector<std::byte> front(head_of(bytes).begin(), head_of(bytes).end());
  ASSERT_LT(front.size(), bytes.size() / 2);
  const SegmentHead head(front);
  EXPECT_EQ(head.size(), 500U);
  EXPECT_EQ(std::vector(head.runs().begin(), head.runs().end()), columns.runs);
  EXPECT_TRUE(identical(head.statistics(), columns.statistics));
}

TEST(SegmentHead, IsNotThereWithoutStatistics) {
  const std::string bytes = encode(regular_columns(3, 100));
  EXPECT_EQ(SegmentHead::size_of(bytes_of(bytes).first(kHeaderSize)), 0U);
  EXPECT_FALSE(SegmentReader(bytes_of(bytes)).has_statistics());
  EXPECT_TRUE(SegmentReader(bytes_of(bytes)).statistics().empty());
}

TEST(SegmentHead, LeavesTheColumnsBehindItReadable) {
  const Columns columns = latencies(5, 100);
  const std::string bytes = encode(columns);
  EXPECT_TRUE(identical(decode(bytes_of(bytes)), columns));
  EXPECT_TRUE(SegmentReader(bytes_of(bytes)).has_statistics());
}

TEST(SegmentHead, ReturnsAnyStatisticsBitForBit) {
  std::mt19937_64 random(1);
  for (const std::size_t runs : {1U, 2U, 1023U, 1024U, 1025U, 3000U}) {
    Columns columns = regular_columns(runs, 1 + static_cast<std::uint32_t>(random() % 3));
    columns.statistics = statistics_of(columns);
    for (RunStatistics& run : columns.statistics) {
      for (double* const value : {&run.sum, &run.sum_low, &run.minimum, &run.maximum, &run.first, &run.last}) {
        *value = std::bit_cast<double>(random());
      }
    }
    const std::string bytes = encode(columns);
    EXPECT_TRUE(identical(SegmentHead(head_of(bytes)).statistics(), columns.statistics)) << runs << " runs";
    EXPECT_TRUE(identical(decode(bytes_of(bytes)), columns)) << runs << " runs";
  }
}

TEST(SegmentHead, CostsSeventeenBytesARunOfDecimals) {
  const Columns columns = latencies(1000, 360);
  EXPECT_LT(head_of(encode(columns)).size(), 17 * columns.runs.size());
}

TEST(SegmentHead, RefusesToBeEncodedWithStatisticsOfOtherSamples) {
  const Columns good = latencies(3, 10);
  EXPECT_NO_THROW(encode(good));
  const auto refused = [&](const std::function<void(std::vector<RunStatistics>&)>& change) {
    Columns columns = good;
    change(columns.statistics);
    EXPECT_THROW(encode(columns), std::invalid_argument);
  };
  refused([](auto& statistics) { statistics.pop_back(); });
  refused([](auto& statistics) { statistics.push_back(statistics[0]); });
  refused([](auto& statistics) { ++statistics[1].first_timestamp; });
  refused([](auto& statistics) { --statistics[2].last_timestamp; });
}

TEST(SegmentHead, NoticesEveryFlippedBit) {
  const std::string good = encode(latencies(4, 40));
  for (std::size_t bit = 0; bit < head_of(good).size() * 8; ++bit) {
    std::string bytes = good;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ 1 << bit % 8);
    // A flag or a size may be hit, so that the head seems to be gone or to be elsewhere.
    const auto whole = bytes_of(bytes);
    try {
      const std::size_t size = SegmentHead::size_of(whole.first(kHeaderSize));
      if (size == 0 || size > whole.size()) continue;
      const SegmentHead head(whole.first(size));
      FAIL() << "bit " << bit;
    } catch (const DecodeError&) {
    }
  }
}

TEST(SegmentHead, NoticesEveryTruncation) {
  const std::string bytes = encode(latencies(4, 40));
  for (std::size_t size = 0; size < head_of(bytes).size(); ++size) {
    ASSERT_THROW(SegmentHead(bytes_of(bytes).first(size)), DecodeError) << size << " bytes";
  }
  EXPECT_THROW(SegmentHead(bytes_of(bytes)), DecodeError);
  EXPECT_THROW(SegmentHead::size_of(bytes_of(bytes).first(kHeaderSize - 1)), DecodeError);
}

TEST(SegmentHead, SaysWhatIsWrong) {
  const std::string good = encode(latencies(4, 40));
  const auto with = [&](const std::function<void(std::string&)>& damage) {
    std::string bytes = good;
    damage(bytes);
    seal_head(std::as_writable_bytes(std::span(bytes)));
    return message_of(bytes_of(bytes));
  };
  EXPECT_EQ(with([](auto&) {}), "decoded");
  EXPECT_EQ(with([](auto& bytes) { bytes[0] = 'X'; }), "segment: does not begin with \"LSEG\"");
  EXPECT_EQ(with([](auto& bytes) { bytes[4] = 2; }), "segment: has format version 2, this program knows 1");
  EXPECT_EQ(with([](auto& bytes) { bytes[5] = 3; }), "segment: has flags that this program does not know");
  EXPECT_EQ(with([](auto& bytes) { bytes[7] = 1; }), "segment: has flags that this program does not know");
  EXPECT_EQ(with([](auto& bytes) { bytes[5] = 0; }), "segment: its flags do not fit its columns");
  EXPECT_EQ(with([](auto& bytes) { put_u32(bytes, 28, 0); }), "segment: its flags do not fit its columns");
  EXPECT_EQ(with([](auto& bytes) { put_u32(bytes, 12, 0); }), "segment: has impossible counts: 160 samples in 0 runs");
  EXPECT_EQ(with([](auto& bytes) { put_u32(bytes, 8, 161); }),
            "segment: runs: counts do not sum up to the number of samples");
  EXPECT_EQ(with([](auto& bytes) { put_u32(bytes, 12, 3); }),
            "segment: runs: counts do not sum up to the number of samples");
  EXPECT_EQ(with([](auto& bytes) { ++bytes[16], --bytes[28]; }), "segment: runs: bytes are left over at its end");
  EXPECT_EQ(with([](auto& bytes) { --bytes[16], ++bytes[28]; }), "segment: runs: ends too early");
  std::string flipped = good;
  flipped[40] = static_cast<char>(flipped[40] ^ 1);
  EXPECT_EQ(message_of(bytes_of(flipped)), "segment: the checksum of its head does not match, its bytes are damaged");
  EXPECT_EQ(message_of(bytes_of(encode(regular_columns(4, 40)))), "segment: has 0 bytes, at least 40 are needed");
}

TEST(SegmentHead, IsNeverLargerThanItsRunsCanMakeIt) {
  std::string header = encode(latencies(4, 40)).substr(0, kHeaderSize);
  const auto size_of = [&] { return SegmentHead::size_of(bytes_of(header)); };
  const auto run_bytes = static_cast<unsigned char>(header[16]);
  put_u32(header, 28, 10 * (4 * 20 + 64) - run_bytes);
  EXPECT_EQ(size_of(), 10U * (4 * 20 + 64) + kHeaderSize + kChecksumSize);
  put_u32(header, 28, 10 * (4 * 20 + 64) - run_bytes + 1);
  EXPECT_THROW(size_of(), DecodeError);
  put_u32(header, 28, 0xFFFF'FFFF);
  put_u32(header, 16, 0xFFFF'FFFF);
  EXPECT_THROW(size_of(), DecodeError);
}

TEST(SegmentHead, OfASegmentMustBeWholeForTheSegmentToBe) {
  std::string bytes = encode(latencies(4, 40));
  const std::size_t head = head_of(bytes).size();
  bytes[head - 1] = static_cast<char>(bytes[head - 1] ^ 1);
  seal(std::as_writable_bytes(std::span(bytes)));
  EXPECT_THROW(SegmentReader(bytes_of(bytes)), DecodeError);
}

// A right checksum proves nothing about who wrote the bytes.
TEST(SegmentHead, StaysSafeWhenTheChecksumIsPutRight) {
  const std::string good = encode(latencies(4, 5));
  const std::string head(good.substr(0, head_of(good).size()));
  std::mt19937_64 random(1);
  int decoded = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = head;
    for (auto edits = 1 + random() % 3; edits > 0; --edits)
      bytes[random() % bytes.size()] = static_cast<char>(random());
    seal(std::as_writable_bytes(std::span(bytes)));
    const std::vector<std::byte> exact(bytes_of(bytes).begin(), bytes_of(bytes).end());
    try {
      const SegmentHead read(exact);
      ASSERT_EQ(read.statistics().size(), read.runs().size());
      ++decoded;
    } catch (const DecodeError&) {
    }
  }
  EXPECT_GT(decoded, 100) << "nothing got past the first checks";
}

}  // namespace
}  // namespace luminate::codec
