#include <gtest/gtest.h>

#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "conformance/backends.hpp"
#include "support/child_process.hpp"

namespace luminate::conformance {
namespace {

using test::Lines;
using test::put;

/// All that is left of a stream, as the lines of a range answer.
Lines lines(RangeStream& stream) {
  Lines all;
  while (const auto piece = stream.next()) {
    EXPECT_FALSE(piece->timestamp_column.empty());
    EXPECT_FALSE(piece->truncated);
    for (std::string& line : test::lines({*piece, 0, {}})) all.push_back(std::move(line));
  }
  if (stream.truncated()) all.push_back("truncated");
  return all;
}

class Streams : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    if (!IsSkipped() && !HasFatalFailure()) open();
  }

  /// 20,000 samples of 30 series, some at one time, as one answer may hold them all.
  void put_many() {
    Options options = test::test_options();
    options.queries.max_result_points = kMany;
    store->close();
    open(options);
    for (int half = 0; half < 2; ++half) {
      Batch batch;
      for (int i = 0; i < kMany / 2; ++i) {
        const int n = half * kMany / 2 + i;
        batch.add({"m", test::kStart + n / 5, n * 0.5, {{"host", "h" + std::to_string(n % 30)}}});
      }
      ASSERT_EQ(store->write(batch).rejected, 0u);
    }
  }

  static constexpr int kMany = 20'000;
};
LUMINATE_FOR_ALL_BACKENDS(Streams);

TEST_P(Streams, GiveWhatAQueryAnswers) {
  put_many();
  RangeStream all = store->stream(range("m"));
  const Lines expected = ask(range("m"));
  ASSERT_EQ(expected.size(), 20'000u);
  EXPECT_EQ(lines(all), expected);
  EXPECT_EQ(all.points_scanned(), 20'000u);
  EXPECT_FALSE(all.next().has_value()) << "the end stays the end";

  RangeStream cut = store->stream(range("m").where("host", "h7").top(100));
  EXPECT_EQ(lines(cut), ask(range("m").where("host", "h7").top(100)));
  EXPECT_EQ(cut.points_scanned(), store->query(range("m").where("host", "h7")).points_scanned);
}

TEST_P(Streams, GiveTheSameJson) {
  put_many();
  const Query query = range("m").where_not("host", "h3");
  RangeStream stream = store->stream(query);
  RangeJsonWriter json;
  std::string text;
  while (auto piece = stream.next()) {
    json.add(std::move(*piece));
    while (json.write(text, 10'000)) {
    }
  }
  json.finish(text, stream.truncated(), stream.points_scanned(), {});
  Result whole = store->query(query);
  whole.execution_time = {};
  EXPECT_EQ(text, to_json(whole));
}

TEST_P(Streams, OfNothingEndAtOnce) {
  RangeStream nothing = store->stream(range("nobody"));
  EXPECT_FALSE(nothing.next().has_value());
  EXPECT_FALSE(nothing.truncated());
  EXPECT_EQ(nothing.points_scanned(), 0u);
}

TEST_P(Streams, ShowOneMoment) {
  put_many();
  const Lines before = ask(range("m"));
  RangeStream stream = store->stream(range("m"));
  put(*store, {{"m", 0, 77, {{"host", "a"}}}, {"m", 3'000'000, 77, {{"host", "h0"}}}});
  store->remove({.metric = "m", .filters = {{"host", Filter::Kind::any_of, {"h1"}}}});
  EXPECT_EQ(lines(stream), before);
}

TEST_P(Streams, AreOfRangeQueriesThatAreWellFormed) {
  EXPECT_EQ(test::error_of([&] { (void)store->stream(aggregate("m", {{Aggregation::Kind::sum}})); }),
            "INVALID_QUERY queryType");
  EXPECT_EQ(test::error_of([&] { (void)store->stream(rate("m")); }), "INVALID_QUERY queryType");
  EXPECT_EQ(test::error_of([&] { (void)store->stream(range("m").top(10'000)); }), "");
  EXPECT_EQ(test::error_of([&] { (void)store->stream(range("m").top(10'001)); }), "INVALID_QUERY limit");
}

TEST_P(Streams, SeeTheirTenantOnly) {
  Store acme = store->tenant("acme");
  put(acme, {{"m", 1, 1, {}}});
  put(*store, {{"m", 1, 2, {}}});
  RangeStream stream = acme.stream(range("m"));
  EXPECT_EQ(lines(stream), (Lines{"@1 {} 1"}));
}

TEST_P(Streams, KeepTheStoreOpenWithoutAHandle) {
  put(*store, {{"m", 1, 1, {}}});
  RangeStream stream = store->stream(range("m"));
  store.reset();
  EXPECT_EQ(lines(stream), (Lines{"@1 {} 1"}));
}

TEST_P(Streams, EndWhenTheStoreIsClosed) {
  put_many();
  RangeStream begun = store->stream(range("m"));
  ASSERT_TRUE(begun.next().has_value());
  RangeStream fresh = store->stream(range("m"));
  RangeStream dropped = store->stream(range("m"));
  RangeStream ended = store->stream(range("nobody"));
  ASSERT_FALSE(ended.next().has_value());
  store->close();
  EXPECT_EQ(test::error_of([&] { (void)begun.next(); }), "STORE_CLOSED");
  EXPECT_EQ(test::error_of([&] { (void)begun.next(); }), "STORE_CLOSED");
  EXPECT_EQ(test::error_of([&] { (void)fresh.next(); }), "STORE_CLOSED");
  EXPECT_FALSE(ended.next().has_value()) << "it has been given everything";
  store.reset();
  EXPECT_EQ(test::error_of([&] { (void)fresh.next(); }), "STORE_CLOSED");
}

TEST_P(Streams, EndWhenTheirCallerIsNotInterestedAnyMore) {
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(test::error_of([&] {
              put(*store, {{"m", 1, 1, {}}});
              RangeStream stream = store->stream(range("m"), stop.get_token());
              (void)stream.next();
            }),
            "CANCELLED");
  EXPECT_EQ(ask(range("m")), (Lines{"@1 {} 1"}));
}

TEST_P(Streams, CanBeMovedAndLeftAlone) {
  put_many();
  std::vector<RangeStream> streams;
  for (int i = 0; i < 3; ++i) {
    streams.push_back(store->stream(range("m")));
    ASSERT_TRUE(streams.back().next().has_value());
  }
  streams.front() = std::move(streams.back());
  streams.clear();
  EXPECT_EQ(ask(range("m").top(1)), (Lines{"@0 {host=h0} 0", "truncated"}));
}

TEST_P(Streams, AreRefusedToAForkedChild) {
  put_many();
  RangeStream stream = store->stream(range("m"));
  ASSERT_TRUE(stream.next().has_value());
  const Lines expected = ask(range("m").top(5));
  EXPECT_EQ(test::in_child([&] {
              std::string error = test::error_of([&] { (void)stream.next(); });
              { const RangeStream dropped = std::move(stream); }
              store.reset();
              return error;
            }),
            "STORE_CLOSED");
  (void)lines(stream);
  EXPECT_EQ(ask(range("m").top(5)), expected) << "the child has not disturbed its parent";
}

}  // namespace
}  // namespace luminate::conformance
