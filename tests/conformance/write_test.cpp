#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "conformance/backends.hpp"

namespace luminate::conformance {
namespace {

using test::error_of;
using test::kNotANumber;
using test::kNow;
using test::kStart;
using test::Lines;
using test::put;
using test::text;

constexpr std::int64_t kDay = 86'400'000;

class Writes : public StoreTest {
 protected:
  /// The code with which a point alone in a batch is rejected, or "" when it is stored.
  std::string verdict_on(const Point& point) {
    Batch batch;
    batch.add(point);
    const WriteReport report = store->write(batch);
    EXPECT_EQ(report.accepted + report.rejected, 1u);
    return report.errors.empty() ? "" : std::string(to_string(report.errors.front().code));
  }
  static Point good() { return {"m", kNow, 1, {{"k", "v"}}}; }
};
LUMINATE_FOR_ALL_BACKENDS(Writes);

TEST_P(Writes, AreThereWhenTheyAreAnswered) {
  open();
  put(*store, {{"cpu", 0, 1.5, {{"host", "a"}}}, {"cpu", 1'000, 2.5, {}}, {"mem", 0, 7, {{"host", "a"}}}});
  EXPECT_EQ(samples("cpu"), (Lines{"@0 {host=a} 1.5", "@1000 {} 2.5"}));
  EXPECT_EQ(samples("mem"), (Lines{"@0 {host=a} 7"}));
  reopen();
  EXPECT_EQ(samples("cpu"), (Lines{"@0 {host=a} 1.5", "@1000 {} 2.5"}));
  EXPECT_EQ(samples("mem"), (Lines{"@0 {host=a} 7"}));
}

TEST_P(Writes, OfNothingDoNothing) {
  open();
  Batch batch;
  EXPECT_EQ(text(store->write(batch)), "0 accepted");
  batch.series("cpu", {{"host", "a"}});  // Named, but without a point.
  EXPECT_EQ(text(store->write(batch)), "0 accepted");
  EXPECT_EQ(store->metrics(), Lines{});
  EXPECT_EQ(store->series_count(), 0u);
}

TEST_P(Writes, LetTheLastOneWinInOneBatch) {
  open();
  put(*store, {{"cpu", 5, 1, {}}, {"cpu", 6, 2, {}}, {"cpu", 5, 3, {}}, {"cpu", 4, 4, {}}, {"cpu", 5, 5, {}}});
  EXPECT_EQ(samples("cpu"), (Lines{"@4 {} 4", "@5 {} 5", "@6 {} 2"}));
}

TEST_P(Writes, LetTheLastOneWinAcrossBatches) {
  open();
  put(*store, {{"cpu", 5, 9, {}}, {"cpu", 6, 9, {}}, {"cpu", 7, 9, {{"host", "a"}}}});
  put(*store, {{"cpu", 6, 1, {}}, {"cpu", 4, 1, {}}});
  put(*store, {{"cpu", 5, 2, {}}});
  EXPECT_EQ(samples("cpu"), (Lines{"@4 {} 1", "@5 {} 2", "@6 {} 1", "@7 {host=a} 9"}));
  EXPECT_EQ(ask(aggregate("cpu", {{Aggregation::Kind::count}, {Aggregation::Kind::sum}})), Lines{": 4 13 (4)"});
}

TEST_P(Writes, LetTheLastOneWinAcrossReopening) {
  open();
  put(*store, {{"cpu", 5, 1, {{"host", "a"}}}, {"cpu", 6, 1, {{"host", "a"}}}});
  reopen();
  put(*store, {{"cpu", 5, 2, {{"host", "a"}}}});
  reopen();
  put(*store, {{"cpu", 6, 3, {{"host", "a"}}}, {"cpu", 7, 4, {{"host", "b"}}}});
  EXPECT_EQ(samples("cpu"), (Lines{"@5 {host=a} 2", "@6 {host=a} 3", "@7 {host=b} 4"}));
  EXPECT_EQ(store->series_count("cpu"), 2u);
}

TEST_P(Writes, MayBeRepeated) {
  open();
  for (int i = 0; i < 3; ++i) put(*store, {{"cpu", 5, 1, {{"host", "a"}}}, {"cpu", 6, 1, {{"host", "a"}}}});
  EXPECT_EQ(samples("cpu"), (Lines{"@5 {host=a} 1", "@6 {host=a} 1"}));
}

TEST_P(Writes, TakeLatePointsInAnyOrder) {
  open();
  put(*store, {{"cpu", 3'000, 3, {}}, {"cpu", 1'000, 1, {}}});
  put(*store, {{"cpu", 2'000, 2, {}}, {"cpu", -5 * kDay, 0, {}}});
  put(*store, {{"cpu", 2'500, 2.5, {}}});
  EXPECT_EQ(samples("cpu"), (Lines{"@-432000000 {} 0", "@1000 {} 1", "@2000 {} 2", "@2500 {} 2.5", "@3000 {} 3"}));
}

TEST_P(Writes, GiveEveryDoubleBackBitForBit) {
  open();
  const std::vector<double> values{0.0,
                                   -0.0,
                                   0.1,
                                   -1.0 / 3,
                                   5e-324,
                                   -2.2250738585072014e-308,
                                   std::numeric_limits<double>::max(),
                                   std::numeric_limits<double>::lowest(),
                                   9'007'199'254'740'993.0,
                                   1e-9,
                                   123456.789};
  Batch batch;
  for (std::size_t i = 0; i < values.size(); ++i) {
    batch.add({"cpu", kStart + static_cast<std::int64_t>(i), values[i], {}});
  }
  store->write(batch);
  reopen();
  const Result result = store->query(range("cpu"));
  ASSERT_EQ(result.range().value_column.size(), values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    EXPECT_EQ(result.range().value_column[i], values[i]);
    EXPECT_EQ(std::signbit(result.range().value_column[i]), std::signbit(values[i])) << values[i];
  }
}

TEST_P(Writes, KeepSeriesApartByAllTheirDimensions) {
  open();
  // Keys and values that run into one another when they are simply joined.
  put(*store, {{"cpu", 0, 1, {{"a", "bc"}}},
               {"cpu", 0, 2, {{"ab", "c"}}},
               {"cpu", 0, 3, {{"a", "b"}, {"c", "d"}}},
               {"cpu", 0, 4, {{"a", "b,c=d"}}},
               {"cpu", 0, 5, {{"a", "b"}}},
               {"cpu", 0, 6, {}},
               {"cpu", 0, 7, {{"a", "B"}}},
               {"cpu", 0, 8, {{"A", "b"}}}});
  reopen();
  EXPECT_EQ(store->series_count("cpu"), 8u);
  EXPECT_EQ(ask(aggregate("cpu", {{Aggregation::Kind::sum}})), Lines{": 36 (8)"});
}

TEST_P(Writes, TakeJsonWhateverTheOrderOfDimensions) {
  open();
  const std::string time = std::to_string(kStart);
  const auto report = store->write_json(R"({"metrics": [{"name": "cpu", "timestamp": )" + time +
                                        R"(, "value": 1, "dimensions": {"host": "a", "region": "eu"}},
          {"name": "cpu", "timestamp": )" +
                                        time + R"(, "value": 2, "dimensions": {"region": "eu", "host": "a"}},
          {"name": "now", "value": 3}]})");
  EXPECT_EQ(text(report), "3 accepted");
  EXPECT_EQ(samples("cpu"), Lines{"@0 {host=a,region=eu} 2"});
  EXPECT_EQ(samples("now"), Lines{"@3600000 {} 3"});
}

TEST_P(Writes, OfBrokenJsonStoreNothing) {
  open();
  EXPECT_EQ(
      error_of([&] { store->write_json(R"({"metrics": [{"name": "a", "value": 1}, {"name": "a", "value": "x"}]})"); }),
      "INVALID_REQUEST metrics[1].value");
  EXPECT_EQ(error_of([&] { store->write_json(R"({"metrics": [{"name": "a", "value": 1})"); }).substr(0, 15),
            "INVALID_REQUEST");
  EXPECT_EQ(store->metrics(), Lines{});
}

TEST_P(Writes, JudgeTimestampsByTheClock) {
  open();
  Point point = good();
  for (const std::int64_t timestamp : {kNow - 7 * kDay, kNow, kNow + 3'600'000}) {
    point.timestamp_ms = timestamp;
    EXPECT_EQ(verdict_on(point), "") << timestamp;
  }
  using Limits = std::numeric_limits<std::int64_t>;
  for (const std::int64_t timestamp : {kNow - 7 * kDay - 1, kNow + 3'600'001, Limits::min(), Limits::max()}) {
    point.timestamp_ms = timestamp;
    EXPECT_EQ(verdict_on(point), "INVALID_TIMESTAMP") << timestamp;
  }
}

TEST_P(Writes, JudgeNamesAtTheirLimits) {
  open();
  Point point = good();
  for (const std::string& name : {std::string("_"), std::string("aZ_09"), std::string(256, 'm')}) {
    point.name = name;
    EXPECT_EQ(verdict_on(point), "") << name;
  }
  for (const std::string& name : {std::string(), std::string("0a"), std::string("a-b"), std::string(257, 'm'),
                                  std::string("a\0b", 3), std::string("\xC3\xA9")}) {
    point.name = name;
    EXPECT_EQ(verdict_on(point), "INVALID_METRIC_NAME") << name;
  }
}

TEST_P(Writes, JudgeDimensionsAtTheirLimits) {
  open();
  Point point = good();
  point.dimensions = {{std::string(128, 'k'), "v"}};
  EXPECT_EQ(verdict_on(point), "");
  point.dimensions = {{std::string(129, 'k'), "v"}};
  EXPECT_EQ(verdict_on(point), "INVALID_DIMENSION_KEY");
  point.dimensions = {{"", "v"}};
  EXPECT_EQ(verdict_on(point), "INVALID_DIMENSION_KEY");
  point.dimensions = {{"_tenant_id", "v"}};
  EXPECT_EQ(verdict_on(point), "RESERVED_DIMENSION");

  std::string wide;  // 256 code points of four bytes.
  for (int i = 0; i < 256; ++i) wide += "\xF0\x9F\x98\x80";
  for (const std::string& value : {std::string("v"), std::string(256, 'v'), wide, std::string(" '\"\\%")}) {
    point.dimensions = {{"k", value}};
    EXPECT_EQ(verdict_on(point), "") << value;
  }
  for (const std::string& value : {std::string(), std::string(257, 'v'), wide + "x", std::string("a\nb"),
                                   std::string("a\0b", 3), std::string("\xFF"), std::string("\xC0\x80")}) {
    point.dimensions = {{"k", value}};
    EXPECT_EQ(verdict_on(point), "INVALID_DIMENSION_VALUE") << value;
  }

  point.dimensions.clear();
  for (int i = 0; i < 20; ++i) point.dimensions["k" + std::to_string(i)] = "v";
  EXPECT_EQ(verdict_on(point), "");
  point.dimensions["k20"] = "v";
  EXPECT_EQ(verdict_on(point), "DIMENSION_LIMIT_EXCEEDED");
}

TEST_P(Writes, RefuseValuesThatAreNotFinite) {
  open();
  Point point = good();
  for (const double value : {kNotANumber, test::kInfinity, -test::kInfinity}) {
    point.value = value;
    EXPECT_EQ(verdict_on(point), "INVALID_VALUE");
  }
  EXPECT_EQ(store->metrics(), Lines{});
}

TEST_P(Writes, StoreTheGoodPointsOfAPartlyBadBatch) {
  open();
  const auto report = store->write(test::batch_of({{"bad name", 0, 1, {}},
                                                   {"cpu", 0, 1, {{"host", "a"}}},
                                                   {"cpu", 1, kNotANumber, {{"host", "a"}}},
                                                   {"cpu", 2, 2, {{"host", ""}}},
                                                   {"cpu", 3, 3, {{"host", "b"}}},
                                                   {"cpu", 8 * kDay, 4, {{"host", "b"}}},
                                                   {"only_bad", 0, kNotANumber, {{"host", "c"}}}}));
  EXPECT_EQ(text(report),
            "2 accepted, 0: INVALID_METRIC_NAME, 2: INVALID_VALUE, 3: INVALID_DIMENSION_VALUE, 5: INVALID_TIMESTAMP, "
            "6: INVALID_VALUE");
  EXPECT_EQ(report.errors[0].metric, "bad name");
  EXPECT_EQ(report.errors[4].metric, "only_bad");
  for (const Verdict& verdict : report.errors) EXPECT_FALSE(verdict.message.empty());
  reopen();
  EXPECT_EQ(samples("cpu"), (Lines{"@0 {host=a} 1", "@3 {host=b} 3"}));
  EXPECT_EQ(store->metrics(), Lines{"cpu"});
  EXPECT_EQ(store->series_count(), 2u);
}

TEST_P(Writes, AreRefusedWholeOnePastTheBatchLimit) {
  Options options = test::test_options();
  options.writes.max_batch_size = 3;
  open(options);
  put(*store, {{"cpu", 0, 1, {}}, {"cpu", 1, 1, {}}, {"cpu", 2, 1, {}}});
  const Batch batch = test::batch_of({{"cpu", 3, 1, {}}, {"cpu", 4, 1, {}}, {"cpu", 5, 1, {}}, {"cpu", 6, 1, {}}});
  EXPECT_EQ(error_of([&] { store->write(batch); }), "BATCH_TOO_LARGE");
  EXPECT_EQ(samples("cpu").size(), 3u);
}

TEST_P(Writes, InJsonAreRefusedWholeOnePastTheirLimits) {
  Options options = test::test_options();
  options.writes.max_batch_size = 1;
  const std::string one = R"({"metrics":[{"name":"cpu","value":1}]})";
  options.writes.max_request_size_bytes = one.size();
  open(options);
  EXPECT_EQ(text(store->write_json(one)), "1 accepted");
  EXPECT_EQ(error_of([&] { store->write_json(one + " "); }), "REQUEST_TOO_LARGE");
  options.writes.max_request_size_bytes = 1'000;
  store->close();
  open(options);
  EXPECT_EQ(error_of([&] { store->write_json(R"({"metrics":[{"name":"cpu","value":1},{"name":"cpu","value":1}]})"); }),
            "BATCH_TOO_LARGE metrics");
}

TEST_P(Writes, GoOnAfterARefusedOne) {
  Options options = test::test_options();
  options.writes.max_batch_size = 1;
  open(options);
  EXPECT_NE(error_of([&] { store->write(test::batch_of({{"a", 0, 1, {}}, {"b", 0, 1, {}}})); }), "");
  put(*store, {{"a", 0, 2, {}}});
  EXPECT_EQ(samples("a"), Lines{"@0 {} 2"});
  EXPECT_EQ(store->metrics(), Lines{"a"});
}

}  // namespace
}  // namespace luminate::conformance
