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
  const RetentionLimits limits{.default_retention = hours(9)};
  EXPECT_EQ(keep_of("m", policies, limits), hours(1));
  EXPECT_EQ(keep_of("debug_heap", policies, limits), hours(2));
  EXPECT_EQ(keep_of("debug_total", policies, limits), hours(3)) << "'*_total' comes before 'debug_*'";
  EXPECT_EQ(keep_of("a_total", policies, limits), hours(5)) << "'*' comes before 'a'";
  EXPECT_EQ(keep_of("m", {}, limits), hours(9));
}

TEST(Retention, HoldsForAllUnlessTheTenantsOwnPatternIsAsLong) {
  const RetentionLimits limits{.default_retention = hours(9),
                               .policies = {{"debug_*", hours(1)}, {"a_*", hours(2)}, {"*_b", hours(3)}}};
  const std::vector<RetentionPolicy> own{
      {"*", hours(4)}, {"debug_heap*", hours(5)}, {"z_*", hours(6)}, {"*_z", hours(7)}};
  EXPECT_EQ(keep_of("debug_x", own, limits), hours(1)) << "'debug_*' is longer than '*'";
  EXPECT_EQ(keep_of("debug_heap", own, limits), hours(5));
  EXPECT_EQ(keep_of("m", own, limits), hours(4));
  EXPECT_EQ(keep_of("a_z", own, limits), hours(7)) << "as long as 'a_*', and the tenant's own";
  EXPECT_EQ(keep_of("z_b", own, limits), hours(6)) << "as long as '*_b', which comes before it by letters";
  EXPECT_EQ(keep_of("a_b", own, limits), hours(3)) << "'*_b' comes before 'a_*'";
  EXPECT_EQ(keep_of("debug_x", std::vector<RetentionPolicy>{{"debug_*", hours(0)}}, limits), hours(0));
}

std::string text_refusal(std::string_view text) {
  try {
    (void)policies_from(text);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(Retention, IsReadAndWrittenAsText) {
  EXPECT_EQ(policies_from(" debug_*  7d,audit_* off , m 1h30m "),
            (std::vector<RetentionPolicy>{
                {"debug_*", hours(24 * 7)}, {"audit_*", hours(0)}, {"m", hours(1) + std::chrono::minutes(30)}}));
  EXPECT_EQ(to_text(policies_from("debug_* 7d,audit_* off")), "debug_* 7d, audit_* off");
  EXPECT_EQ(to_text(policies_from("")), "");
  EXPECT_EQ(to_text(policies_from("  ")), "");
  for (const char* text :
       {",", "m", "m 7", "m 0s", "m -1d", "m 7d,", "m 7d,,n 7d", "m 7d n 7d", "a-b 7d", " 7d", "m for"}) {
    EXPECT_NE(text_refusal(text), "") << text;
  }
  EXPECT_NE(text_refusal("m 7d, n 7d, m 8d").find("two policies"), std::string::npos);
  std::string most = "m0 1d";
  for (std::size_t i = 1; i < kMaxRetentionPolicies; ++i) most += ",m" + std::to_string(i) + " 1d";
  EXPECT_EQ(text_refusal(most), "");
  EXPECT_NE(text_refusal(most + ",one_more 1d"), "");
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
