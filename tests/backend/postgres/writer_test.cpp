#include <gtest/gtest.h>
#include <luminate/store.hpp>

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "backend/postgres/faults.hpp"
#include "postgres/parameters.hpp"
#include "support/answers.hpp"
#include "support/postgres_server.hpp"

// What reaches the tables, read by somebody who knows nothing of the store.
namespace luminate {
namespace {

using test::kStart;
using test::PostgresSchema;
using test::Psql;
using test::text;
using Samples = std::map<std::pair<int, std::int64_t>, double>;  ///< By number of series and time.

class PostgresWrites : public testing::Test {
 protected:
  void SetUp() override {
    LUMINATE_NEEDS_POSTGRES();
    schema_.emplace();
  }
  void TearDown() override { store_.reset(); }

  Store open(Options options = test::test_options()) const { return Store::open(schema_->url(), std::move(options)); }
  Psql psql() const { return Psql(*schema_); }
  std::string value(const std::string& sql) const { return psql().value(sql); }

  bool is_hypertable() const {
    return value("SELECT relkind FROM pg_class WHERE oid = '" + schema_->name() + ".sample'::regclass") == "r";
  }

  static Dimensions dimensions(int series) { return {{"id", std::to_string(series)}}; }

  /// Writes samples of the metric "m", in the order given, and notes what must be there then.
  void write(Store store, const std::vector<std::tuple<int, std::int64_t, double>>& samples) {
    Batch batch;
    for (const auto& [series, time, value] : samples) {
      batch.add({"m", kStart + time, value, dimensions(series)});
      expected_[{series, time}] = value;
    }
    ASSERT_EQ(store.write(batch).rejected, 0U);
  }
  void check() {
    Samples there;
    for (const std::string& row : psql().rows("SELECT dimensions->>'id', (extract(epoch FROM ts) * 1000)::bigint - " +
                                              std::to_string(kStart) + ", value FROM points")) {
      const auto first = row.find('|');
      const auto second = row.find('|', first + 1);
      there[{std::stoi(row), std::stoll(row.substr(first + 1))}] = std::stod(row.substr(second + 1));
    }
    EXPECT_EQ(there, expected_);
  }

