#pragma once

#include <cstdint>

namespace luminate::engine {

/// What is known of consecutive samples of one series without looking at them.
struct RunSummary {
  std::uint64_t count = 0;
  std::int64_t first_timestamp = 0;
  std::int64_t last_timestamp = 0;
  double sum = 0;
  double sum_low = 0;  ///< What the sum lost when it was rounded to `sum`, or most of that.
  double minimum = 0;
  double maximum = 0;
  double first = 0;  ///< The value at first_timestamp.
  double last = 0;   ///< The value at last_timestamp.
};

}  // namespace luminate::engine
