#include <gtest/gtest.h>
#include <luminate/result.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "query/json.hpp"

namespace luminate {
namespace {

using Kind = Aggregation::Kind;

Result result(auto data) {
  Result out;
  out.data = std::move(data);
  out.points_scanned = 42;
  out.execution_time = std::chrono::microseconds(1'500);
  return out;
}

TEST(ResultJson, ShowsSamples) {
  RangeResult range;
  range.series = {{{"a", "x"}, {"b", "y"}}, {}};
  range.series_column = {0, 1, 0};
  range.timestamp_column = {-1, 0, 1'769'860'800'000};
  range.value_column = {1.5, -2, 0.1};
  EXPECT_EQ(to_json(result(range)), R"({"queryType":"range","results":[)"
                                    R"({"timestamp":-1,"value":1.5,"dimensions":{"a":"x","b":"y"}},)"
                                    R"({"timestamp":0,"value":-2,"dimensions":{}},)"
                                    R"({"timestamp":1769860800000,"value":0.1,"dimensions":{"a":"x","b":"y"}}],)"
                                    R"("truncated":false,"executionTimeMs":1.5,"pointsScanned":42})");
  range.truncated = true;
  EXPECT_NE(to_json(result(range)).find("\"truncated\":true"), std::string::npos);
}

TEST(RangeJsonWriter, WritesTheSameTextWhateverThePieces) {
  RangeResult whole;
  whole.series = {{{"a", "x\n"}}, {}, {{"b", "\xC3\xA9"}}};
  for (int i = 0; i < 100; ++i) {
    whole.series_column.push_back(static_cast<std::uint32_t>(i * i % 3));
    whole.timestamp_column.push_back(i / 4);
    whole.value_column.push_back(i == 50 ? std::numeric_limits<double>::infinity() : i * 0.1);
  }
  whole.truncated = true;
  for (const std::size_t samples : {1u, 7u, 100u}) {
    for (const std::size_t enough : {1u, 300u, 1'000'000u}) {
      RangeJsonWriter json;
      std::string text;
      for (std::size_t from = 0; from < 100; from += samples) {
        RangeResult piece;  // Its series numbered the other way round.
        piece.series = {whole.series[2], whole.series[1], whole.series[0]};
        for (std::size_t i = from; i < std::min<std::size_t>(from + samples, 100); ++i) {
          piece.series_column.push_back(2 - whole.series_column[i]);
          piece.timestamp_column.push_back(whole.timestamp_column[i]);
          piece.value_column.push_back(whole.value_column[i]);
        }
        json.add(std::move(piece));
        for (std::size_t before = text.size(); json.write(text, enough); before = text.size()) {
          EXPECT_LT(text.size() - before, enough + 100);
        }
      }
      json.finish(text, true, 42, std::chrono::microseconds(1'500));
      EXPECT_EQ(text, to_json(result(whole)));
    }
  }
}

TEST(RangeJsonWriter, WritesAnEmptyAnswer) {
  RangeJsonWriter json;
  std::string text;
  json.finish(text, false, 42, std::chrono::microseconds(1'500));
  EXPECT_EQ(text, to_json(result(RangeResult{})));
}

TEST(ResultJson, ShowsOneAggregationAsValue) {
  AggregateResult aggregate;
  aggregate.group_by = {"customer_id"};
  aggregate.aggregations = {{Kind::avg}};
  aggregate.rows = {{std::nullopt, {"a"}, {1.5}, 12}, {std::nullopt, {""}, {1}, 3}};
  EXPECT_EQ(to_json(result(aggregate)), R"({"queryType":"aggregate","results":[)"
                                        R"({"groupKey":{"customer_id":"a"},"value":1.5,"count":12},)"
                                        R"({"groupKey":{"customer_id":""},"value":1,"count":3}],)"
                                        R"("executionTimeMs":1.5,"pointsScanned":42})");
}

TEST(ResultJson, ShowsSeveralAggregationsAsValuesAndBucketsAsTimestamps) {
  AggregateResult aggregate;
  aggregate.group_by = {"a", "b"};
  aggregate.aggregations = {{Kind::avg}, Aggregation::quantile(0.95), Aggregation::quantile(0.9)};
  aggregate.rows = {{60'000, {"x", "y"}, {1, 2, 3}, 4}};
  EXPECT_EQ(to_json(result(aggregate)),
            R"({"queryType":"aggregate","results":[{"timestamp":60000,"groupKey":{"a":"x","b":"y"},)"
            R"j("values":{"avg":1,"p95":2,"quantile(0.9)":3},"count":4}],"executionTimeMs":1.5,"pointsScanned":42})j");
}

TEST(ResultJson, ShowsRates) {
  RateResult rate;
  rate.rows = {{60'000, {}, 0.25}};
  EXPECT_EQ(to_json(result(rate)), R"({"queryType":"rate","results":[{"timestamp":60000,"rate":0.25,"groupKey":{}}],)"
                                   R"("executionTimeMs":1.5,"pointsScanned":42})");
}

TEST(ResultJson, ShowsEmptyAnswers) {
  EXPECT_EQ(to_json(Result{}),
            R"({"queryType":"range","results":[],"truncated":false,"executionTimeMs":0,"pointsScanned":0})");
  EXPECT_EQ(to_json(result(AggregateResult{})),
            R"({"queryType":"aggregate","results":[],"executionTimeMs":1.5,"pointsScanned":42})");
}

TEST(ResultJson, ShowsNullForWhatIsNotFinite) {
  AggregateResult aggregate;
  aggregate.aggregations = {{Kind::sum}};
  aggregate.rows = {{std::nullopt, {}, {std::numeric_limits<double>::infinity()}, 2},
                    {std::nullopt, {}, {std::nan("")}, 2}};
  const query::JsonValue root = query::parse_json(to_json(result(aggregate)));
  for (const query::JsonValue& row : root.find("results")->items) {
    EXPECT_TRUE(row.find("value")->is(query::JsonValue::Kind::null));
  }
}

TEST(ResultJson, IsValidJsonWhateverStringsAndNumbersItShows) {
  RangeResult range;
  range.series = {{{"k", "quote \" backslash \\ umlaut \xc3\xa4 clef \xf0\x9d\x84\x9e"}}};
  for (const double value : {0.1, 1e300, -5e-324, 1e15, 123456789012345678.0}) {
    range.series_column.push_back(0);
    range.timestamp_column.push_back(std::numeric_limits<std::int64_t>::min());
    range.value_column.push_back(value);
  }
  const query::JsonValue root = query::parse_json(to_json(result(range)));
  const query::JsonValue& rows = *root.find("results");
  ASSERT_EQ(rows.items.size(), range.value_column.size());
  for (std::size_t i = 0; i < rows.items.size(); ++i) {
    EXPECT_EQ(rows.items[i].find("value")->number, range.value_column[i]);
    EXPECT_EQ(rows.items[i].find("timestamp")->integer, std::numeric_limits<std::int64_t>::min());
    EXPECT_EQ(rows.items[i].find("dimensions")->find("k")->text, range.series[0].at("k"));
  }
}

}  // namespace
}  // namespace luminate
