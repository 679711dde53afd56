#pragma once

#include <luminate/error.hpp>
#include <luminate/result.hpp>
#include <luminate/store.hpp>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

// Stores that do not depend on the real time, and their answers as lines of text that a test can spell out.
namespace luminate::test {

/// The time of every test store: midnight, so that minutes, hours and days begin here.
inline constexpr std::int64_t kNow = 1'700'006'400'000;
/// An hour earlier: where the tests' samples begin. The texts below count from here.
inline constexpr std::int64_t kStart = kNow - 3'600'000;
inline constexpr double kNotANumber = std::numeric_limits<double>::quiet_NaN();
inline constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// The clock stands at kNow; durable enough for a process that is killed, without syncing for every batch.
Options test_options();
/// The same, taking timestamps of any age.
Options timeless_options();

using Lines = std::vector<std::string>;

/// One line a row; times are relative to `origin`:
///   range      "@0 {host=a,region=eu} 1.5"      and "truncated" at the end of a cut answer
///   aggregate  "eu,a: 1.5 (3)"  or with an interval "@60000 eu,a: 1.5 (3)"; several values stand side by side
///   rate       "@60000 eu: 0.5"
Lines lines(const Result& result, std::int64_t origin = kStart);
std::string text(double value);
std::string text(const Dimensions& dimensions);

/// Points whose timestamps count from kStart.
Batch batch_of(const std::vector<Point>& points);
/// Writes them; all must be accepted.
void put(Store& store, const std::vector<Point>& points);

/// "INVALID_QUERY timeRange.start", or "" when nothing is thrown.
template <typename Call>
std::string error_of(Call&& call) {
  try {
    call();
  } catch (const Error& error) {
    std::string shown(to_string(error.code()));
    if (!error.field().empty()) shown += " " + error.field();
    return shown;
  }
  return "";
}

/// What the error says, or "".
template <typename Call>
std::string message_of(Call&& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

/// "3 accepted, 1: INVALID_VALUE, 4: INVALID_TIMESTAMP".
std::string text(const WriteReport& report);

}  // namespace luminate::test
