#include "query/plan.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "model/names.hpp"
#include "refusal.hpp"

namespace luminate::query {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using Kind = Aggregation::Kind;

constexpr std::int64_t kNow = 1'769'860'800'000;
constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();

Plan plan(const Query& query, std::int64_t now_ms = kNow) {
  return make_plan(query, "", QueryLimits{}, now_ms);
}

std::string refused(const Query& query, std::int64_t now_ms = kNow) {
  return refusal([&] { plan(query, now_ms); });
}

Query aggregate() {
  return Query::aggregate("m", {{Kind::avg}}).last(1h);
}
Query range() {
  return Query::range("m").last(1h);
}
Query rate() {
  return Query::rate("m").last(1h);
}

Query with(Query query, const auto& change) {
  change(query);
  return query;
}

TEST(ValidName, FollowsThePatternAndTheLength) {
  for (const char* name : {"a", "Z", "_", "a1", "_1", "api_latency", "AZaz09_"}) {
    EXPECT_TRUE(model::valid_name(name, 256)) << name;
  }
  for (const char* name : {"", "1", "1a", "a-b", "a.b", "a b", "a\n", "\xc3\xa4", "a\xff", "a:b", "@", "[", "`", "{"}) {
    EXPECT_FALSE(model::valid_name(name, 256)) << name;
  }
  EXPECT_FALSE(model::valid_name(std::string_view("a\0", 2), 256));
  EXPECT_TRUE(model::valid_name(std::string(128, 'a'), 128));
  EXPECT_FALSE(model::valid_name(std::string(129, 'a'), 128));
}

TEST(Plan, CarriesWhatWasAsked) {
  const Plan made = make_plan(Query::aggregate("m", {{Kind::avg}, Aggregation::quantile(0.9)})
                                  .between(5, 10)
                                  .where("region", "eu")
                                  .where_not_matches("host", "h.*")
                                  .by({"customer_id"})
                                  .every(1s)
                                  .top(3),
                              "acme", QueryLimits{}, kNow);
  EXPECT_EQ(made.type, QueryType::aggregate);
  EXPECT_EQ(made.tenant, "acme");
  EXPECT_EQ(made.metric, "m");
  EXPECT_EQ(made.time_range.start_ms, 5);
  EXPECT_EQ(made.time_range.end_ms, 10);
  ASSERT_EQ(made.matchers.size(), 2U);
  EXPECT_EQ(made.matchers[1].key(), "host");
  EXPECT_EQ(made.aggregations.size(), 2U);
  EXPECT_EQ(made.group_by, std::vector<std::string>{"customer_id"});
  EXPECT_EQ(made.interval_ms, 1'000);
  EXPECT_EQ(made.limit, 3U);
  EXPECT_FALSE(made.ascending);
  EXPECT_TRUE(plan(with(aggregate(), [](Query& q) { q.ascending = true; })).ascending);
}

TEST(Plan, FillsInDefaults) {
  EXPECT_EQ(plan(aggregate()).interval_ms, std::nullopt);
  EXPECT_EQ(plan(aggregate()).limit, std::nullopt);
  EXPECT_EQ(plan(aggregate()).timeout, 10s);
  EXPECT_EQ(plan(range()).limit, 10'000U);
  EXPECT_EQ(plan(range()).interval_ms, std::nullopt);
  EXPECT_EQ(plan(rate()).interval_ms, 60'000);
  EXPECT_EQ(plan(rate()).limit, std::nullopt);
}

TEST(Plan, ChecksTheTypeAndTheMetricName) {
  EXPECT_EQ(refused(with(range(), [](Query& q) { q.type = static_cast<QueryType>(0); })), "INVALID_QUERY queryType");
  EXPECT_EQ(refused(with(range(), [](Query& q) { q.type = static_cast<QueryType>(4); })), "INVALID_QUERY queryType");
  EXPECT_EQ(refused(Query::range(std::string(256, 'm')).last(1h)), "accepted");
  EXPECT_EQ(refused(Query::range(std::string(257, 'm')).last(1h)), "INVALID_QUERY metricName");
  EXPECT_EQ(refused(Query::range("").last(1h)), "INVALID_QUERY metricName");
  EXPECT_EQ(refused(Query::range("1m").last(1h)), "INVALID_QUERY metricName");
  EXPECT_EQ(refused(Query::range("a\xff\n").last(1h)), "INVALID_QUERY metricName");
}

TEST(Plan, RelativeRangeIncludesTheCurrentMillisecond) {
  const TimeRange hour = plan(range()).time_range;
  EXPECT_EQ(hour.end_ms, kNow + 1);
  EXPECT_EQ(hour.start_ms, kNow + 1 - 3'600'000);
  const TimeRange shortest = plan(Query::range("m").last(1ms)).time_range;
  EXPECT_EQ(shortest.start_ms, kNow);
  EXPECT_EQ(shortest.end_ms, kNow + 1);
}

TEST(Plan, BoundsRelativeRanges) {
  const auto last = [](milliseconds length) { return refused(Query::range("m").last(length)); };
  EXPECT_EQ(refused(Query::range("m")), "INVALID_QUERY timeRange.relative");
  EXPECT_EQ(last(0ms), "INVALID_QUERY timeRange.relative");
  EXPECT_EQ(last(-1ms), "INVALID_QUERY timeRange.relative");
  EXPECT_EQ(last(90 * 24h), "accepted");
  EXPECT_EQ(last(90 * 24h + 1ms), "INVALID_QUERY timeRange.relative");
  EXPECT_EQ(last(milliseconds(kMax)), "INVALID_QUERY timeRange.relative");
  EXPECT_EQ(last(milliseconds(kMin)), "INVALID_QUERY timeRange.relative");
}

TEST(Plan, RelativeRangesDoNotOverflowWhateverTheClockSays) {
  EXPECT_EQ(refused(range(), kMax), "accepted");
  EXPECT_EQ(plan(range(), kMax).time_range.end_ms, kMax);
  EXPECT_EQ(refused(range(), kMin), "INVALID_QUERY timeRange.relative");
  EXPECT_EQ(refused(range(), kMin + 3'600'000 - 2), "INVALID_QUERY timeRange.relative");
  EXPECT_EQ(plan(range(), kMin + 3'600'000 - 1).time_range.start_ms, kMin);
}

TEST(Plan, BoundsAbsoluteRanges) {
  constexpr std::int64_t k90Days = 90LL * 86'400'000;
  const auto between = [](std::int64_t start, std::int64_t end) {
    return refused(Query::range("m").between(start, end));
  };
  EXPECT_EQ(between(1, 2), "accepted");
  EXPECT_EQ(between(2, 2), "INVALID_QUERY timeRange.start");
  EXPECT_EQ(between(3, 2), "INVALID_QUERY timeRange.start");
  EXPECT_EQ(between(-5, -5 + k90Days), "accepted");
  EXPECT_EQ(between(-5, -4 + k90Days), "INVALID_QUERY timeRange");
  EXPECT_EQ(between(kMin, kMax), "INVALID_QUERY timeRange");
  EXPECT_EQ(between(kMax, kMin), "INVALID_QUERY timeRange.start");
  EXPECT_EQ(between(kMin, kMin + 1), "accepted");
  EXPECT_EQ(between(kMax - 1, kMax), "accepted");
}

TEST(Plan, ReservesTheTenantDimension) {
  EXPECT_EQ(refused(aggregate().where("_tenant_id", "x")), "RESERVED_DIMENSION filters._tenant_id");
  EXPECT_EQ(refused(aggregate().by({"a", "_tenant_id"})), "RESERVED_DIMENSION groupBy[1]");
}

TEST(Plan, ChecksGroupBy) {
  EXPECT_EQ(refused(aggregate().by({"a", "b", "1c"})), "INVALID_QUERY groupBy[2]");
  EXPECT_EQ(refused(aggregate().by({"a", "b", "a"})), "INVALID_QUERY groupBy[2]");
  EXPECT_EQ(refused(aggregate().by({std::string(128, 'k')})), "accepted");
  EXPECT_EQ(refused(aggregate().by({std::string(129, 'k')})), "INVALID_QUERY groupBy[0]");
  std::vector<std::string> keys;
  for (int i = 0; i < 20; ++i) keys.push_back(std::string(1, static_cast<char>('a' + i)));
  EXPECT_EQ(refused(aggregate().by(keys)), "accepted");
  EXPECT_EQ(refused(rate().by(keys)), "accepted");
  keys.push_back("u");
  EXPECT_EQ(refused(aggregate().by(keys)), "INVALID_QUERY groupBy");
  EXPECT_EQ(refused(range().by({"a"})), "INVALID_QUERY groupBy");
}

TEST(Plan, ChecksAggregations) {
  const auto ask = [](std::vector<Aggregation> list) {
    return refused(Query::aggregate("m", std::move(list)).last(1h));
  };
  EXPECT_EQ(ask({}), "INVALID_QUERY aggregation");
  EXPECT_EQ(ask({{Kind::avg}, {Kind::sum}, {Kind::avg}}), "INVALID_QUERY aggregations[2]");
  EXPECT_EQ(ask({Aggregation::quantile(0.5), Aggregation::quantile(0.5)}), "INVALID_QUERY aggregations[1]");
  EXPECT_EQ(ask({Aggregation::quantile(0.0), Aggregation::quantile(-0.0)}), "INVALID_QUERY aggregations[1]");
  EXPECT_EQ(ask({{Kind::avg, 0.1}, {Kind::avg, 0.2}}), "INVALID_QUERY aggregations[1]");
  EXPECT_EQ(ask({{static_cast<Kind>(0)}}), "INVALID_QUERY aggregation");
  EXPECT_EQ(ask({{static_cast<Kind>(11)}}), "INVALID_QUERY aggregation");
  std::vector<Aggregation> list;
  for (int i = 0; i < 20; ++i) list.push_back(Aggregation::quantile(i / 20.0));
  EXPECT_EQ(ask(list), "accepted");
  list.push_back({Kind::avg});
  EXPECT_EQ(ask(list), "INVALID_QUERY aggregations");
}

TEST(Plan, ChecksQuantiles) {
  const auto ask = [](double q) { return refused(Query::aggregate("m", {Aggregation::quantile(q)}).last(1h)); };
  EXPECT_EQ(ask(0), "accepted");
  EXPECT_EQ(ask(1), "accepted");
  EXPECT_EQ(ask(std::nextafter(1.0, 2.0)), "INVALID_QUERY aggregation");
  EXPECT_EQ(ask(-std::numeric_limits<double>::denorm_min()), "INVALID_QUERY aggregation");
  EXPECT_EQ(ask(std::nan("")), "INVALID_QUERY aggregation");
  EXPECT_EQ(ask(std::numeric_limits<double>::infinity()), "INVALID_QUERY aggregation");
}

TEST(Plan, RefusesAggregationsAndIntervalsWhereTheyMeanNothing) {
  const auto add_avg = [](Query& q) { q.aggregations = {{Kind::avg}}; };
  EXPECT_EQ(refused(with(range(), add_avg)), "INVALID_QUERY aggregation");
  EXPECT_EQ(refused(with(rate(), add_avg)), "INVALID_QUERY aggregation");
  EXPECT_EQ(refused(range().every(1s)), "INVALID_QUERY interval");
}

TEST(Plan, BoundsIntervals) {
  EXPECT_EQ(refused(aggregate().every(1ms)), "accepted");
  EXPECT_EQ(refused(aggregate().every(0ms)), "INVALID_QUERY interval");
  EXPECT_EQ(refused(rate().every(-1ms)), "INVALID_QUERY interval");
  EXPECT_EQ(refused(rate().every(90 * 24h)), "accepted");
  EXPECT_EQ(refused(rate().every(90 * 24h + 1ms)), "INVALID_QUERY interval");
}

TEST(Plan, BoundsLimits) {
  EXPECT_EQ(refused(range().top(0)), "INVALID_QUERY limit");
  EXPECT_EQ(refused(range().top(1)), "accepted");
  EXPECT_EQ(refused(range().top(10'000)), "accepted");
  EXPECT_EQ(refused(range().top(10'001)), "INVALID_QUERY limit");
  EXPECT_EQ(refused(aggregate().top(0)), "INVALID_QUERY limit");
  EXPECT_EQ(refused(aggregate().top(1'000'000)), "accepted");
  EXPECT_EQ(refused(aggregate().top(1'000'001)), "INVALID_QUERY limit");
  EXPECT_EQ(refused(rate().top(1'000'001)), "INVALID_QUERY limit");
}

TEST(Plan, BoundsTimeouts) {
  const auto ask = [](milliseconds timeout) { return refused(with(range(), [&](Query& q) { q.timeout = timeout; })); };
  EXPECT_EQ(ask(0ms), "INVALID_QUERY timeout");
  EXPECT_EQ(ask(-1ms), "INVALID_QUERY timeout");
  EXPECT_EQ(ask(1ms), "accepted");
  EXPECT_EQ(ask(30s), "accepted");
  EXPECT_EQ(ask(30s + 1ms), "INVALID_QUERY timeout");
}

TEST(Plan, TakesItsBoundsFromTheLimits) {
  QueryLimits limits;
  limits.max_time_range = 10ms;
  limits.max_result_points = 5;
  limits.default_timeout = 10s;
  limits.max_timeout = 3s;
  const auto ask = [&](const Query& query) { return refusal([&] { make_plan(query, "", limits, kNow); }); };
  EXPECT_EQ(ask(Query::range("m").between(0, 10)), "accepted");
  EXPECT_EQ(ask(Query::range("m").between(0, 11)), "INVALID_QUERY timeRange");
  EXPECT_EQ(ask(Query::range("m").last(10ms).top(6)), "INVALID_QUERY limit");
  const Plan made = make_plan(Query::range("m").last(10ms), "", limits, kNow);
  EXPECT_EQ(made.limit, 5U);
  EXPECT_EQ(made.timeout, 3s);
  EXPECT_EQ(made.limits.max_result_points, 5U);
}

TEST(BucketStart, IsTheMultipleOfTheIntervalAtOrBefore) {
  EXPECT_EQ(bucket_start(0, 60), 0);
  EXPECT_EQ(bucket_start(59, 60), 0);
  EXPECT_EQ(bucket_start(60, 60), 60);
  EXPECT_EQ(bucket_start(-1, 60), -60);
  EXPECT_EQ(bucket_start(-60, 60), -60);
  EXPECT_EQ(bucket_start(-61, 60), -120);
}

}  // namespace
}  // namespace luminate::query
