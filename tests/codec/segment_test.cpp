#include "codec/segment.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

#include "columns.hpp"

namespace luminate::codec {
namespace {

using Random = std::mt19937_64;
using Limits = std::numeric_limits<double>;

double uniform(Random& random) {
  return static_cast<double>(random() >> 11) * 0x1p-53;
}

struct Shape {
  const char* name;
  std::function<double(std::size_t, double, Random&)> next;  // from index and the value before
};

const std::vector<Shape>& value_shapes() {
  static const std::vector<double> specials = {0.0,
                                               -0.0,
                                               Limits::infinity(),
                                               -Limits::infinity(),
                                               Limits::quiet_NaN(),
                                               -Limits::quiet_NaN(),
                                               std::bit_cast<double>(0x7FF0'0000'0000'0001U),
                                               std::bit_cast<double>(0xFFF8'DEAD'BEEF'0001U),
                                               Limits::denorm_min(),
                                               -Limits::denorm_min(),
                                               Limits::min(),
                                               Limits::max(),
                                               Limits::lowest(),
                                               0x1p51,
                                               -0x1p51,
                                               0x1p51 + 1,
                                               0x1p53,
                                               0x1p53 - 1,
                                               9007199254740993.0,
                                               1e22,
                                               1e23,
                                               1e-22,
                                               1e-23,
                                               0.1 + 0.2,
                                               225179981368524.8};
  static const std::vector<Shape> shapes = {
      {"constant", [](auto, auto, auto&) { return 42.5; }},
      {"zero", [](auto, auto, auto&) { return 0.0; }},
      {"one decimal", [](auto, auto, Random& r) { return static_cast<double>(r() % 3000) / 10; }},
      {"negative decimals", [](auto, auto, Random& r) { return static_cast<double>(r() % 3000) / -1000; }},
      {"fifteen digits", [](auto, auto, Random& r) { return static_cast<double>(r() % 1'000'000'000'000'000) / 1e6; }},
      {"mixed decimals", [](auto, auto, Random& r) { return static_cast<double>(r() % 999) / std::pow(10, r() % 8); }},
      {"counter", [](auto, double before, Random& r) { return before + static_cast<double>(r() % 100); }},
      {"large counter", [](auto, double before, Random& r) { return before + 1e15 + static_cast<double>(r() % 9); }},
      {"random", [](auto, auto, Random& r) { return uniform(r); }},
      {"random of both signs", [](auto, auto, Random& r) { return (uniform(r) - 0.5) * 1e300; }},
      {"random walk", [](auto, double before, Random& r) { return before + uniform(r) - 0.5; }},
      {"single precision", [](auto, auto, Random& r) { return static_cast<double>(static_cast<float>(uniform(r))); }},
      {"any bits", [](auto, auto, Random& r) { return std::bit_cast<double>(r()); }},
      {"specials", [](std::size_t i, auto, auto&) { return specials[i % specials.size()]; }},
      {"decimals among specials",
       [](auto, auto, Random& r) { return r() % 20 == 0 ? specials[r() % specials.size()] : 0.1 * double(r() % 50); }},
      {"decimals that stop",
       [](std::size_t i, auto, Random& r) { return i % 1024 < 700 ? static_cast<double>(r() % 50) / 10 : uniform(r); }},
  };
  return shapes;
}

std::vector<double> make_values(const Shape& shape, std::size_t count, Random& random) {
  std::vector<double> values(count);
  double before = 0;
  for (std::size_t i = 0; i < count; ++i) values[i] = before = shape.next(i, before, random);
  return values;
}

// Lengths of runs that sum up to `samples`.
enum class Pattern { one_run, ones, thousands, random };

std::vector<Run> make_runs(Pattern pattern, std::size_t samples, Random& random) {
  std::vector<Run> runs;
  std::uint64_t series = random() % 1000;
  for (std::size_t left = samples; left > 0; left -= runs.back().count) {
    std::size_t count = left;
    if (pattern == Pattern::ones) count = 1;
    if (pattern == Pattern::thousands) count = 1000;
    if (pattern == Pattern::random) count = 1 + random() % (std::size_t{1} << random() % 12);
    runs.push_back({.series = series, .count = static_cast<std::uint32_t>(std::min(left, count))});
    series += 1 + random() % 50;
  }
  return runs;
}

enum class Ticks { regular, jittered, gaps, other_steps, random, extreme };

std::vector<std::int64_t> make_timestamps(Ticks ticks, const std::vector<Run>& runs, Random& random) {
  std::vector<std::int64_t> timestamps;
  for (const Run& run : runs) {
    auto tick = static_cast<std::int64_t>(1'790'000'000'000 + random() % 1000);
    const std::uint64_t step = ticks == Ticks::other_steps ? 1000 * (1 + random() % 60) : 10'000;
    if (ticks == Ticks::extreme) tick = std::numeric_limits<std::int64_t>::min();
    for (std::uint32_t i = 0; i < run.count; ++i) {
      switch (ticks) {
        case Ticks::jittered:
          timestamps.push_back(tick + static_cast<std::int64_t>(random() % 50));
          break;
        case Ticks::extreme:
          timestamps.push_back(i + 1 == run.count && i > 0 ? std::numeric_limits<std::int64_t>::max() : tick);
          break;
        default:
          timestamps.push_back(tick);
      }
      const std::uint64_t gap = ticks == Ticks::gaps && random() % 100 == 0 ? random() % 5 : 0;
      tick += static_cast<std::int64_t>(ticks == Ticks::random    ? 1 + random() % 1'000'000
                                        : ticks == Ticks::extreme ? 1 + (random() >> (random() % 40 + 24))
                                                                  : step * (1 + gap));
    }
  }
  return timestamps;
}

TEST(Segment, RoundTripsEveryShapeBitForBit) {
  Random random(1);
  for (const Shape& shape : value_shapes()) {
    for (const std::size_t count : {1U, 2U, 7U, 8U, 9U, 31U, 33U, 1023U, 1024U, 1025U, 5000U}) {
      for (const Pattern pattern : {Pattern::one_run, Pattern::ones, Pattern::thousands, Pattern::random}) {
        for (const Ticks ticks :
             {Ticks::regular, Ticks::jittered, Ticks::gaps, Ticks::other_steps, Ticks::random, Ticks::extreme}) {
          Columns columns;
          columns.runs = make_runs(pattern, count, random);
          columns.timestamps = make_timestamps(ticks, columns.runs, random);
          columns.values = make_values(shape, count, random);
          ASSERT_TRUE(identical(decode(bytes_of(encode(columns))), columns))
              << shape.name << ", " << count << " samples, pattern " << static_cast<int>(pattern) << ", ticks "
              << static_cast<int>(ticks);
        }
      }
    }
  }
}

TEST(Segment, HoldsTheMostSamplesAllowedInOneRunOrInAsManyRuns) {
  Random random(2);
  for (const Pattern pattern : {Pattern::one_run, Pattern::ones}) {
    Columns columns;
    columns.runs = make_runs(pattern, kMaxSegmentSamples, random);
    columns.timestamps = make_timestamps(Ticks::jittered, columns.runs, random);
    columns.values = make_values(value_shapes()[2], kMaxSegmentSamples, random);
    EXPECT_TRUE(identical(decode(bytes_of(encode(columns))), columns));
  }
}

TEST(Segment, HoldsSeriesAndTimestampsOfTheFullRange) {
  constexpr auto kLow = std::numeric_limits<std::int64_t>::min();
  constexpr auto kHigh = std::numeric_limits<std::int64_t>::max();
  const Columns columns{{{0, 3}, {1, 1}, {std::numeric_limits<std::uint64_t>::max(), 2}},
                        {kLow, 0, kHigh, kHigh, kLow, kHigh},
                        {1, 2, 3, 4, 5, 6},
                        {}};
  EXPECT_TRUE(identical(decode(bytes_of(encode(columns))), columns));
}

TEST(Segment, ReadsOneColumnWithoutTheOther) {
  const Columns columns = regular_columns(3, 5);
  const std::string bytes = encode(columns);
  const SegmentReader reader(bytes_of(bytes));
  EXPECT_EQ(reader.size(), 15U);
  EXPECT_EQ(std::vector(reader.runs().begin(), reader.runs().end()), columns.runs);
  std::vector<std::int64_t> timestamps(15);
  reader.read_timestamps(timestamps);
  EXPECT_EQ(timestamps, columns.timestamps);
}

TEST(Segment, RefusesASpanOfAnotherSizeThanItsOwn) {
  const std::string bytes = encode(regular_columns(3, 5));
  const SegmentReader reader(bytes_of(bytes));
  std::vector<std::int64_t> timestamps(14);
  std::vector<double> values(16);
  EXPECT_THROW(reader.read_timestamps(timestamps), std::invalid_argument);
  EXPECT_THROW(reader.read_values(values), std::invalid_argument);
}

TEST(Segment, RefusesToEncodeWhatItCouldNotReadBack) {
  const Runs runs = {{1, 2}, {2, 1}};
  const std::vector<std::int64_t> timestamps = {10, 20, 5};
  const std::vector<double> values = {1, 2, 3};
  const auto refused = [](const Runs& r, const std::vector<std::int64_t>& t, const std::vector<double>& v) {
    EXPECT_THROW(encode_segment(r, t, v), std::invalid_argument);
  };
  EXPECT_NO_THROW(encode_segment(runs, timestamps, values));
  refused({}, {}, {});
  refused(runs, timestamps, {1, 2});
  refused({{1, 2}}, timestamps, values);
  refused({{1, 2}, {2, 2}}, timestamps, values);
  refused({{1, 3}, {2, 0}}, {1, 2, 3}, values);
  refused({{2, 2}, {2, 1}}, timestamps, values);
  refused({{3, 2}, {2, 1}}, timestamps, values);
  refused(runs, {20, 10, 5}, values);
  refused(runs, {10, 10, 5}, values);
}

TEST(Segment, RefusesOneSampleTooMany) {
  Columns columns = regular_columns(1, kMaxSegmentSamples + 1);
  EXPECT_THROW(encode(columns), std::invalid_argument);
}

}  // namespace
}  // namespace luminate::codec
