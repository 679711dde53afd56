#include "engine/limits.hpp"

#include <luminate/error.hpp>

#include <string>

namespace luminate::engine {

void throw_too_many_rows(std::size_t limit) {
  throw Error(
      ErrorCode::result_limit_exceeded,
      "the answer has more than " + std::to_string(limit) +
          " rows (groups x buckets); lengthen the interval, narrow the time range or group by fewer dimensions");
}

void throw_too_many_groups(std::size_t limit) {
  throw Error(ErrorCode::result_limit_exceeded,
              "the query has more than " + std::to_string(limit) + " groups; group by fewer dimensions or add filters");
}

void GroupsSeen::add_new(std::uint32_t group) {
  if (groups_.size() >= limit_) throw_too_many_groups(limit_);
  number_[group] = static_cast<std::uint32_t>(groups_.size());
  groups_.push_back(group);
}

}  // namespace luminate::engine
