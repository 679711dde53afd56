#include <luminate/validator.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <span>
#include <string_view>
#include <utility>

#include "model/dimension_set.hpp"
#include "model/names.hpp"
#include "model/text.hpp"

namespace luminate {
namespace {

constexpr std::size_t kVerdictMetricBytes = 256;
constexpr std::string_view kPattern = "^[a-zA-Z_][a-zA-Z0-9_]*$";

/// A verdict that belongs to no point yet.
struct Fault {
  ErrorCode code;
  std::string message;
};
using Finding = std::optional<Fault>;

std::string too_many(std::string_view what, std::size_t has, std::string_view unit, std::size_t most) {
  return std::string(what) + " has " + std::to_string(has) + " " + std::string(unit) + ", at most " +
         std::to_string(most) + " are allowed";
}

/// Says why model::valid_name() refused `name`; `what` names the field.
std::string name_fault(std::string_view what, std::string_view name, std::size_t max_length) {
  if (name.empty())
    return std::string(what) + " is empty, 1 to " + std::to_string(max_length) + " characters are needed";
  const std::string subject = std::string(what) + " " + model::quote(name);
  if (!model::valid_name(name, name.size())) return subject + " does not match " + std::string(kPattern);
  return too_many(subject, name.size(), "characters", max_length);
}

Finding judge_metric(std::string_view name) {
  if (model::valid_name(name, model::kMaxMetricNameLength)) return std::nullopt;
  return Fault{ErrorCode::invalid_metric_name, name_fault("metric name", name, model::kMaxMetricNameLength)};
}

Finding judge_dimension_count(std::size_t count, const PointLimits& limits) {
  if (count <= limits.max_dimensions) return std::nullopt;
  return Fault{ErrorCode::dimension_limit_exceeded,
               too_many("dimensions: the point", count, "dimensions", limits.max_dimensions)};
}

Finding judge_key(std::string_view key, const PointLimits& limits) {
  if (key == kTenantDimension) {
    return Fault{ErrorCode::reserved_dimension,
                 "dimension \"" + std::string(kTenantDimension) + "\" is reserved and may not be sent"};
  }
  if (model::valid_name(key, limits.max_dimension_key_length)) return std::nullopt;
  return Fault{ErrorCode::invalid_dimension_key, name_fault("dimension key", key, limits.max_dimension_key_length)};
}

/// Whether `text` is ASCII without control characters: eight bytes at a time, each tested by a bit that nothing
/// carries into, because no byte is above 0x7F when it counts.
bool is_plain_ascii(std::string_view text) {
  constexpr std::uint64_t kEach = 0x0101010101010101ULL;
  constexpr std::uint64_t kHighBits = kEach * 0x80;
  const auto load = [&](std::size_t at) {
    std::uint64_t word = 0;
    text.copy(reinterpret_cast<char*>(&word), sizeof word, at);
    return word;
  };
  const auto strange = [](std::uint64_t word) {
    const std::uint64_t at_least_space = (word & ~kHighBits) + kEach * 0x60;  // Bit 7: the low 7 bits are >= 0x20.
    const std::uint64_t is_delete = (word & ~kHighBits) + kEach;              // Bit 7: the low 7 bits are 0x7F.
    return (word | ~at_least_space | is_delete) & kHighBits;
  };
  if (text.size() < 8) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7F; });
  }
  std::uint64_t found = 0;
  for (std::size_t at = 0; at + 8 <= text.size(); at += 8) found |= strange(load(at));
  return (found | strange(load(text.size() - 8))) == 0;
}

Finding judge_value(std::string_view key, std::string_view value, const PointLimits& limits) {
  if (!value.empty() && value.size() <= limits.max_dimension_value_length && is_plain_ascii(value)) return std::nullopt;

  const std::string subject = "dimension " + model::quote(key) + ": value";
  const auto fault = [&](const std::string& what) {
    return Fault{ErrorCode::invalid_dimension_value, subject + " " + what};
  };
  const std::size_t most = limits.max_dimension_value_length;
  if (value.empty()) return fault("is empty, 1 to " + std::to_string(most) + " characters are needed");
  std::size_t characters = 0;
  for (std::size_t at = 0; at < value.size(); ++characters) {
    const model::Utf8Character c = model::first_character(value.substr(at));
    if (c.length == 0) return fault("is not valid UTF-8 at byte " + std::to_string(at));
    if (model::is_control(c.code_point)) {
      return fault("has a control character (" + model::printable(value.substr(at, c.length), 4) + ") at byte " +
                   std::to_string(at) + ", none is allowed");
    }
    at += c.length;
  }
  if (characters > most) {
    return Fault{ErrorCode::invalid_dimension_value, too_many(subject, characters, "characters", most)};
  }
  return std::nullopt;
}

/// The timestamps that are accepted, both ends included.
class TimeWindow {
 public:
  TimeWindow(const PointLimits& limits, std::int64_t now_ms) {
    constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
    constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
    const std::int64_t age = limits.max_age.count();
    const std::int64_t future = limits.max_future.count();
    if (__builtin_sub_overflow(now_ms, age, &oldest_)) oldest_ = age > 0 ? kMin : kMax;
    if (__builtin_add_overflow(now_ms, future, &latest_)) latest_ = future > 0 ? kMax : kMin;
    // The smallest number stands for timestamps that are none (decoders give it), so no limits make it acceptable.
    oldest_ = std::max(oldest_, kMin + 1);
  }

