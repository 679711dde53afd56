#pragma once

#include <luminate/error.hpp>
#include <luminate/metric.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace luminate {

/// The bounds of one point. Every bound is inclusive.
struct PointLimits {
  std::size_t max_dimensions = 20;
  std::size_t max_dimension_key_length = 128;    ///< Characters.
  std::size_t max_dimension_value_length = 256;  ///< Unicode code points.
  std::chrono::milliseconds max_age = std::chrono::hours(7 * 24);
  std::chrono::milliseconds max_future = std::chrono::hours(1);
};

/// Why one point of a batch was rejected.
struct Verdict {
  std::size_t index = 0;  ///< Position of the point in its batch.
  std::string metric{};   ///< Its metric name as sent, cut to 256 bytes of valid UTF-8.
  ErrorCode code = ErrorCode::internal;
  std::string message{};  ///< Names the offending field and the bound it breaks.
};

/// Decides which points obey the data model. Pure: no I/O, no clock of its own. Immutable, so any number of threads
/// may use one. Cardinality is not its concern: that needs to know what a store holds already.
///
/// A point gets at most one verdict, for the first rule it breaks in the order: metric name, number of dimensions,
/// dimension keys and values (in key order), timestamp, value.
class Validator {
 public:
  explicit Validator(PointLimits limits = {}) : limits_(limits) {}

  /// @param now_ms the time against which timestamps are judged, Unix milliseconds.
  std::optional<Verdict> check(const Point& point, std::int64_t now_ms) const;

  /// The verdicts on all bad points, ascending by index. A series is judged once, however many points it has.
  std::vector<Verdict> check(const Batch& batch, std::int64_t now_ms) const;

  const PointLimits& limits() const noexcept { return limits_; }

 private:
  PointLimits limits_;
};

}  // namespace luminate
