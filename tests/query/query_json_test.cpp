#include <gtest/gtest.h>
#include <luminate/query.hpp>

#include <string>

#include "query/plan.hpp"
#include "refusal.hpp"

namespace luminate::query {
namespace {

using namespace std::chrono_literals;
using Kind = Aggregation::Kind;

/// A whole query of a type with more fields behind the necessary ones: `"limit": 5`.
std::string of_type(const std::string& type, const std::string& more = {}) {
  return R"({"queryType":")" + type + R"(","metricName":"m","timeRange":{"relative":"1h"})" +
         (more.empty() ? "" : "," + more) + "}";
}
std::string aggregate(const std::string& more) {
  return of_type("aggregate", more);
}
std::string average(const std::string& more) {
  return aggregate(R"("aggregation":"avg",)" + more);
}
std::string between(const std::string& start, const std::string& end) {
  return R"({"queryType":"range","metricName":"m","timeRange":{"start":)" + start + R"(,"end":)" + end + "}}";
}
std::string filtered(const std::string& filters) {
  return of_type("range", R"("filters":)" + filters);
}

std::string refused(const std::string& json, std::string* message = nullptr) {
  return refusal([&] { Query::parse_json(json); }, message);
}

TEST(QueryJson, ReadsEveryField) {
  const Query query = Query::parse_json(R"({
    "queryType": "aggregate", "metricName": "api_latency", "timeRange": {"relative": "1h30m"},
    "filters": {"region": "eu", "host": {"not": "h1"}}, "aggregation": "p95", "groupBy": ["customer_id", "region"],
    "interval": "1m", "limit": 100, "order": "asc", "timeout": "10s"})");
  EXPECT_EQ(query.type, QueryType::aggregate);
  EXPECT_EQ(query.metric, "api_latency");
  EXPECT_EQ(std::get<RelativeRange>(query.time_range).length, 90min);
  ASSERT_EQ(query.filters.size(), 2U);
  EXPECT_EQ(query.filters[0].key, "region");
  EXPECT_EQ(query.aggregations, std::vector<Aggregation>{Aggregation::quantile(0.95)});
  EXPECT_EQ(query.group_by, (std::vector<std::string>{"customer_id", "region"}));
  EXPECT_EQ(query.interval, 1min);
  EXPECT_EQ(query.limit, 100U);
  EXPECT_TRUE(query.ascending);
  EXPECT_EQ(query.timeout, 10s);
}

TEST(QueryJson, LeavesOutWhatIsOptional) {
  for (const char* type : {"range", "rate"}) {
    const Query query = Query::parse_json(of_type(type));
    EXPECT_TRUE(query.filters.empty());
    EXPECT_TRUE(query.group_by.empty());
    EXPECT_EQ(query.interval, std::nullopt);
    EXPECT_EQ(query.limit, std::nullopt);
    EXPECT_EQ(query.timeout, std::nullopt);
    EXPECT_FALSE(query.ascending);
  }
  EXPECT_EQ(Query::parse_json(of_type("range")).type, QueryType::range);
  EXPECT_EQ(Query::parse_json(of_type("rate")).type, QueryType::rate);
  EXPECT_FALSE(Query::parse_json(average(R"("order":"desc")")).ascending);
}

TEST(QueryJson, ReadsTimesAsTextAndAsNumbers) {
  const auto times = [](const std::string& json) { return std::get<TimeRange>(Query::parse_json(json).time_range); };
  EXPECT_EQ(times(between("1000", "2000")).start_ms, 1000);
  EXPECT_EQ(times(between("-1000", "2000")).start_ms, -1000);
  EXPECT_EQ(times(between("\"1000\"", "\"2000\"")).end_ms, 2000);
  EXPECT_EQ(times(between("\"1970-01-01T00:00:01Z\"", "\"1970-01-01T01:00:02+01:00\"")).end_ms, 2000);
}

TEST(QueryJson, RefusesOtherTimes) {
  for (const char* bad : {"1.5", "1e3", "9223372036854775808", "null", "true", "[]", "{}", "\"\"", "\"now\"",
                          "\"2026-02-30T00:00:00Z\"", "\"9223372036854775808\"", "\"1h\""}) {
    EXPECT_EQ(refused(between(bad, "2000")), "INVALID_QUERY timeRange.start") << bad;
    EXPECT_EQ(refused(between("1000", bad)), "INVALID_QUERY timeRange.end") << bad;
  }
}

TEST(QueryJson, RefusesOtherTimeRanges) {
  const auto ask = [](const std::string& time_range) {
    return refused(R"({"queryType":"range","metricName":"m","timeRange":)" + time_range + "}");
  };
  EXPECT_EQ(ask("{}"), "INVALID_QUERY timeRange.start");
  EXPECT_EQ(ask(R"({"start":1})"), "INVALID_QUERY timeRange.end");
  EXPECT_EQ(ask(R"({"end":1})"), "INVALID_QUERY timeRange.start");
  EXPECT_EQ(ask(R"({"relative":"1h","start":1})"), "INVALID_QUERY timeRange.start");
  EXPECT_EQ(ask(R"({"relative":"1h","end":1})"), "INVALID_QUERY timeRange.end");
  EXPECT_EQ(ask(R"({"relative":"1.5h"})"), "INVALID_QUERY timeRange.relative");
  EXPECT_EQ(ask(R"({"relative":3600})"), "INVALID_QUERY timeRange.relative");
  EXPECT_EQ(ask(R"({"last":"1h"})"), "INVALID_QUERY timeRange.last");
  EXPECT_EQ(ask(R"("1h")"), "INVALID_QUERY timeRange");
  EXPECT_EQ(ask("[]"), "INVALID_QUERY timeRange");
}

TEST(QueryJson, RefusesMissingFields) {
  EXPECT_EQ(refused("{}"), "INVALID_QUERY queryType");
  EXPECT_EQ(refused(R"({"queryType":"range"})"), "INVALID_QUERY metricName");
  EXPECT_EQ(refused(R"({"queryType":"range","metricName":"m"})"), "INVALID_QUERY timeRange");
  EXPECT_EQ(refused(of_type("aggregate")), "INVALID_QUERY aggregation");
}

TEST(QueryJson, RefusesUnknownFieldsAndNamesTheNearest) {
  const std::pair<const char*, const char*> typos[] = {
      {"metricname", "metricName"},     {"group_by", "groupBy"}, {"agregation", "aggregation"},
      {"time_range", "timeRange"},      {"Limit", "limit"},      {"filter", "filters"},
      {"aggregation_s", "aggregations"}};
  for (const auto& [typo, meant] : typos) {
    std::string message;
    EXPECT_EQ(refused(of_type("range", '"' + std::string(typo) + "\":1"), &message),
              std::string("INVALID_QUERY ") + typo);
    EXPECT_NE(message.find('"' + std::string(meant) + '"'), std::string::npos) << message;
  }
  EXPECT_EQ(refused(R"({"":1})"), "INVALID_QUERY ");
  EXPECT_EQ(refused("{\"\xc3\xa4\\n\":1}"), "INVALID_QUERY \xc3\xa4\\x0a");
  EXPECT_EQ(refused("{\"" + std::string(100'000, 'x') + "\":1}"), "INVALID_QUERY " + std::string(64, 'x') + "...");
}

TEST(QueryJson, RefusesRepeatedFields) {
  EXPECT_EQ(refused(of_type("range", R"("limit":1,"limit":2)")), "INVALID_QUERY limit");
  EXPECT_EQ(refused(filtered(R"({"a":"1","a":"2"})")), "INVALID_QUERY a");
}

TEST(QueryJson, RefusesWrongTypes) {
  for (const char* bad : {"null", "1", "true", "[]", "{}", "1.5"}) {
    EXPECT_EQ(refused(std::string(R"({"queryType":)") + bad + "}"), "INVALID_QUERY queryType") << bad;
    EXPECT_EQ(refused(std::string(R"({"queryType":"range","metricName":)") + bad + "}"), "INVALID_QUERY metricName");
    EXPECT_EQ(refused(average(std::string(R"("interval":)") + bad)), "INVALID_QUERY interval") << bad;
    EXPECT_EQ(refused(average(std::string(R"("timeout":)") + bad)), "INVALID_QUERY timeout") << bad;
    EXPECT_EQ(refused(average(std::string(R"("order":)") + bad)), "INVALID_QUERY order") << bad;
  }
  for (const char* bad : {"null", "1", "true", "{}", "\"a\""}) {
    EXPECT_EQ(refused(average(std::string(R"("groupBy":)") + bad)), "INVALID_QUERY groupBy") << bad;
    EXPECT_EQ(refused(aggregate(std::string(R"("aggregations":)") + bad)), "INVALID_QUERY aggregations") << bad;
  }
  EXPECT_EQ(refused(average(R"("groupBy":["a","b",3])")), "INVALID_QUERY groupBy[2]");
  for (const char* bad : {"null", "1", "true", "[]", "\"a\""}) {
    EXPECT_EQ(refused(filtered(bad)), "INVALID_QUERY filters") << bad;
  }
  for (const char* bad : {"null", "1", "true", "[]", "\"a\""}) EXPECT_EQ(refused(bad), "INVALID_QUERY ") << bad;
}

TEST(QueryJson, RefusesUnknownWords) {
  EXPECT_EQ(refused(of_type("Range")), "INVALID_QUERY queryType");
  EXPECT_EQ(refused(average(R"("order":"down")")), "INVALID_QUERY order");
  EXPECT_EQ(refused(average(R"("interval":"1 m")")), "INVALID_QUERY interval");
  EXPECT_EQ(refused(aggregate(R"("aggregation":"mean")")), "INVALID_QUERY aggregation");
  EXPECT_EQ(refused(aggregate(R"("aggregations":["avg","p90"])")), "INVALID_QUERY aggregations[1]");
}

TEST(QueryJson, LimitIsAWholeNumberFromOne) {
  EXPECT_EQ(Query::parse_json(average(R"("limit":1)")).limit, 1U);
  for (const char* bad : {"0", "-1", "1.0", "1e2", "\"5\"", "null", "18446744073709551617", "9223372036854775808"}) {
    EXPECT_EQ(refused(average(std::string(R"("limit":)") + bad)), "INVALID_QUERY limit") << bad;
  }
}

TEST(QueryJson, RefusesFieldsThatMeanNothingForTheType) {
  for (const char* field : {R"("aggregation":"avg")", R"("aggregations":["avg"])", R"("quantile":0.5)"}) {
    const std::string name(field + 1, std::string_view(field).find('"', 1) - 1);
    EXPECT_EQ(refused(of_type("range", field)), "INVALID_QUERY " + name);
    EXPECT_EQ(refused(of_type("rate", field)), "INVALID_QUERY " + name);
  }
  for (const char* field : {R"("groupBy":[])", R"("interval":"1m")", R"("order":"asc")"}) {
    const std::string name(field + 1, std::string_view(field).find('"', 1) - 1);
    EXPECT_EQ(refused(of_type("range", field)), "INVALID_QUERY " + name);
    EXPECT_EQ(refused(of_type("rate", field)), "accepted") << field;
  }
}

TEST(QueryJson, ReadsAllFormsOfQuantiles) {
  const auto read = [](const std::string& more) { return Query::parse_json(aggregate(more)).aggregations; };
  const std::vector<Aggregation> q90{Aggregation::quantile(0.9)};
  EXPECT_EQ(read(R"("aggregation":"quantile","quantile":0.9)"), q90);
  EXPECT_EQ(read(R"j("aggregation":"quantile(0.9)")j"), q90);
  EXPECT_EQ(read(R"("aggregation":{"quantile":0.9})"), q90);
  EXPECT_EQ(read(R"("aggregation":{"quantile":1})"), std::vector<Aggregation>{Aggregation::quantile(1)});
  EXPECT_EQ(read(R"j("aggregations":["avg",{"quantile":0.25},"quantile(0.75)","p99","quantile"],"quantile":0.9)j"),
            (std::vector<Aggregation>{{Kind::avg},
                                      Aggregation::quantile(0.25),
                                      Aggregation::quantile(0.75),
                                      Aggregation::quantile(0.99),
                                      Aggregation::quantile(0.9)}));
}

TEST(QueryJson, RefusesOtherQuantiles) {
  EXPECT_EQ(refused(aggregate(R"("aggregation":"quantile")")), "INVALID_QUERY aggregation");
  EXPECT_EQ(refused(aggregate(R"("aggregations":["avg","quantile"])")), "INVALID_QUERY aggregations[1]");
  EXPECT_EQ(refused(average(R"("quantile":0.9)")), "INVALID_QUERY quantile");
  EXPECT_EQ(refused(aggregate(R"("aggregation":{})")), "INVALID_QUERY aggregation.quantile");
  EXPECT_EQ(refused(aggregate(R"("aggregation":{"q":0.5})")), "INVALID_QUERY aggregation.q");
  for (const char* bad : {"-0.1", "1.1", "\"0.9\"", "null", "2"}) {
    EXPECT_EQ(refused(aggregate(std::string(R"("aggregation":"quantile","quantile":)") + bad)),
              "INVALID_QUERY quantile");
    EXPECT_EQ(refused(aggregate(std::string(R"("aggregations":[{"quantile":)") + bad + "}]")),
              "INVALID_QUERY aggregations[0].quantile");
  }
  EXPECT_EQ(refused(aggregate(R"j("aggregation":"quantile(2)")j")), "INVALID_QUERY aggregation");
}

TEST(QueryJson, RefusesBothOneAggregationAndSeveral) {
  EXPECT_EQ(refused(aggregate(R"("aggregation":"avg","aggregations":["sum"])")), "INVALID_QUERY aggregations");
  EXPECT_EQ(refused(aggregate(R"("aggregations":[])")), "INVALID_QUERY aggregations");
}

TEST(QueryJson, ReadsAllFormsOfFilters) {
  const std::vector<Filter> filters =
      parse_filters_json(R"({"a":"1","b":["2","3"],"c":{"not":"4"},"d":{"regex":"5.*"},"e":{"notRegex":"6"},"f":""})");
  ASSERT_EQ(filters.size(), 6U);
  using FilterKind = Filter::Kind;
  const std::pair<FilterKind, std::vector<std::string>> expected[] = {
      {FilterKind::any_of, {"1"}},    {FilterKind::any_of, {"2", "3"}}, {FilterKind::is_not, {"4"}},
      {FilterKind::matches, {"5.*"}}, {FilterKind::matches_not, {"6"}}, {FilterKind::any_of, {""}}};
  for (std::size_t i = 0; i < filters.size(); ++i) {
    EXPECT_EQ(filters[i].key, std::string(1, static_cast<char>('a' + i)));
    EXPECT_EQ(filters[i].kind, expected[i].first);
    EXPECT_EQ(filters[i].operands, expected[i].second);
  }
  EXPECT_TRUE(parse_filters_json("{}").empty());
}

TEST(QueryJson, SeveralOperatorsOfOneFilterAllHold) {
  const std::vector<Filter> filters = parse_filters_json(R"({"k":{"regex":"a.*","not":"ab","notRegex":".*z"}})");
  ASSERT_EQ(filters.size(), 3U);
  const auto passes = [matchers = compile(filters)](std::string_view value) {
    for (const Matcher& matcher : matchers) {
      if (!matcher.matches(value)) return false;
    }
    return true;
  };
  EXPECT_TRUE(passes("ac"));
  EXPECT_FALSE(passes("ab"));
  EXPECT_FALSE(passes("az"));
  EXPECT_FALSE(passes("b"));
}

TEST(QueryJson, RefusesOtherFilters) {
  EXPECT_EQ(refused(filtered(R"({"region":[]})")), "INVALID_QUERY filters.region");
  EXPECT_EQ(refused(filtered(R"({"region":{}})")), "INVALID_QUERY filters.region");
  EXPECT_EQ(refused(filtered(R"({"region":5})")), "INVALID_QUERY filters.region");
  EXPECT_EQ(refused(filtered(R"({"region":null})")), "INVALID_QUERY filters.region");
  EXPECT_EQ(refused(filtered(R"({"region":["a",5]})")), "INVALID_QUERY filters.region[1]");
  EXPECT_EQ(refused(filtered(R"({"region":{"not":["a"]}})")), "INVALID_QUERY filters.region.not");
  EXPECT_EQ(refused(filtered(R"({"region":{"regex":5}})")), "INVALID_QUERY filters.region.regex");
  std::string message;
  EXPECT_EQ(refused(filtered(R"({"region":{"notregex":"a"}})"), &message), "INVALID_QUERY filters.region.notregex");
  EXPECT_NE(message.find("\"notRegex\""), std::string::npos) << message;
  EXPECT_EQ(refusal([] { parse_filters_json("[]"); }), "INVALID_QUERY filters");
  EXPECT_EQ(refusal([] { parse_filters_json(""); }), "INVALID_QUERY ");
  EXPECT_EQ(refusal([] { parse_filters_json(R"({"region":[]})"); }), "INVALID_QUERY filters.region");
}

TEST(QueryJson, RefusesBrokenJson) {
  const std::string whole = average(R"("limit":5)");
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_EQ(refused(whole.substr(0, length)), "INVALID_QUERY ") << length;
  }
  EXPECT_EQ(refused(whole), "accepted");
  EXPECT_EQ(refused(whole + "x"), "INVALID_QUERY ");
  EXPECT_EQ(refused(whole + whole), "INVALID_QUERY ");
  EXPECT_EQ(refused(average(R"("limit":NaN)")), "INVALID_QUERY ");
  EXPECT_EQ(refused(average(R"("limit":1e999)")), "INVALID_QUERY ");
  EXPECT_EQ(refused(filtered("{\"a\":\"\xff\"}")), "INVALID_QUERY ");
}

TEST(QueryJson, BuilderAndJsonAskTheSame) {
  const Query built = Query::aggregate("m", {{Kind::avg}})
                          .between(1, 2)
                          .where("a", "1")
                          .where_any("b", {"2", "3"})
                          .where_not("c", "4")
                          .where_matches("d", "5")
                          .where_not_matches("e", "6")
                          .by({"f"})
                          .every(1min)
                          .top(7);
  const Query parsed = Query::parse_json(
      R"({"queryType":"aggregate","metricName":"m","timeRange":{"start":1,"end":2},"aggregation":"avg",
          "filters":{"a":"1","b":["2","3"],"c":{"not":"4"},"d":{"regex":"5"},"e":{"notRegex":"6"}},
          "groupBy":["f"],"interval":"1m","limit":7})");
  EXPECT_EQ(built.type, parsed.type);
  EXPECT_EQ(built.metric, parsed.metric);
  EXPECT_EQ(std::get<TimeRange>(built.time_range).end_ms, std::get<TimeRange>(parsed.time_range).end_ms);
  ASSERT_EQ(built.filters.size(), parsed.filters.size());
  for (std::size_t i = 0; i < built.filters.size(); ++i) {
    EXPECT_EQ(built.filters[i].key, parsed.filters[i].key);
    EXPECT_EQ(built.filters[i].kind, parsed.filters[i].kind);
    EXPECT_EQ(built.filters[i].operands, parsed.filters[i].operands);
  }
  EXPECT_EQ(built.aggregations, parsed.aggregations);
  EXPECT_EQ(built.group_by, parsed.group_by);
  EXPECT_EQ(built.interval, parsed.interval);
  EXPECT_EQ(built.limit, parsed.limit);
}

}  // namespace
}  // namespace luminate::query
