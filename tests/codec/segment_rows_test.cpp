// Reading some runs of a segment gives what reading all of them does.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "codec/framing.hpp"
#include "columns.hpp"

namespace luminate::codec {
namespace {

using Random = std::mt19937_64;

struct Shape {
  const char* name;
  std::uint32_t (*count)(Random&);
  std::int64_t (*interval)(Random&);
  double (*value)(Random&);
};

constexpr auto kTenSeconds = [](Random&) -> std::int64_t { return 10'000; };
constexpr auto kJitter = [](Random& r) { return static_cast<std::int64_t>(9990 + r() % 20); };
constexpr auto kAnyInterval = [](Random& r) { return static_cast<std::int64_t>(1 + (r() >> (24 + r() % 40))); };
constexpr auto kDecimal = [](Random& r) { return static_cast<double>(r() % 3000) / 10; };
constexpr auto kRarelyNone = [](Random& r) { return r() % 50 == 0 ? M_PI : static_cast<double>(r() % 3000) / 10; };
constexpr auto kAnyBits = [](Random& r) { return std::bit_cast<double>(r()); };

constexpr Shape kShapes[] = {
    {"one sample", [](Random&) { return 1U; }, kTenSeconds, kDecimal},
    {"tens", [](Random&) { return 10U; }, kTenSeconds, kDecimal},
    {"tens with jitter", [](Random&) { return 10U; }, kJitter, kAnyBits},
    {"360", [](Random&) { return 360U; }, kTenSeconds, kRarelyNone},
    {"blocks", [](Random&) { return 1024U; }, kJitter, kRarelyNone},
    {"any", [](Random& r) { return static_cast<std::uint32_t>(1 + (r() % 4000 >> r() % 12)); }, kAnyInterval,
     kRarelyNone},
};

Columns make(const Shape& shape, std::size_t samples) {
  Random random(1);
  Columns columns;
  for (std::uint64_t id = 1; columns.values.size() < samples; id += 1 + random() % 9) {
    columns.runs.push_back({.series = id, .count = shape.count(random)});
    auto timestamp = static_cast<std::int64_t>(1'790'000'000'000 + random() % 50'000);
    for (std::uint32_t i = 0; i < columns.runs.back().count; ++i) {
      columns.timestamps.push_back(timestamp);
      timestamp += shape.interval(random);
      columns.values.push_back(shape.value(random));
    }
  }
  return columns;
}

std::vector<std::size_t> begins_of(const Columns& columns) {
  std::vector<std::size_t> begins{0};
  for (const Run& run : columns.runs) begins.push_back(begins.back() + run.count);
  return begins;
}

TEST(SegmentRows, AreThoseOfTheWholeSegment) {
  Random random(2);
  for (const Shape& shape : kShapes) {
    const Columns columns = make(shape, 9000);
    const std::string bytes = encode(columns);
    const SegmentReader reader(bytes_of(bytes));
    const auto begins = begins_of(columns);
    for (std::size_t round = 0; round < 200; ++round) {
      std::size_t first = round == 0 ? 0 : random() % begins.size();
      std::size_t last = round == 0 ? begins.size() - 1 : random() % begins.size();
      if (last < first) std::swap(first, last);
      if (round % 2 == 1) last = std::min(first + round % 3, begins.size() - 1);
      const std::size_t size = begins[last] - begins[first];
      std::vector<std::int64_t> timestamps(round % 5 == 0 ? 0 : size);
      std::vector<double> values(round % 5 == 1 ? 0 : size);
      reader.read_rows(begins[first], begins[last], timestamps, values);
      ASSERT_TRUE(std::equal(timestamps.begin(), timestamps.end(),
                             columns.timestamps.begin() + static_cast<std::ptrdiff_t>(begins[first])))
          << shape.name << ": timestamps of runs " << first << " to " << last;
      ASSERT_EQ(bit_patterns(values), bit_patterns(std::span(columns.values).subspan(begins[first], values.size())))
          << shape.name << ": values of runs " << first << " to " << last;
    }
  }
}

TEST(SegmentRows, MustBeWholeRunsAndFitTheSpans) {
  const std::string bytes = encode(regular_columns(3, 5));
  const SegmentReader reader(bytes_of(bytes));
  std::vector<std::int64_t> timestamps(5);
  std::vector<double> values(5);
  EXPECT_NO_THROW(reader.read_rows(5, 10, timestamps, values));
  EXPECT_NO_THROW(reader.read_rows(15, 15, {}, {}));
  EXPECT_THROW(reader.read_rows(4, 9, timestamps, values), std::invalid_argument);
  EXPECT_THROW(reader.read_rows(5, 9, std::span(timestamps).first(4), {}), std::invalid_argument);
  EXPECT_THROW(reader.read_rows(10, 5, {}, {}), std::invalid_argument);
  EXPECT_THROW(reader.read_rows(15, 20, timestamps, values), std::invalid_argument);
  EXPECT_THROW(reader.read_rows(5, 15, timestamps, {}), std::invalid_argument);
  EXPECT_THROW(reader.read_rows(5, 10, {}, std::span(values).first(4)), std::invalid_argument);
}

// What decodes as a whole is the same in pieces; what does not may be refused, and is never read out of bounds.
TEST(SegmentRows, StaySafeInHostileSegments) {
  const std::string good = encode(make(kShapes[1], 3000));
  Random random(3);
  int decoded = 0;
  for (std::size_t round = 0; round < 500; ++round) {
    std::string damaged = good;
    for (auto edits = 1 + random() % 3; edits > 0; --edits)
      damaged[random() % damaged.size()] = static_cast<char>(random());
    seal(std::as_writable_bytes(std::span(damaged)));
    const std::vector<std::byte> exact(bytes_of(damaged).begin(), bytes_of(damaged).end());
    try {
      const SegmentReader reader(exact);
      Columns pieces{{reader.runs().begin(), reader.runs().end()}, {}, {}, reader.statistics()};
      for (std::size_t begin = 0; const auto& run : reader.runs()) {
        std::vector<std::int64_t> timestamps(run.count);
        std::vector<double> values(run.count);
        reader.read_rows(begin, begin + run.count, timestamps, values);
        pieces.timestamps.insert(pieces.timestamps.end(), timestamps.begin(), timestamps.end());
        pieces.values.insert(pieces.values.end(), values.begin(), values.end());
        begin += run.count;
      }
      ASSERT_TRUE(identical(decode(exact), pieces));
      ++decoded;
    } catch (const DecodeError&) {
      EXPECT_THROW(decode(exact), DecodeError);
    }
  }
  EXPECT_GT(decoded, 25) << "nothing got past the first checks";
}

}  // namespace
}  // namespace luminate::codec
