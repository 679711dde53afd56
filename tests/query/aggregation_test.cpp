#include <gtest/gtest.h>
#include <luminate/query.hpp>

#include <cmath>
#include <string>

namespace luminate {
namespace {

using Kind = Aggregation::Kind;

TEST(Aggregation, NamesReadBackAsTheSame) {
  const Aggregation all[] = {{Kind::avg},   {Kind::sum},      {Kind::count}, {Kind::min},   {Kind::max},
                             {Kind::first}, {Kind::integral}, {Kind::last},  {Kind::stddev}};
  for (const Aggregation& aggregation : all) EXPECT_EQ(Aggregation::parse(aggregation.name()), aggregation);
  for (const double q : {0.0, 0.25, 0.5, 0.9, 0.95, 0.99, 0.999, 0.1 + 0.2, 1.0, 1e-300}) {
    EXPECT_EQ(Aggregation::parse(Aggregation::quantile(q).name()), Aggregation::quantile(q)) << q;
  }
}

TEST(Aggregation, IsNamedAsInQueries) {
  EXPECT_EQ(Aggregation{Kind::avg}.name(), "avg");
  EXPECT_EQ(Aggregation{Kind::stddev}.name(), "stddev");
  EXPECT_EQ(Aggregation::quantile(0.5).name(), "p50");
  EXPECT_EQ(Aggregation::quantile(0.95).name(), "p95");
  EXPECT_EQ(Aggregation::quantile(0.99).name(), "p99");
  EXPECT_EQ(Aggregation::quantile(0.9).name(), "quantile(0.9)");
  EXPECT_EQ(Aggregation::quantile(0).name(), "quantile(0)");
  EXPECT_EQ(Aggregation::quantile(1).name(), "quantile(1)");
}

TEST(Aggregation, ReadsTheLongFormOfPercentiles) {
  EXPECT_EQ(Aggregation::parse("quantile(0.95)"), Aggregation::quantile(0.95));
  EXPECT_EQ(Aggregation::parse("quantile(5e-1)"), Aggregation::quantile(0.5));
  const auto zero = Aggregation::parse("quantile(-0)");
  ASSERT_TRUE(zero);
  EXPECT_FALSE(std::signbit(zero->q));
}

TEST(Aggregation, RefusesOtherNames) {
  for (const char* name : {"",
                           "AVG",
                           "mean",
                           "p90",
                           "p5",
                           " avg",
                           "quantile",
                           "quantile()",
                           "quantile(",
                           "quantile(0.9",
                           "quantile(0.9))",
                           "quantile( 0.9)",
                           "quantile(+0.9)",
                           "quantile(1.0000001)",
                           "quantile(-0.1)",
                           "quantile(nan)",
                           "quantile(inf)",
                           "quantile(1e999)",
                           "quantile(0x1p-1)",
                           "quantile(0,9)",
                           "unknown"}) {
    EXPECT_EQ(Aggregation::parse(name), std::nullopt) << name;
  }
}

}  // namespace
}  // namespace luminate
