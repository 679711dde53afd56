// Answers worked out by hand, or taken from documentation of other systems. Both the engine and the memory backend's
// own evaluation have to give them, so that neither is only as right as the other.

#include <gtest/gtest.h>

#include <functional>
#include <ostream>
#include <tuple>

#include "evaluation.hpp"

namespace luminate::test {
namespace {

using Kind = Aggregation::Kind;

struct Golden {
  std::string name;
  query::Plan plan;
  SeriesMap series;
  std::vector<std::string> answer;
};

Aggregation of(Kind kind) {
  return {kind, 0};
}

/// A plan with one thing or another changed.
query::Plan with(query::Plan plan, const std::function<void(query::Plan&)>& change) {
  change(plan);
  return plan;
}

/// Values at 0, 1, 2, ... seconds.
backend::Samples every_second(std::initializer_list<double> values) {
  backend::Samples samples;
  for (const double value : values) samples[static_cast<std::int64_t>(samples.size()) * 1000] = value;
  return samples;
}

Dimensions host(const std::string& name) {
  return {{"host", name}};
}

std::vector<Golden> quantiles() {
  const auto p50 = Aggregation::quantile(0.5);
  return {
      // numpy.percentile's manual: a = [[10, 7, 4], [3, 2, 1]]; percentile(a, 50) is 3.5, along axis 0
      // [6.5, 4.5, 2.5], along axis 1 [7, 2].
      {"NumpyManualOfAll", aggregate_plan({p50}), {{{}, every_second({10, 7, 4, 3, 2, 1})}}, {" = 3.5 (6)"}},
      {"NumpyManualByColumn",
       aggregate_plan({p50}, {"column"}),
       {{{{"column", "0"}}, every_second({10, 3})},
        {{{"column", "1"}}, every_second({7, 2})},
        {{{"column", "2"}}, every_second({4, 1})}},
       {"0 = 6.5 (2)", "1 = 4.5 (2)", "2 = 2.5 (2)"}},
      {"NumpyManualByRow",
       aggregate_plan({p50}, {"row"}),
       {{{{"row", "0"}}, every_second({10, 7, 4})}, {{{"row", "1"}}, every_second({3, 2, 1})}},
       {"0 = 7 (3)", "1 = 2 (3)"}},
      // Ten values 1 to 10, so h = 9 q: 0.5 -> 4.5, 5 + 0.5 x 1; 0.9 -> 8.1; 0.95 -> 8.55; 0.99 -> 8.91; 0.25 -> 2.25.
      {"OneToTen",
       aggregate_plan({p50, Aggregation::quantile(0.9), Aggregation::quantile(0.95), Aggregation::quantile(0.99),
                       Aggregation::quantile(0.25)}),
       {{{}, every_second({3, 1, 4, 10, 5, 9, 2, 6, 8, 7})}},
       {" = 5.5 9.1 9.55 9.91 3.25 (10)"}},
      {"EndsAreTheExtremes",
       aggregate_plan({Aggregation::quantile(0), Aggregation::quantile(1)}),
       {{host("a"), every_second({5, -2, 8})}, {host("b"), every_second({7})}},
       {" = -2 8 (4)"}},
      {"OneSample", aggregate_plan({Aggregation::quantile(0.95)}), {{{}, every_second({42})}}, {" = 42 (1)"}},
      // 4 000 000 at 0 s and 6 000 000 at 1 s, h = 0.75: further from the lower one.
      {"BetweenTwo",
       aggregate_plan({Aggregation::quantile(0.75)}),
       {{{}, every_second({4e6, 6e6})}},
       {" = 5500000 (2)"}},
  };
}

std::vector<Golden> integrals_and_rates() {
  // 2 x 1 s + 4 x 2 s = 10, and 1 x 1 s = 1.
  const SeriesMap two_series = {{host("a"), {{0, 5}, {1000, 2}, {3000, 4}}}, {host("b"), {{500, 100}, {1500, 1}}}};
  // Increases of 5, 3 (reset: counted from zero), 5 and 0: 13 in all.
  const SeriesMap with_reset = {{{}, {{0, 10}, {10000, 15}, {20000, 3}, {30000, 8}, {40000, 8}}}};
  return {
      {"IntegralPerSeries", aggregate_plan({of(Kind::integral)}), two_series, {" = 11 (5)"}},
      {"IntegralByGroup", aggregate_plan({of(Kind::integral)}, {"host"}), two_series, {"a = 10 (3)", "b = 1 (2)"}},
      {"IntegralStepBelongsToItsEnd",
       with(aggregate_plan({of(Kind::integral)}), [](auto& plan) { plan.interval_ms = 1000; }),
       two_series,
       {"0  = 0 (2)", "1000  = 3 (2)", "3000  = 8 (1)"}},
      {"IntegralBeginsWithTheRange",
       with(aggregate_plan({of(Kind::integral)}),
            [](auto& plan) {
              plan.time_range = {1000, 3001};
            }),
       two_series,
       {" = 8 (3)"}},
      {"IntegralOfMilliseconds",
       aggregate_plan({of(Kind::integral)}),
       {{{}, {{0, 1}, {1, 3}, {3, -1}}}},
       {" = 0.001 (3)"}},
      {"RateWithReset", rate_plan(60000), with_reset, {"0  = 0.216666666667"}},
      // From 10 s to before 30 s one pair, 15 -> 3. The bucket is cut by the range, and still 60 s long.
      {"RateInsideTheRangeOnly",
       with(rate_plan(60000),
            [](auto& plan) {
              plan.time_range = {10000, 30000};
            }),
       with_reset,
       {"0  = 0.05"}},
      {"RateByBucket", rate_plan(10000), with_reset, {"10000  = 0.5", "20000  = 0.3", "30000  = 0.5", "40000  = 0"}},
      // 30 more after 2.5 minutes: all of it in the bucket of the later sample, and no other bucket.
      {"RateOverAGap", rate_plan(60000), {{{}, {{0, 0}, {150000, 30}}}}, {"120000  = 0.5"}},
      {"RateOfLoneSamples", rate_plan(60000), {{host("a"), {{0, 7}}}, {host("b"), {{1000, 8}}}}, {}},
      // Pairs are made within series: a 60 + 60, b 6; c has no pair.
      {"RateSumsSeriesOfAGroup",
       rate_plan(60000, {"zone"}),
       {{{{"host", "a"}, {"zone", "x"}}, {{0, 0}, {1000, 60}, {61000, 120}}},
        {{{"host", "b"}, {"zone", "x"}}, {{500, 100}, {2000, 106}}},
        {{{"host", "c"}, {"zone", "y"}}, {{500, 5}}}},
       {"0 x = 1.1", "60000 x = 1"}},
      {"RateOfNegativeCounter", rate_plan(1000), {{{}, {{0, -5}, {100, -7}, {200, -6}}}}, {"0  = -6"}},
      {"RateBeforeTheEpoch",
       rate_plan(1000),
       {{{}, {{-1500, 1}, {-1001, 2}, {-1000, 4}, {0, 8}}}},
       {"-2000  = 1", "-1000  = 2", "0  = 4"}},
  };
}

std::vector<Golden> plain_aggregations() {
  return {
      {"ManyAtOnce",
       aggregate_plan({of(Kind::avg), of(Kind::sum), of(Kind::count), of(Kind::min), of(Kind::max), of(Kind::avg)}),
       {{host("a"), every_second({1, 2, 3})}, {host("b"), every_second({-4, 10})}},
       {" = 2.4 12 5 -4 10 2.4 (5)"}},
      // The textbook's example: mean 5, squared deviations 9 + 1 + 1 + 1 + 0 + 0 + 4 + 16 = 32, 32 / 8 = 2^2.
      {"StddevTextbook",
       aggregate_plan({of(Kind::stddev)}),
       {{{}, every_second({2, 4, 4, 4, 5, 5, 7, 9})}},
       {" = 2 (8)"}},
      {"StddevOfOne", aggregate_plan({of(Kind::stddev)}), {{{}, every_second({1e9})}}, {" = 0 (1)"}},
      {"StddevAcrossSeries",
       aggregate_plan({of(Kind::stddev)}),
       {{host("a"), every_second({2, 4, 4, 4})}, {host("b"), every_second({5, 5, 7, 9})}},
       {" = 2 (8)"}},
      {"StddevOfNoiseOnAnOffset",
       aggregate_plan({of(Kind::stddev)}),
       {{{}, every_second({1e9 + 0.5, 1e9 - 0.5, 1e9 + 0.5, 1e9 - 0.5})}},
       {" = 0.5 (4)"}},
      {"SumThatCancels",
       aggregate_plan({of(Kind::sum), of(Kind::avg)}),
       {{{}, every_second({1e16, 1, -1e16})}},
       {" = 1 0.333333333333 (3)"}},
      {"SumBeyondFloat64",
       aggregate_plan({of(Kind::sum), of(Kind::avg)}),
       {{{}, every_second({1e308, 1e308, -1})}},
       {" = inf inf (3)"}},
      {"SumBelowFloat64",
       aggregate_plan({of(Kind::sum)}),
       {{host("a"), every_second({-1e308})}, {host("b"), every_second({-1e308})}},
       {" = -inf (2)"}},
      {"FirstAndLast",
       aggregate_plan({of(Kind::first), of(Kind::last)}),
       {{host("a"), {{1000, 1}, {2000, 2}}}, {host("b"), {{500, 3}, {1500, 4}}}},
       {" = 3 2 (4)"}},
      // Equal timestamps at both ends: the series smallest by dimensions. A set that begins another is smaller, and
      // keys are compared as text, not by length.
      {"FirstAndLastOfEqualTimestamps",
       aggregate_plan({of(Kind::first), of(Kind::last)}),
       {{{{"a", "2"}}, {{0, 1}, {9, 2}}},
        {{{"a", "10"}}, {{0, 3}, {9, 4}}},
        {{{"a", "10"}, {"b", "1"}}, {{0, 5}, {9, 6}}},
        {{{"b", "1"}}, {{0, 7}, {9, 8}}}},
       {" = 3 4 (8)"}},
      {"FirstAndLastByBucket",
       with(aggregate_plan({of(Kind::first), of(Kind::last)}), [](auto& plan) { plan.interval_ms = 10; }),
       {{host("a"), {{0, 1}, {9, 2}, {12, 3}}}, {host("b"), {{0, 4}, {10, 5}, {12, 6}}}},
       {"0  = 1 2 (3)", "10  = 5 3 (3)"}},
      {"NothingMatches", aggregate_plan({of(Kind::sum)}), {}, {}},
      {"NothingInRange",
       with(aggregate_plan({of(Kind::sum)}),
            [](auto& plan) {
              plan.time_range = {1, 1000};
            }),
       {{{}, every_second({1, 2})}},
       {}},
      {"RangeIsHalfOpen",
       with(aggregate_plan({of(Kind::sum)}),
            [](auto& plan) {
              plan.time_range = {1000, 3000};
            }),
       {{{}, every_second({1, 2, 4, 8})}},
       {" = 6 (2)"}},
      {"BucketsBeforeTheEpoch",
       with(aggregate_plan({of(Kind::count)}), [](auto& plan) { plan.interval_ms = 1000; }),
       {{{}, {{-1001, 0}, {-1000, 0}, {-1, 0}, {0, 0}, {999, 0}, {1000, 0}}}},
       {"-2000  = 1 (1)", "-1000  = 2 (2)", "0  = 2 (2)", "1000  = 1 (1)"}},
      {"BucketsFarApart",
       with(aggregate_plan({of(Kind::sum)}), [](auto& plan) { plan.interval_ms = 1; }),
       {{host("a"), {{-900'000'000, 1}, {900'000'000, 2}}}, {host("b"), {{0, 3}, {900'000'000, 4}}}},
       {"-900000000  = 1 (1)", "0  = 3 (1)", "900000000  = 6 (2)"}},
  };
}

std::vector<Golden> order_and_limits() {
  const SeriesMap hosts = {{host("a"), every_second({1, 5})},
                           {host("b"), every_second({9, 1})},
                           {host("c"), every_second({2, 4})},
                           {{}, every_second({1, 1})}};  // Without a host: the group "".
  const auto sums = aggregate_plan({of(Kind::sum)}, {"host"});
  const auto by_second = with(sums, [](auto& plan) { plan.interval_ms = 1000; });
  const SeriesMap zones = {{{{"host", "a"}, {"zone", "y"}}, every_second({1})},
                           {{{"host", "a"}, {"zone", "x"}}, every_second({1})},
                           {{{"host", "b"}, {"zone", "x"}}, every_second({1})},
                           {{{"other", "b"}, {"zone", "x"}}, every_second({1})},
                           {{{"zone", "x"}}, every_second({1})}};
  return {
      {"LargestFirstThenByKey", sums, hosts, {"b = 10 (2)", "a = 6 (2)", "c = 6 (2)", " = 2 (2)"}},
      {"SmallestFirstThenByKey",
       with(sums, [](auto& plan) { plan.ascending = true; }),
       hosts,
       {" = 2 (2)", "a = 6 (2)", "c = 6 (2)", "b = 10 (2)"}},
      {"TopTwo", with(sums, [](auto& plan) { plan.limit = 2; }), hosts, {"b = 10 (2)", "a = 6 (2)"}},
      {"BottomTwo",
       with(sums, [](auto& plan) { plan.limit = 2, plan.ascending = true; }),
       hosts,
       {" = 2 (2)", "a = 6 (2)"}},
      {"LimitAboveTheGroups",
       with(sums, [](auto& plan) { plan.limit = 5; }),
       hosts,
       {"b = 10 (2)", "a = 6 (2)", "c = 6 (2)", " = 2 (2)"}},
      {"TheFirstAggregationOrders",
       aggregate_plan({of(Kind::min), of(Kind::max)}, {"host"}),
       hosts,
       {"c = 2 4 (2)", " = 1 1 (2)", "a = 1 5 (2)", "b = 1 9 (2)"}},
      {"ByBucketThenByKey",
       by_second,
       hosts,
       {"0  = 1 (1)", "0 a = 1 (1)", "0 b = 9 (1)", "0 c = 2 (1)", "1000  = 1 (1)", "1000 a = 5 (1)", "1000 b = 1 (1)",
        "1000 c = 4 (1)"}},
      // Over the whole range b has 10, a and c 6: a by its key, though c has more in the first second.
      {"TopGroupsOfTheWholeRange",
       with(by_second, [](auto& plan) { plan.limit = 2; }),
       hosts,
       {"0 a = 1 (1)", "0 b = 9 (1)", "1000 a = 5 (1)", "1000 b = 1 (1)"}},
      {"BottomGroupsOfTheWholeRange",
       with(by_second, [](auto& plan) { plan.limit = 2, plan.ascending = true; }),
       hosts,
       {"0  = 1 (1)", "0 a = 1 (1)", "1000  = 1 (1)", "1000 a = 5 (1)"}},
      {"TwoKeysInTheOrderAskedFor",
       aggregate_plan({of(Kind::count)}, {"zone", "host"}),
       zones,
       {"x, = 2 (2)", "x,a = 1 (1)", "x,b = 1 (1)", "y,a = 1 (1)"}},
      {"KeysCompareAsBytes",
       aggregate_plan({of(Kind::count)}, {"host"}),
       {{host("é"), every_second({1})},
        {host("z"), every_second({1})},
        {host("Z"), every_second({1})},
        {host("10"), every_second({1})},
        {host("2"), every_second({1})}},
       {"10 = 1 (1)", "2 = 1 (1)", "Z = 1 (1)", "z = 1 (1)", "é = 1 (1)"}},
      // Total increases: a 10, b 6, c 3.
      {"RateOfTopGroups",
       with(rate_plan(1000, {"host"}), [](auto& plan) { plan.limit = 2; }),
       {{host("a"), every_second({0, 1, 10})}, {host("b"), every_second({0, 6})}, {host("c"), every_second({0, 3})}},
       {"1000 a = 1", "1000 b = 6", "2000 a = 9"}},
      // d has no pair and so no rate: it is not among the smallest.
      {"RateOfBottomGroups",
       with(rate_plan(1000, {"host"}), [](auto& plan) { plan.limit = 1, plan.ascending = true; }),
       {{host("a"), every_second({0, 1, 10})}, {host("c"), every_second({0, 3})}, {host("d"), every_second({0})}},
       {"1000 c = 3"}},
  };
}

std::vector<Golden> ranges() {
  const SeriesMap series = {{host("b"), {{0, 1}, {1000, 2}}}, {host("a"), {{1000, 3}, {2000, 4}}}, {{}, {{1000, 5}}}};
  return {
      {"ByTimestampThenDimensions",
       range_plan(5),
       series,
       {"0 host=b = 1", "1000  = 5", "1000 host=a = 3", "1000 host=b = 2", "2000 host=a = 4"}},
      {"OneTooMany",
       range_plan(4),
       series,
       {"0 host=b = 1", "1000  = 5", "1000 host=a = 3", "1000 host=b = 2", "truncated"}},
      {"CutAmongEqualTimestamps", range_plan(2), series, {"0 host=b = 1", "1000  = 5", "truncated"}},
      {"RangeOfNothing", range_plan(2), {}, {}},
      {"RangeWithinItsTimes",
       with(range_plan(5),
            [](auto& plan) {
              plan.time_range = {1000, 2000};
            }),
       series,
       {"1000  = 5", "1000 host=a = 3", "1000 host=b = 2"}},
  };
}

std::vector<Golden> all_cases() {
  std::vector<Golden> all;
  for (const auto& cases : {quantiles(), integrals_and_rates(), plain_aggregations(), order_and_limits(), ranges()}) {
    all.insert(all.end(), cases.begin(), cases.end());
  }
  return all;
}

void PrintTo(const Golden& golden, std::ostream* out) {
  *out << golden.name;
}

class GoldenAnswers : public testing::TestWithParam<Golden> {};

TEST_P(GoldenAnswers, OfTheEngine) {
  for (std::uint32_t seed = 1; seed <= 5; ++seed) {
    const Result result = evaluate_with_engine(GetParam().plan, GetParam().series, {}, seed);
    EXPECT_EQ(lines(result), GetParam().answer) << "series fed in order " << seed;
  }
}

TEST_P(GoldenAnswers, OfTheReference) {
  EXPECT_EQ(lines(backend::evaluate_reference(GetParam().plan, GetParam().series, {})), GetParam().answer);
}

INSTANTIATE_TEST_SUITE_P(ByHand, GoldenAnswers, testing::ValuesIn(all_cases()),
                         [](const auto& golden) { return golden.param.name; });

}  // namespace
}  // namespace luminate::test
