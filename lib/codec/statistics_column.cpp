#include "codec/statistics_column.hpp"

#include "codec/bytes.hpp"
#include "codec/integer_column.hpp"
#include "codec/value_column.hpp"

namespace luminate::codec {
namespace {

// The order in the file. Frozen.
constexpr double RunStatistics::*kValues[] = {&RunStatistics::sum,     &RunStatistics::sum_low, &RunStatistics::minimum,
                                              &RunStatistics::maximum, &RunStatistics::first,   &RunStatistics::last};

std::uint64_t unsigned_of(std::int64_t timestamp) {
  return static_cast<std::uint64_t>(timestamp);
}

}  // namespace

void encode_statistics(std::span<const RunStatistics> statistics, std::string& out) {
  std::vector<double> values(statistics.size());
  for (const auto field : kValues) {
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = statistics[i].*field;
    encode_values(values, out);
  }
  IntegerColumnWriter firsts(out, Predictors::delta);
  for (const RunStatistics& run : statistics) firsts.append(unsigned_of(run.first_timestamp));
  firsts.finish();
  IntegerColumnWriter durations(out, Predictors::delta);
  for (const RunStatistics& run : statistics) {
    durations.append(unsigned_of(run.last_timestamp) - unsigned_of(run.first_timestamp));
  }
  durations.finish();
}

std::vector<RunStatistics> decode_statistics(std::span<const std::byte> column, std::span<const Run> runs) {
  ByteReader in(column, "statistics");
  std::vector<RunStatistics> statistics(runs.size());
  std::vector<double> values(runs.size());
  for (const auto field : kValues) {
    decode_values(in, values);
    for (std::size_t i = 0; i < values.size(); ++i) statistics[i].*field = values[i];
  }
  IntegerColumnReader firsts(in, runs.size());
  for (auto run = statistics.begin(); run != statistics.end();) {
    for (const std::uint64_t first : firsts.take(runs.size())) {
      run++->first_timestamp = static_cast<std::int64_t>(first);
    }
  }
  IntegerColumnReader durations(in, runs.size());
  bool possible = true;
  for (std::size_t i = 0; i < runs.size();) {
    for (const std::uint64_t duration : durations.take(runs.size())) {
      RunStatistics& run = statistics[i];
      run.last_timestamp = static_cast<std::int64_t>(unsigned_of(run.first_timestamp) + duration);
      possible &= runs[i++].count == 1 ? duration == 0 : run.first_timestamp < run.last_timestamp;
    }
  }
  if (!possible) in.fail("a run ends before it begins");
  in.expect_end();
  return statistics;
}

}  // namespace luminate::codec