  std::optional<PostgresSchema> schema_;
  std::optional<Store> store_;
  Samples expected_;
};

TEST_F(PostgresWrites, ReplaceWhatIsThereAtEveryPositionOfAFewRows) {
  constexpr int kRows = 12;
  Store store = open();
  Store other = open();  // Its rows are not expected by the first.
  for (int at = 0; at < kRows; ++at) {
    write(at % 2 == 0 ? store : other, {{at, 1'000 + at, -1}});
    std::vector<std::tuple<int, std::int64_t, double>> samples;
    for (int i = 0; i < kRows; ++i) samples.emplace_back(i, 1'000 + at, i);
    write(store, samples);
    write(store, samples);
  }
  check();
}

TEST_F(PostgresWrites, ReplaceWhatIsThereAtEveryPositionOfMany) {
  constexpr int kRows = 3'000;
  Store store = open();
  Store other = open();
  int time = 0;
  for (const int at : {0, 1, 998, 999, 1'000, 1'001, 1'500, kRows - 2, kRows - 1}) {
    ++time;
    write(time % 2 == 0 ? store : other, {{at, time, -1}});
    std::vector<std::tuple<int, std::int64_t, double>> samples;
    for (int i = 0; i < kRows; ++i) samples.emplace_back(i, time, i);
    write(store, samples);
  }
  check();
}

TEST_F(PostgresWrites, ReplaceWhatIsThereAmongNewRows) {
  Store store = open();
  std::mt19937 random(1);
  for (int round = 0; round < 12; ++round) {
    std::vector<std::tuple<int, std::int64_t, double>> samples;
    for (int i = 0; i < 2'000; ++i) {
      const bool again = random() % 10 == 0;
      samples.emplace_back(random() % 700, round * 10 - (again ? random() % 40 : 0), random() % 1'000);
    }
    write(store, samples);
  }
  check();
}

TEST_F(PostgresWrites, WithTheSameValuesLeaveTheRowsAsTheyAre) {
  Store store = open();
  write(store, {{1, 0, 5}, {2, 0, 0}, {3, 0, 0.0}});
  const auto before = psql().rows("SELECT s.xmin, ctid FROM sample s WHERE value <> 0");
  write(store, {{1, 0, 5}});
  EXPECT_EQ(psql().rows("SELECT s.xmin, ctid FROM sample s WHERE value <> 0"), before);
  write(store, {{3, 0, -0.0}});  // Equal, and another value all the same.
  EXPECT_EQ(psql().rows("SELECT value FROM sample ORDER BY series_id"), (test::Lines{"5", "0", "-0"}));
}

TEST_F(PostgresWrites, MakeRowsThatPeopleCanRead) {
  Store store = open();
  Store acme = store.tenant("acme");
  test::put(store, {{"cpu", 1, 1.5, {{"b", "2 \"'\\ü"}, {"a", "1"}}}, {"cpu", 2, 2.5, {}}});
  test::put(acme, {{"cpu", 3, 3.5, {{"a", "1"}}}});
  EXPECT_EQ(psql().rows("SELECT tenant, name, value, dimensions, extract(epoch FROM ts) * 1000 - " +
                        std::to_string(kStart) + "::numeric FROM points ORDER BY ts"),
            (test::Lines{"|cpu|1.5|{\"a\": \"1\", \"b\": \"2 \\\"'\\\\ü\"}|1.000000", "|cpu|2.5|{}|2.000000",
                         "acme|cpu|3.5|{\"a\": \"1\"}|3.000000"}));
  EXPECT_EQ(psql().rows("SELECT replace(canonical, E'\\x01', '.'), encode(fingerprint, 'hex') ="
                        " encode(sha256(convert_to(canonical, 'UTF8')), 'hex') FROM series ORDER BY id"),
            (test::Lines{"a.1.b.2 \"'\\ü|t", "|t", "a.1|t"}));
  EXPECT_EQ(psql().rows("SELECT tenant, name, series FROM metric ORDER BY id"), (test::Lines{"|cpu|2", "acme|cpu|1"}));
}

TEST_F(PostgresWrites, TakeTimesAtTheLimitsAndNoneBeyond) {
  constexpr std::int64_t kFar = 4'000'000'000'000'000'000;
  Options options = test::test_options();
  options.points.max_age = options.points.max_future = std::chrono::milliseconds(kFar + test::kNow);
  Store store = open(options);
  const auto write_at = [&](std::int64_t time) {
    Batch batch;
    batch.add({"m", 1'000, 1, {}});
    batch.add({"m", time, 1, {}});
    store.write(batch);
  };
  const std::int64_t end = is_hypertable() ? 9'223'371'244'800'000 : postgres::kEndOfTime;
  for (const std::int64_t time : {-kFar, postgres::kEarliestTime - 1, end, kFar}) {
    const std::string message = test::message_of([&] { write_at(time); });
    EXPECT_NE(message.find("point 1 has the timestamp " + std::to_string(time)), std::string::npos) << message;
    EXPECT_EQ(test::error_of([&] { write_at(time); }), "INVALID_REQUEST");
  }
  EXPECT_EQ(value("SELECT count(*) FROM sample"), "0");
  EXPECT_EQ(value("SELECT count(*) FROM series"), "0");
  for (const std::int64_t time : {postgres::kEarliestTime, end - 1}) write_at(time);
  EXPECT_EQ(value("SELECT count(*) FROM sample"), "3");
}

TEST_F(PostgresWrites, OfAReadOnlyStoreAreRefused) {
  open().close();
  Options options = test::test_options();
  options.read_only = true;
  Store store = open(options);
  EXPECT_EQ(test::error_of([&] { test::put(store, {{"m", 0, 1, {}}}); }), "INVALID_REQUEST");
  EXPECT_EQ(value("SELECT count(*) FROM metric"), "0");
}

TEST_F(PostgresWrites, ThatFailLeaveNothingBehind) {
  Store store = open();
  write(store, {{1, 0, 1}});
  if (is_hypertable()) GTEST_SKIP() << "triggers of a hypertable are those of its chunks, which are in another schema";
  test::SqlFaults faults(*schema_);
  for (const int rows : {1, 3'000}) {
    Batch batch;
    for (int i = 0; i < rows; ++i) batch.add({"new_metric", kStart, 1, dimensions(i)});
    faults.fail_commit("sample", "22012", 1);
    EXPECT_NE(test::error_of([&] { store.write(batch); }), "");
    EXPECT_GT(faults.met(), 0);
    check();
    EXPECT_EQ(value("SELECT count(*) FROM series"), "1");
    EXPECT_EQ(psql().rows("SELECT name, series FROM metric"), test::Lines{"m|1"});
    EXPECT_EQ(value("SELECT count(*) FROM sample"), "1");
  }
  write(store, {{1, 1, 1}, {2, 0, 1}});
  check();
}

TEST_F(PostgresWrites, MakeSeriesAnewThatAnotherStoreDeleted) {
  Store store = open();
  Store other = open();
  const std::string json = R"({"metrics":[{"name":"m","timestamp":)" + std::to_string(kStart) +
                           R"(,"value":1,"dimensions":{"id":"1"}},{"name":"m","timestamp":)" + std::to_string(kStart) +
                           R"(,"value":2,"dimensions":{"id":"2"}}]})";
  for (int round = 0; round < 3; ++round) {
    // Once by what was read of the dimensions, once by the handles that came of it.
    EXPECT_EQ(store.write_json(json).accepted, 2U);
    EXPECT_EQ(store.write_json(json).accepted, 2U);
    if (round == 1) {
      EXPECT_EQ(other.remove({.metric = "m"}), 2U);
      EXPECT_EQ(value("SELECT count(*) FROM metric"), "0");
    } else {
      EXPECT_EQ(other.remove({.metric = "m", .filters = {{"id", Filter::Kind::any_of, {"2"}}}}), 1U);
    }
    EXPECT_EQ(store.write_json(json).accepted, 2U);
    EXPECT_EQ(value("SELECT count(*) FROM points"), "2");
    EXPECT_EQ(other.remove({.metric = "m", .filters = {{"id", Filter::Kind::any_of, {"1"}}}}), 1U);
    test::put(store, {{"m", 0, 1, dimensions(1)}, {"m", 0, 2, dimensions(2)}, {"m", 0, 3, dimensions(3)}});
    EXPECT_EQ(psql().rows("SELECT dimensions->>'id', value FROM points ORDER BY 1"),
              (test::Lines{"1|1", "2|2", "3|3"}));
    EXPECT_EQ(value("SELECT series FROM metric"), "3");
    EXPECT_EQ(other.remove({.metric = "m", .filters = {{"id", Filter::Kind::any_of, {"3"}}}}), 1U);
  }
}

TEST_F(PostgresWrites, CountSeriesThatOtherStoresMadeTowardsTheLimits) {
  Options options = test::test_options();
  options.cardinality.max_series_per_metric = 3;
  options.cardinality.max_metrics = 2;
  Store store = open(options);
  Store other = open(options);
  EXPECT_EQ(text(store.write(test::batch_of({{"a", 0, 1, dimensions(1)}, {"a", 0, 1, dimensions(2)}}))), "2 accepted");
  EXPECT_EQ(text(other.write(test::batch_of({{"b", 0, 1, dimensions(1)},
                                             {"a", 0, 1, dimensions(3)},
                                             {"a", 0, 1, dimensions(4)},
                                             {"c", 0, 1, dimensions(1)},
                                             {"a", 1, 1, dimensions(1)}}))),
            "3 accepted, 2: CARDINALITY_EXCEEDED, 3: CARDINALITY_EXCEEDED");
  EXPECT_EQ(text(store.write(test::batch_of({{"a", 2, 1, dimensions(3)},
                                             {"a", 2, 1, dimensions(5)},
                                             {"d", 2, 1, dimensions(1)},
                                             {"b", 2, 1, dimensions(9)}}))),
            "2 accepted, 1: CARDINALITY_EXCEEDED, 2: CARDINALITY_EXCEEDED");
  EXPECT_EQ(psql().rows("SELECT name, series FROM metric ORDER BY name"), (test::Lines{"a|3", "b|2"}));
}

TEST_F(PostgresWrites, TakeManyMetricsAtOnce) {
  Store store = open();
  Batch batch;
  for (int i = 0; i < 2'500; ++i) batch.add({"m" + std::to_string(i % 300), kStart, 1.0 * i, dimensions(i)});
  for (int round = 0; round < 2; ++round) EXPECT_EQ(text(store.write(batch)), "2500 accepted");
  EXPECT_EQ(value("SELECT count(*) || ' ' || count(DISTINCT name) || ' ' || sum(value) FROM points"),
            "2500 300 3123750");
  EXPECT_EQ(value("SELECT sum(series) FROM metric"), "2500");
}

TEST_F(PostgresWrites, ReplaceRowsOfCompressedChunks) {
  Store store = open();
  const bool compresses = psql().value("SELECT current_setting('timescaledb.license', true)") == "timescale";
  if (!is_hypertable() || !compresses) GTEST_SKIP() << "there is no TimescaleDB here, or one that does not compress";
  // Decompressing a row means to decompress up to a thousand: more than TimescaleDB allows by default.
  constexpr int kSeries = 120;
  constexpr int kTimes = 1'000;
  for (int first = 0; first < kTimes; first += 80) {
    std::vector<std::tuple<int, std::int64_t, double>> samples;
    for (int time = first; time < std::min(first + 80, kTimes); ++time) {
      for (int series = 0; series < kSeries; ++series) samples.emplace_back(series, time, 1);
    }
    write(store, samples);
  }
  EXPECT_GT(psql().rows("SELECT compress_chunk(c) FROM show_chunks('sample') c").size(), 0U);
  std::vector<std::tuple<int, std::int64_t, double>> samples;
  for (int series = 0; series < kSeries; ++series) {
    samples.emplace_back(series, 500, 2);
    samples.emplace_back(series, kTimes + series, 3);
    for (int i = 0; i < 10; ++i) samples.emplace_back(series, 2 * kTimes + i, 4);
  }
  write(store, samples);
  write(open(), samples);  // Of which everything is unexpected.
  check();
}

TEST_F(PostgresWrites, WorkWithoutAnyCache) {
  Options options = test::test_options();
  options.writes.max_series_cache_bytes = 0;
  Store store = open(options);
  for (int i = 0; i < 3; ++i) write(store, {{1, i, 1}, {2, i, 2}, {2, 0, 3}});
  check();
  EXPECT_EQ(value("SELECT count(*) FROM series"), "2");
}

}  // namespace
}  // namespace luminate
