#include <gtest/gtest.h>

#include "backend/sqlite/sqlite_file.hpp"
#include "support/child_process.hpp"

// A store that another process writes, opened read-only: it follows.
namespace luminate {
namespace {

using test::put;
using Kind = Aggregation::Kind;

TEST(SqliteReader, SeesEveryAnsweredBatchAndNeverHalfOfOne) {
  constexpr int kBatches = 150;
  constexpr int kPoints = 200;
  const test::SqliteFile file;
  // Writes batches that all say the same number: a sum tells halves.
  test::ChildProcess child([&](const auto& pipe) {
    Store store = file.open();
    for (int number = 1; number <= kBatches; ++number) {
      Batch batch;
      for (int i = 0; i < kPoints; ++i) {
        batch.add({"m", test::kStart + i, 1.0 * number, {{"h", std::to_string(i % 50)}}});
      }
      batch.add({"new_" + std::to_string(number), test::kStart, 1, {}});
      store.write(batch);
      pipe.say(std::to_string(number));
    }
    pipe.hear();
    store.close();
  });
  int answered = std::stoi(child.pipe().hear());
  const Store reader = Store::open(file.read_only_url(), test::test_options());
  const Query query =
      Query::aggregate("m", {{Kind::min}, {Kind::max}, {Kind::count}}).between(test::kStart, test::kNow);
  while (answered < kBatches) {
    const Result result = reader.query(query);
    ASSERT_EQ(result.aggregate().rows.size(), 1u);
    const auto& values = result.aggregate().rows[0].values;
    EXPECT_EQ(values[0], values[1]) << "half a batch";
    EXPECT_EQ(values[2], kPoints);
    EXPECT_GE(values[0], answered) << "an answered batch is missing";
    EXPECT_GE(reader.metrics().size(), static_cast<std::size_t>(answered) + 1);
    EXPECT_EQ(reader.dimension_values("m", "h").size(), 50u);
    answered = std::stoi(child.pipe().hear());
  }
  EXPECT_EQ(reader.metrics().size(), kBatches + 1u);
  std::string rest;
  EXPECT_EQ(child.wait(rest), 0) << rest;
  // The writer is gone, its log with it.
  EXPECT_EQ(reader.metrics().size(), kBatches + 1u);
  EXPECT_EQ(reader.query(query).points_scanned, static_cast<std::uint64_t>(kPoints));
}

TEST(SqliteReader, FollowsDeletionsAndNewBeginnings) {
  const test::SqliteFile file;
  Store store = file.open();
  put(store, {{"m", 0, 1, {{"h", "a"}}}, {"m", 0, 2, {{"h", "b"}}}, {"other", 0, 9, {}}});
  const Store reader = Store::open(file.read_only_url(), test::test_options());
  const Query all = Query::range("m").between(test::kStart, test::kNow);
  EXPECT_EQ(test::lines(reader.query(all)), (test::Lines{"@0 {h=a} 1", "@0 {h=b} 2"}));
  store.remove({.metric = "m", .filters = {{"h", Filter::Kind::any_of, {"b"}}}});
  EXPECT_EQ(test::lines(reader.query(all)), test::Lines{"@0 {h=a} 1"});
  EXPECT_EQ(reader.dimension_values("m", "h"), test::Lines{"a"});
  // The number of the series that is gone is given to another one.
  put(store, {{"m", 0, 3, {{"h", "c"}}}});
  EXPECT_EQ(test::lines(reader.query(all)), (test::Lines{"@0 {h=a} 1", "@0 {h=c} 3"}));
  store.remove({.metric = "m"});
  EXPECT_EQ(reader.metrics(), test::Lines{"other"});
  put(store, {{"again", 0, 4, {{"h", "d"}}}});
  put(store, {{"m", 0, 5, {{"h", "e"}}}});
  EXPECT_EQ(test::lines(reader.query(all)), test::Lines{"@0 {h=e} 5"});
  EXPECT_EQ(reader.metrics(), (test::Lines{"again", "m", "other"}));
}

TEST(SqliteReader, MayOpenAStoreWhoseWriterWasKilled) {
  const test::SqliteFile file;
  test::ChildProcess child([&](const auto& pipe) {
    Store store = file.open();
    put(store, {{"m", 0, 1, {}}});
    pipe.say("written");
    pipe.hear();
  });
  ASSERT_EQ(child.pipe().hear(), "written");
  child.kill();
  const Store reader = Store::open(file.read_only_url(), test::test_options());
  EXPECT_EQ(reader.metrics(), test::Lines{"m"});
}

}  // namespace
}  // namespace luminate
