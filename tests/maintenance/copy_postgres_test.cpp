#include <gtest/gtest.h>
#include <luminate/maintenance.hpp>

#include <string>

#include "backend/sqlite/sqlite_file.hpp"
#include "maintenance/random_points.hpp"
#include "support/postgres_server.hpp"

// What has to be true of a copy into PostgreSQL and back, beyond what copy_test.cpp holds any two stores to.
namespace luminate {
namespace {

using test::Content;
using test::content_of;
using test::PostgresSchema;
using test::Random;

Store memory() {
  return Store::open("memory:", copy_options());
}

/// The times that a timestamptz can hold, roughly.
bool storable(std::int64_t timestamp_ms) {
  return timestamp_ms > -200'000'000'000'000 && timestamp_ms < 9'000'000'000'000'000;
}

TEST(CopyOverPostgres, GivesBackEveryBitOfEveryTenant) {
  LUMINATE_NEEDS_POSTGRES();
  Random random(11);
  Store from = memory();
  test::fill(from, random);
  from.tenant("acme").set_retention({"debug_*", std::chrono::hours(24)});
  Content content = content_of(from);
  std::erase_if(content, [](const auto& entry) { return !storable(std::get<3>(entry.first)); });
  ASSERT_LT(content.size(), content_of(from).size());

  const PostgresSchema schema;
  Store postgres = Store::open(schema.url(), copy_options());
  std::uint64_t told = 0;
  CopyRequest request{.batch_points = 500};
  request.on_refused = [&](const std::string&, const Verdict& verdict) {
    EXPECT_NE(verdict.message.find("PostgreSQL cannot hold"), std::string::npos) << verdict.message;
    ++told;
  };
  const CopyReport there = copy_points(from, postgres, request);
  EXPECT_EQ(there.points, content.size());
  EXPECT_EQ(there.points + there.refused, content_of(from).size());
  EXPECT_EQ(there.policies, 1u);
  EXPECT_EQ(told, there.refused);
  EXPECT_EQ(content_of(postgres), content);
  EXPECT_EQ(copy_points(from, postgres, request).points, content.size());  // Again: nothing changes.
  EXPECT_EQ(content_of(postgres), content);

  const test::SqliteFile file;
  Store back = file.open(copy_options(test::test_options()));
  Options reading = copy_options();
  reading.read_only = true;
  const CopyReport again = copy_points(Store::open(schema.url(), reading), back, {});
  EXPECT_EQ(again.points, content.size());
  EXPECT_EQ(again.refused, 0u);
  EXPECT_EQ(content_of(back), content);
  EXPECT_EQ(back.tenant("acme").retention().size(), 1u);
}

TEST(CopyOverPostgres, GoesOnWhereItWasStopped) {
  LUMINATE_NEEDS_POSTGRES();
  const PostgresSchema schema;
  const PostgresSchema other;
  const test::TemporaryDirectory directory;
  Store from = memory();
  Batch batch;
  for (std::int64_t i = 0; i < 4000; ++i) {
    batch.add({i % 2 == 0 ? "cpu" : "mem", 1'600'000'000'000 + i * 864'000, static_cast<double>(i), {}});
  }
  from.write(batch);
  Store first = Store::open(schema.url(), copy_options());
  Store second = Store::open(other.url(), copy_options());
  for (const auto& [source, target] : {std::pair(&from, &first), std::pair(&first, &second)}) {
    std::stop_source stop;
    CopyRequest request{
        .batch_points = 100, .journal = (directory.path() / "journal").string(), .title = "there and back"};
    CopyRequest stopped = request;
    stopped.watch = {.progress =
                         [&](const Progress& progress) {
                           if (progress.done >= 3000) stop.request_stop();
                         },
                     .stop = stop.get_token()};
    EXPECT_EQ(test::error_of([&, t = target, s = source] { copy_points(*s, *t, stopped); }), "CANCELLED");
    const CopyReport report = copy_points(*source, *target, request);
    EXPECT_TRUE(report.resumed);
    EXPECT_GT(report.earlier_points, 1000u);
    EXPECT_EQ(report.points, 4000u);
    EXPECT_EQ(content_of(*target), content_of(from));
  }
}

}  // namespace
}  // namespace luminate
