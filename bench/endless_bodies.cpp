#include "endless_bodies.hpp"

#include <charconv>
#include <stdexcept>
#include <string_view>

namespace luminate::bench {
namespace {

constexpr std::string_view kBefore = "\"timestamp\":";
constexpr std::size_t kDigits = 13;  // From 2001 to 2286.

void move_on(char* digits, std::int64_t by_ms) {
  std::int64_t timestamp_ms = 0;
  std::from_chars(digits, digits + kDigits, timestamp_ms);
  std::to_chars(digits, digits + kDigits, timestamp_ms + by_ms);
}

}  // namespace

EndlessBodies::EndlessBodies(const WorkloadShape& shape, std::uint32_t steps, std::uint32_t nth_again)
    : round_ms_(steps * shape.step_ms) {
  const std::uint64_t samples = std::uint64_t{steps} * shape.series();
  if (samples % kPoints != 0) throw std::runtime_error("the pool does not come out even");
  Workload workload(shape);
  pool_.resize(samples / kPoints);
  std::uint64_t sample = 0;
  for (Body& body : pool_) {
    body.text = workload.json_body(kPoints);
    for (auto at = body.text.find(kBefore); at != std::string::npos; at = body.text.find(kBefore, at + 1)) {
      body.timestamps.push_back(static_cast<std::uint32_t>(at + kBefore.size()));
      // Never the same series twice in a row: of each, another step.
      const bool again = nth_again != 0 && (sample % shape.series() + sample / shape.series()) % nth_again == 0;
      if (again) move_on(body.text.data() + body.timestamps.back(), -shape.step_ms);
      ++sample;
    }
  }
}

const std::string& EndlessBodies::at(std::size_t position) {
  Body& body = pool_[position % pool_.size()];
  const std::size_t round = position / pool_.size();
  if (round != body.round) {
    const std::int64_t by_ms = (static_cast<std::int64_t>(round) - static_cast<std::int64_t>(body.round)) * round_ms_;
    for (const std::uint32_t at : body.timestamps) move_on(body.text.data() + at, by_ms);
    body.round = round;
  }
  return body.text;
}

}  // namespace luminate::bench
