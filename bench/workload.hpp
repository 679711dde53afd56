#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace luminate::bench {

/// How one sample is written down: as JSON for Luminate, as InfluxDB's line protocol with milliseconds (which
/// VictoriaMetrics takes), as tab-separated values for ClickHouse, as comma-separated values for DuckDB.
enum class Format { json, influx, tsv, csv };
std::optional<Format> parse_format(std::string_view name);

/// Samples come step by step: one of each series in turn, then the next step.
struct WorkloadShape {
  std::uint32_t customers = 3'000;
  std::uint32_t endpoints = 10;
  std::uint32_t samples_per_series = 360;
  std::int64_t start_ms = 1'767'225'600'000;  ///< 2026-01-01T00:00:00Z.
  std::int64_t step_ms = 10'000;

  std::uint32_t series() const { return customers * endpoints; }
  std::uint64_t samples() const { return std::uint64_t{series()} * samples_per_series; }
  std::int64_t end_ms() const { return start_ms + samples_per_series * step_ms; }  ///< No sample is this late.
};

/// The two that all figures are about. W1: 3,000 customers, 30,000 series of 360 samples each. W2: 100,000 customers,
/// a million series of 10 samples. A scale below 1 takes so much of the customers.
WorkloadShape w1(double scale = 1);
WorkloadShape w2(double scale = 1);
/// "w1" or "w2".
std::optional<WorkloadShape> named_workload(std::string_view name, double scale);

/// What tells the series at `index` apart from the others.
std::map<std::string, std::string, std::less<>> dimensions_of(const WorkloadShape& shape, std::uint32_t index);

/// A deterministic stream of request latencies, as a service with many customers would report them. Values are
/// gamma-distributed (shape 2, scale 60), rounded to one decimal. Besides customer and endpoint a series has one of
/// 4 regions and 50 hosts, by customer, and one of 3 methods.
class Workload {
 public:
  explicit Workload(WorkloadShape shape);

  struct Sample {
    std::uint32_t series = 0;
    std::int64_t timestamp_ms = 0;
    double value = 0;
  };
  Sample next();

  /// The next `points` samples.
  std::string body(Format format, std::size_t points);
  std::string json_body(std::size_t points) { return body(Format::json, points); }

  /// All samples that are left, in bodies of `points`; the last one may be shorter.
  std::vector<std::string> bodies(Format format, std::size_t points);

  std::uint32_t series_count() const { return shape_.series(); }
  const WorkloadShape& shape() const { return shape_; }

 private:
  WorkloadShape shape_;
  std::uint32_t series_ = 0;  ///< Of the next sample.
  std::int64_t timestamp_ms_;
  std::uint64_t produced_ = 0;
  std::mt19937_64 random_{42};
  std::gamma_distribution<double> latency_{2.0, 60.0};
};

}  // namespace luminate::bench
