#include "sqlite/time_order.hpp"

#include <algorithm>

namespace luminate::sqlite {
namespace {

struct TimedValue {
  std::int64_t timestamp;
  double value;
};

}  // namespace

void order_and_deduplicate(std::vector<std::int64_t>& timestamps, std::vector<double>& values) {
  const auto not_ascending = [](std::int64_t a, std::int64_t b) { return a >= b; };
  if (std::adjacent_find(timestamps.begin(), timestamps.end(), not_ascending) == timestamps.end()) return;
  std::vector<TimedValue> samples(timestamps.size());
  for (std::size_t i = 0; i < samples.size(); ++i) samples[i] = {timestamps[i], values[i]};
  std::stable_sort(samples.begin(), samples.end(),
                   [](const TimedValue& a, const TimedValue& b) { return a.timestamp < b.timestamp; });
  std::size_t kept = 0;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    if (i > 0 && samples[i].timestamp != samples[i - 1].timestamp) ++kept;
    timestamps[kept] = samples[i].timestamp;
    values[kept] = samples[i].value;
  }
  timestamps.resize(kept + 1);
  values.resize(kept + 1);
}

}  // namespace luminate::sqlite
