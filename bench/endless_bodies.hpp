#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "workload.hpp"

namespace luminate::bench {

/// JSON bodies of one workload without end and almost without cost: a pool of them is made once, and each time round
/// only the timestamps are moved on, in place. (Values repeat after the pool.)
class EndlessBodies {
 public:
  static constexpr std::size_t kPoints = 10'000;  ///< Of one body.

  /// @pre A body's points and the pool's steps come out even: `steps` x series is a multiple of kPoints.
  /// @param nth_again if not 0, every so many'th sample has the timestamp of its series' sample before it, and so takes
  /// that one's place. It divides `steps`.
  EndlessBodies(const WorkloadShape& shape, std::uint32_t steps, std::uint32_t nth_again = 0);

  /// The body at `position` of the stream. Valid until one that is pool_size() further on is asked for; so threads may
  /// share a pool when each asks for positions of its own that are equal modulo a divisor of pool_size().
  const std::string& at(std::size_t position);

  std::size_t pool_size() const { return pool_.size(); }

 private:
  struct Body {
    std::string text;
    std::size_t round = 0;
    std::vector<std::uint32_t> timestamps;  ///< Where they stand in `text`; 13 digits each.
  };
  std::vector<Body> pool_;
  std::int64_t round_ms_;
};

}  // namespace luminate::bench
