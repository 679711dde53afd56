#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace luminate::bench {

/// A deterministic stream of request latencies, as a service with many customers would report them: every step, one
/// sample of each series in turn. Values are gamma-distributed (shape 2, scale 60), rounded to one decimal.
///
/// W1: 3,000 customers x 10 endpoints, few series with long histories. W2: 100,000 customers, a million short ones.
struct WorkloadShape {
  std::uint32_t customers = 3'000;
  std::uint32_t endpoints = 10;
  std::int64_t start_ms = 0;
  std::int64_t step_ms = 10'000;
};

class Workload {
 public:
  explicit Workload(WorkloadShape shape) : shape_(shape), series_(shape.customers * shape.endpoints) {}

  struct Sample {
    std::uint32_t series = 0;
    std::int64_t timestamp_ms = 0;
    double value = 0;
  };
  Sample next();

  /// The next `points` samples in the JSON write format.
  std::string json_body(std::size_t points);

  std::uint32_t series_count() const { return series_; }

 private:
  WorkloadShape shape_;
  std::uint32_t series_;
  std::uint64_t produced_ = 0;
  std::mt19937_64 random_{42};
  std::gamma_distribution<double> latency_{2.0, 60.0};
};

}  // namespace luminate::bench
