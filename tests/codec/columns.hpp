#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "codec/segment.hpp"

// What the tests of the codec share: columns of a segment, and comparing them bit for bit.
namespace luminate::codec {

using Runs = std::vector<Run>;  // inside a test, Run is a member of testing::Test

struct Columns {
  Runs runs;
  std::vector<std::int64_t> timestamps;
  std::vector<double> values;
  std::vector<RunStatistics> statistics;
};

inline std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

inline std::string encode(const Columns& columns) {
  return encode_segment(columns.runs, columns.timestamps, columns.values, columns.statistics);
}

inline Columns decode(std::span<const std::byte> bytes) {
  const SegmentReader reader(bytes);
  Columns columns{{reader.runs().begin(), reader.runs().end()},
                  std::vector<std::int64_t>(reader.size()),
                  std::vector<double>(reader.size()),
                  reader.statistics()};
  reader.read_timestamps(columns.timestamps);
  reader.read_values(columns.values);
  return columns;
}

inline std::vector<std::uint64_t> bit_patterns(std::span<const double> values) {
  std::vector<std::uint64_t> patterns;
  for (const double value : values) patterns.push_back(std::bit_cast<std::uint64_t>(value));
  return patterns;
}

/// -0.0 is not 0.0, and a NaN equals the same NaN.
inline bool identical(std::span<const RunStatistics> left, std::span<const RunStatistics> right) {
  const auto bits = [](const RunStatistics& run) {
    return std::array{std::bit_cast<std::uint64_t>(run.sum),           std::bit_cast<std::uint64_t>(run.sum_low),
                      std::bit_cast<std::uint64_t>(run.minimum),       std::bit_cast<std::uint64_t>(run.maximum),
                      std::bit_cast<std::uint64_t>(run.first),         std::bit_cast<std::uint64_t>(run.last),
                      static_cast<std::uint64_t>(run.first_timestamp), static_cast<std::uint64_t>(run.last_timestamp)};
  };
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [&](const auto& a, const auto& b) { return bits(a) == bits(b); });
}
inline bool identical(const Columns& left, const Columns& right) {
  return left.runs == right.runs && left.timestamps == right.timestamps &&
         bit_patterns(left.values) == bit_patterns(right.values) && identical(left.statistics, right.statistics);
}

inline std::vector<RunStatistics> statistics_of(const Columns& columns) {
  std::vector<RunStatistics> statistics;
  for (std::size_t begin = 0; const Run& run : columns.runs) {
    const auto values = std::span(columns.values).subspan(begin, run.count);
    RunStatistics& of = statistics.emplace_back();
    for (const double value : values) of.sum += value;
    of.sum_low = static_cast<double>(static_cast<float>(of.sum * 0x1p-60));  // Any short number as small as a rest.
    of.minimum = *std::min_element(values.begin(), values.end());
    of.maximum = *std::max_element(values.begin(), values.end());
    of.first = values.front();
    of.last = values.back();
    of.first_timestamp = columns.timestamps[begin];
    begin += run.count;
    of.last_timestamp = columns.timestamps[begin - 1];
  }
  return statistics;
}

/// `series` runs of `each` samples every ten seconds, late by up to `jitter_ms`; the values are 0.
inline Columns regular_columns(std::size_t series, std::uint32_t each, std::uint64_t jitter_ms = 0) {
  std::mt19937_64 random(7);
  Columns columns;
  for (std::size_t i = 0; i < series; ++i) {
    columns.runs.push_back({.series = 1000 + 3 * i, .count = each});
    for (std::uint32_t k = 0; k < each; ++k) {
      columns.timestamps.push_back(1'790'000'000'000 +
                                   static_cast<std::int64_t>(10'000 * k + 37 * i + random() % (jitter_ms + 1)));
    }
  }
  columns.values.resize(columns.timestamps.size());
  return columns;
}

}  // namespace luminate::codec