  bool holds(std::int64_t timestamp_ms) const { return timestamp_ms >= oldest_ && timestamp_ms <= latest_; }

  Fault fault(std::int64_t timestamp_ms) const {
    const std::string given = "timestamp " + std::to_string(timestamp_ms);
    if (timestamp_ms == std::numeric_limits<std::int64_t>::min()) {
      return {ErrorCode::invalid_timestamp, "timestamp is no whole number of milliseconds from " +
                                                std::to_string(oldest_) + " to " + std::to_string(latest_)};
    }
    if (timestamp_ms < oldest_) {
      return {ErrorCode::invalid_timestamp, given + " is before " + std::to_string(oldest_) + ", the oldest accepted"};
    }
    return {ErrorCode::invalid_timestamp, given + " is after " + std::to_string(latest_) + ", the latest accepted"};
  }

 private:
  std::int64_t oldest_ = 0;
  std::int64_t latest_ = 0;
};

/// std::isfinite() without its detour through the library: the exponent is not all ones.
bool is_finite(double value) {
  constexpr std::uint64_t kExponent = 0x7FF0000000000000ULL;
  return (std::bit_cast<std::uint64_t>(value) & kExponent) != kExponent;
}

Fault value_fault(double value) {
  return {ErrorCode::invalid_value, std::isnan(value) ? "value is not a number, a finite one is needed"
                                                      : "value is infinite, a finite number is needed"};
}

Verdict verdict_on(std::size_t index, std::string_view metric, Fault fault) {
  return {index, model::printable(metric, kVerdictMetricBytes), fault.code, std::move(fault.message)};
}

/// Judges the series of one batch. Series of a batch have mostly the same keys in the same places: a key that is the
/// same as the last good one in its place is good too, for the price of a comparison.
class SeriesJudge {
 public:
  explicit SeriesJudge(const PointLimits& limits) : limits_(limits) {}

  Finding judge(std::string_view canonical_dimensions) {
    std::size_t count = 0;
    Finding first;
    for (model::DimensionReader reader(canonical_dimensions); const auto dimension = reader.next(); ++count) {
      if (!first) first = judge_dimension(count, dimension->first, dimension->second);
    }
    if (Finding finding = judge_dimension_count(count, limits_)) return finding;
    return first;
  }

 private:
  Finding judge_dimension(std::size_t place, std::string_view key, std::string_view value) {
    if (place >= good_keys_.size()) good_keys_.resize(place + 1);
    if (key != good_keys_[place] || key.empty()) {
      if (Finding finding = judge_key(key, limits_)) return finding;
      good_keys_[place] = key;
    }
    return judge_value(key, value, limits_);
  }

  const PointLimits& limits_;
  std::vector<std::string_view> good_keys_;
};

}  // namespace

std::optional<Verdict> Validator::check(const Point& point, std::int64_t now_ms) const {
  Finding finding = judge_metric(point.name);
  if (!finding) finding = judge_dimension_count(point.dimensions.size(), limits_);
  for (auto at = point.dimensions.begin(); !finding && at != point.dimensions.end(); ++at) {
    finding = judge_key(at->first, limits_);
    if (!finding) finding = judge_value(at->first, at->second, limits_);
  }
  const TimeWindow window(limits_, now_ms);
  if (!finding && !window.holds(point.timestamp_ms)) finding = window.fault(point.timestamp_ms);
  if (!finding && !is_finite(point.value)) finding = value_fault(point.value);
  if (!finding) return std::nullopt;
  return verdict_on(0, point.name, *std::move(finding));
}

std::vector<Verdict> Validator::check(const Batch& batch, std::int64_t now_ms) const {
  std::vector<Finding> metrics;
  for (std::uint32_t i = 0; i < batch.metric_count(); ++i) metrics.push_back(judge_metric(batch.metric_name(i)));

  std::vector<Finding> series;  // Empty as long as all are good, the ordinary case.
  SeriesJudge judge(limits_);
  // Series with a handle are in a store: they were judged before they came there.
  const bool has_new_series = batch.handle_count() < batch.series_count();
  for (Batch::SeriesIndex i = 0; has_new_series && i < batch.series_count(); ++i) {
    const Batch::Series entry = batch.series_at(i);
    if (entry.handle != 0) continue;
    Finding finding = metrics[entry.metric] ? metrics[entry.metric] : judge.judge(entry.dimensions);
    if (!finding) continue;
    series.resize(batch.series_count());
    series[i] = std::move(finding);
  }

  const TimeWindow window(limits_, now_ms);
  const std::span series_column = batch.series_column();
  const std::span timestamps = batch.timestamp_column();
  const std::span values = batch.value_column();
  std::vector<Verdict> verdicts;
  for (std::size_t i = 0; i < series_column.size(); ++i) {
    const bool good_series = series.empty() || !series[series_column[i]];
    if (good_series && window.holds(timestamps[i]) && is_finite(values[i])) continue;
    const std::string_view metric = batch.metric_name(batch.series_at(series_column[i]).metric);
    Fault fault = !good_series                   ? *series[series_column[i]]
                  : !window.holds(timestamps[i]) ? window.fault(timestamps[i])
                                                 : value_fault(values[i]);
    verdicts.push_back(verdict_on(i, metric, std::move(fault)));
  }
  return verdicts;
}

}  // namespace luminate
