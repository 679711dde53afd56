#pragma once

#include <luminate/store.hpp>

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace luminate::conformance {

/// Makes up requests about a small world, so that they meet one another: four metrics, a handful of dimensions, an hour
/// or so. The same seed makes the same requests.
class RandomRequests {
 public:
  explicit RandomRequests(std::uint64_t seed) : random_(seed) {}

  /// From `from` to `to`, both included.
  int number(int from, int to) { return std::uniform_int_distribution<int>(from, to)(random_); }
  bool chance(int percent) { return number(1, 100) <= percent; }

  std::string tenant();  ///< Often empty.
  Batch batch();
  Query query();
  Deletion deletion();
  Listing listing();
  std::string metric();
  std::string key();

 private:
  std::string value_of(const std::string& key);
  Dimensions dimensions();
  double value_for(const std::string& metric);
  std::int64_t timestamp();
  TimeRange time_range();
  Filter filter();
  std::vector<Aggregation> aggregations(bool exactly_ordered);

  std::mt19937_64 random_;
};

/// Whether the values of an aggregation over a metric's samples are the same whatever order they are added up in.
bool is_exact(const Aggregation& aggregation, const std::string& metric);

}  // namespace luminate::conformance
