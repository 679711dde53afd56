#include "model/retention.hpp"

#include <gtest/gtest.h>
#include <luminate/error.hpp>

#include <limits>
#include <string>
#include <vector>

namespace luminate::model {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

std::string refusal(const RetentionPolicy& policy) {
  try {
    check_retention(policy);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_request);
    return error.field();
  }
  return "";
}

TEST(Retention, FitsWholeNamesWithAStarForAnyText) {
  EXPECT_TRUE(fits("debug_*", "debug_"));
  EXPECT_TRUE(fits("debug_*", "debug_heap"));
  EXPECT_FALSE(fits("debug_*", "a_debug_heap"));
  EXPECT_TRUE(fits("*", "anything"));
  EXPECT_TRUE(fits("*_total", "a_total_total"));
  EXPECT_FALSE(fits("*_total", "a_totals"));
  EXPECT_TRUE(fits("a*b*c", "a_b_b_c"));
  EXPECT_FALSE(fits("a*b*c", "a_c_b"));
  EXPECT_TRUE(fits("a**", "a"));
  EXPECT_TRUE(fits("exact", "exact"));
  EXPECT_FALSE(fits("exact", "exactly"));
  EXPECT_FALSE(fits("exactly", "exact"));
}

TEST(Retention, HoldsByTheLongestPatternThenByLetters) {
  const std::vector<RetentionPolicy> policies{
      {"*", hours(1)}, {"debug_*", hours(2)}, {"*_total", hours(3)}, {"a*_total", hours(4)}, {"*a_total", hours(5)}};
  EXPECT_EQ(keep_of("m", policies, hours(9)), hours(1));
  EXPECT_EQ(keep_of("debug_heap", policies, hours(9)), hours(2));
  EXPECT_EQ(keep_of("debug_total", policies, hours(9)), hours(3)) << "'*_total' comes before 'debug_*'";
  EXPECT_EQ(keep_of("a_total", policies, hours(9)), hours(5)) << "'*' comes before 'a'";
  EXPECT_EQ(keep_of("m", {}, hours(9)), hours(9));
}

TEST(Retention, CutsOffNothingForEverAndNeverOverflows) {
  constexpr auto kNever = std::numeric_limits<std::int64_t>::min();
  EXPECT_EQ(retention_cutoff(1'000, milliseconds(300)), 700);
  EXPECT_EQ(retention_cutoff(1'000, milliseconds(0)), kNever);
  EXPECT_EQ(retention_cutoff(kNever + 5, milliseconds(6)), kNever);
}

TEST(Retention, RefusesWhatNoMetricCanBeCalled) {
  EXPECT_EQ(refusal({"debug_*", hours(1)}), "");
  EXPECT_EQ(refusal({"*9", hours(1)}), "");
  for (const char* pattern : {"", "a b", "9a", "a-b", "a?", "\xC3\xA9"}) {
    EXPECT_EQ(refusal({pattern, hours(1)}), "pattern") << pattern;
  }
  EXPECT_EQ(refusal({std::string(256, 'a'), hours(1)}), "");
  EXPECT_EQ(refusal({std::string(257, 'a'), hours(1)}), "pattern");
}

TEST(Retention, KeepsFromAMillisecondToACenturyOrForEver) {
  EXPECT_EQ(refusal({"m", milliseconds(0)}), "");
  EXPECT_EQ(refusal({"m", milliseconds(1)}), "");
  EXPECT_EQ(refusal({"m", milliseconds(-1)}), "keep");
  EXPECT_EQ(refusal({"m", hours(24 * 36'500)}), "");
  EXPECT_EQ(refusal({"m", hours(24 * 36'500) + milliseconds(1)}), "keep");
}

TEST(Retention, AllowsAThousandPolicies) {
  EXPECT_NO_THROW(check_retention_count(999));
  EXPECT_THROW(check_retention_count(1'000), Error);
}

}  // namespace
}  // namespace luminate::model
