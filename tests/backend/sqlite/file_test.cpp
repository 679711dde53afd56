#include <gtest/gtest.h>

#include <fstream>

#include "backend/sqlite/sqlite_file.hpp"

namespace luminate {
namespace {

using test::error_of;
using test::message_of;
using test::put;

std::string open_error(const test::SqliteFile& file) {
  return error_of([&] { (void)file.open(); });
}
std::string open_read_only_error(const test::SqliteFile& file) {
  return error_of([&] { (void)Store::open(file.read_only_url()); });
}

TEST(SqliteStore, IsOneFileWhenItIsClosed) {
  const test::SqliteFile file;
  Store store = file.open();
  put(store, {{"m", 0, 1, {}}});
  EXPECT_NE(file.files(), "store.db ");
  (void)store.metrics();
  store.close();
  EXPECT_EQ(file.files(), "store.db ");
  store = file.open();
  EXPECT_EQ(store.metrics(), test::Lines{"m"});
  store.close();
  EXPECT_EQ(file.files(), "store.db ");
}

TEST(SqliteStore, MayBeReadAfterAWriterWasClosed) {
  const test::SqliteFile file;
  Store store = file.open();
  put(store, {{"m", 0, 1, {}}});
  store.close();
  Store reader = Store::open(file.read_only_url(), test::test_options());
  EXPECT_EQ(reader.metrics(), test::Lines{"m"});
  // While it is open somebody begins to write.
  store = file.open();
  put(store, {{"n", 0, 1, {}}});
  EXPECT_EQ(reader.metrics(), (test::Lines{"m", "n"}));
  store.close();
  EXPECT_EQ(reader.metrics(), (test::Lines{"m", "n"}));
  reader.close();
  file.open().close();
  EXPECT_EQ(file.files(), "store.db ");
}

TEST(SqliteStore, IsMarkedAsOurs) {
  const test::SqliteFile file;
  file.open().close();
  EXPECT_EQ(file.sql("PRAGMA application_id"), 0x4C756D69);
  EXPECT_EQ(file.sql("PRAGMA user_version"), 1);
}

TEST(SqliteStore, HoldsNoRowForEachSample) {
  const test::SqliteFile file;
  Store store = file.open();
  Batch batch;
  for (int i = 0; i < 10'000; ++i)
    batch.add({i % 2 == 0 ? "a" : "b", test::kStart + i, 1, {{"h", std::to_string(i % 10)}}});
  EXPECT_EQ(store.write(batch).accepted, 10'000u);
  store.close();
  EXPECT_EQ(file.sql("SELECT count(*) FROM segment"), 2);
  EXPECT_EQ(file.sql("SELECT sum(samples) FROM segment"), 10'000);
  EXPECT_EQ(file.sql("SELECT count(*) FROM series"), 10);
  EXPECT_EQ(file.sql("SELECT count(*) FROM word"), 11);  // "h" and ten values
  EXPECT_LT(std::filesystem::file_size(file.path()), 100'000u);
}

TEST(SqliteStore, LeavesADatabaseOfSomethingElseAlone) {
  const test::SqliteFile file;
  file.sql("CREATE TABLE mine(x); INSERT INTO mine VALUES (1)");
  EXPECT_EQ(open_error(file), "STORAGE_VERSION");
  EXPECT_EQ(open_read_only_error(file), "STORAGE_VERSION");
  EXPECT_NE(message_of([&] { (void)file.open(); }).find("no Luminate store"), std::string::npos);
  EXPECT_EQ(file.sql("SELECT count(*) FROM sqlite_schema"), 1);
  EXPECT_EQ(file.files(), "store.db ");
}

TEST(SqliteStore, LeavesAnEmptyDatabaseOfSomethingElseAlone) {
  const test::SqliteFile file;
  file.sql("PRAGMA application_id = 7");
  EXPECT_EQ(open_error(file), "STORAGE_VERSION");
  EXPECT_EQ(open_read_only_error(file), "STORAGE_VERSION");
}

TEST(SqliteStore, LeavesAFileThatIsNoDatabaseAlone) {
  const test::SqliteFile file;
  const std::string content = "host,value\n" + std::string(5'000, 'x');
  std::ofstream(file.path()) << content;
  EXPECT_EQ(open_error(file), "STORAGE_VERSION");
  EXPECT_EQ(open_read_only_error(file), "STORAGE_VERSION");
  EXPECT_NE(message_of([&] { (void)file.open(); }).find(file.path()), std::string::npos);
  EXPECT_EQ(std::filesystem::file_size(file.path()), content.size());
  EXPECT_EQ(file.files(), "store.db ");
}

TEST(SqliteStore, LeavesAFileOfALaterVersionAlone) {
  const test::SqliteFile file;
  file.open().close();
  file.sql("PRAGMA user_version = 2");
  EXPECT_EQ(open_error(file), "STORAGE_VERSION");
  EXPECT_EQ(open_read_only_error(file), "STORAGE_VERSION");
  const std::string message = message_of([&] { (void)file.open(); });
  EXPECT_NE(message.find("newer"), std::string::npos) << message;
  file.sql("PRAGMA user_version = 1");
  EXPECT_EQ(open_error(file), "");
}

TEST(SqliteStore, TakesAnEmptyFileForANewStore) {
  const test::SqliteFile file;
  std::ofstream(file.path()).close();
  EXPECT_EQ(open_read_only_error(file), "STORAGE_VERSION");
  EXPECT_EQ(open_error(file), "");
}

TEST(SqliteStore, SaysWhenItsDirectoryIsMissing) {
  for (const char* mode : {"", "?mode=ro"}) {
    const auto open = [&] { (void)Store::open("sqlite:/nonexistent/directory/store.db" + std::string(mode)); };
    EXPECT_EQ(error_of(open), "STORAGE_UNAVAILABLE");
    EXPECT_NE(message_of(open).find("/nonexistent/directory/store.db"), std::string::npos);
    EXPECT_NE(message_of(open).find("check that its directory exists"), std::string::npos);
  }
}

TEST(SqliteStore, IsNoDirectory) {
  const test::SqliteFile file;
  std::filesystem::create_directory(file.path());
  EXPECT_EQ(open_error(file), "STORAGE_UNAVAILABLE");
  EXPECT_EQ(open_read_only_error(file), "STORAGE_UNAVAILABLE");
  const std::string message = message_of([&] { (void)file.open(); });
  EXPECT_NE(message.find("is a directory"), std::string::npos) << message;
  EXPECT_EQ(file.files(), "store.db ");
}

TEST(SqliteStore, IsNotMadeByAReader) {
  const test::SqliteFile file;
  EXPECT_EQ(open_read_only_error(file), "STORAGE_UNAVAILABLE");
  const std::string message = message_of([&] { (void)Store::open(file.read_only_url()); });
  EXPECT_NE(message.find("no such file"), std::string::npos) << message;
  EXPECT_EQ(file.files(), "");
}

TEST(SqliteStore, RefusesToWriteIntoAFileThatIsNoLongerThere) {
  const test::SqliteFile file;
  Store store = file.open();
  put(store, {{"m", 0, 1, {}}});
  const std::string aside = file.path() + "-aside";
  std::filesystem::rename(file.path(), aside);
  const auto write = [&] { store.write(test::batch_of({{"m", 1, 2, {}}})); };
  EXPECT_EQ(error_of(write), "STORAGE_UNAVAILABLE");
  EXPECT_NE(message_of(write).find("moved"), std::string::npos) << message_of(write);
  EXPECT_EQ(error_of([&] { store.remove({.metric = "m"}); }), "STORAGE_UNAVAILABLE");
  EXPECT_FALSE(store.health().healthy);
  std::ofstream(file.path()) << "another file";
  EXPECT_EQ(error_of(write), "STORAGE_UNAVAILABLE");

  std::filesystem::rename(aside, file.path());
  EXPECT_EQ(error_of(write), "");
  EXPECT_TRUE(store.health().healthy);
  store.close();
  EXPECT_EQ(test::lines(file.open().query(Query::range("m").between(test::kStart, test::kNow))),
            (test::Lines{"@0 {} 1", "@1 {} 2"}));
}

TEST(SqliteStore, HasOneName) {
  const test::SqliteFile file;
  file.open().close();
  const std::string second = (file.directory() / "second.db").string();
  std::filesystem::create_hard_link(file.path(), second);
  EXPECT_EQ(open_error(file), "STORAGE_UNAVAILABLE");
  EXPECT_EQ(error_of([&] { (void)Store::open("sqlite:" + second); }), "STORAGE_UNAVAILABLE");
  std::filesystem::remove(second);
  EXPECT_EQ(open_error(file), "");
}

TEST(SqliteStore, LoadsTheSeriesOfAMetricWhenItIsTouched) {
  const test::SqliteFile file;
  Store store = file.open();
  put(store, {{"whole", 0, 1, {{"h", "a"}}}, {"broken", 0, 1, {{"h", "b"}}}});
  store.close();
  file.sql("UPDATE series SET dimensions = x'FF' WHERE metric_id = (SELECT id FROM metric WHERE name = 'broken')");
  store = file.open();
  EXPECT_EQ(store.dimension_values("whole", "h"), test::Lines{"a"});
  put(store, {{"whole", 1, 1, {{"h", "c"}}}});
  EXPECT_EQ(store.series_count("broken"), 1u);
  EXPECT_EQ(error_of([&] { (void)store.dimension_keys("broken"); }), "STORAGE_CORRUPT");
  EXPECT_EQ(store.dimension_values("whole", "h"), (test::Lines{"a", "c"}));
}

TEST(SqliteStore, KeepsNothingOfAWriteThatFailedHalfWay) {
  // The batch names a new series of one metric before another metric turns out to be damaged.
  const test::SqliteFile file;
  Store store = file.open();
  put(store, {{"whole", 0, 1, {{"h", "a"}}}, {"broken", 0, 1, {{"h", "b"}}}});
  store.close();
  file.sql("UPDATE series SET dimensions = x'FF' WHERE metric_id = (SELECT id FROM metric WHERE name = 'broken')");
  store = file.open();
  EXPECT_EQ(error_of([&] {
              store.write(test::batch_of({{"whole", 1, 2, {{"h", "new"}}}, {"broken", 1, 2, {{"h", "new"}}}}));
            }),
            "STORAGE_CORRUPT");
  EXPECT_EQ(store.dimension_values("whole", "h"), test::Lines{"a"});
  // The same series again, alone: it must be made now.
  put(store, {{"whole", 1, 3, {{"h", "new"}}}});
  EXPECT_EQ(store.dimension_values("whole", "h"), (test::Lines{"a", "new"}));
  store.close();
  store = file.open();
  EXPECT_EQ(store.dimension_values("whole", "h"), (test::Lines{"a", "new"}));
  EXPECT_EQ(test::lines(store.query(Query::range("whole").between(test::kStart, test::kNow))),
            (test::Lines{"@0 {h=a} 1", "@1 {h=new} 3"}));
}

TEST(SqliteStore, KeepsItsLogShortHoweverManyBatchesCome) {
  const test::SqliteFile file;
  Options options = test::test_options();
  options.compaction = false;  // It would find that the batches are all the same.
  Store store = file.open(options);
  std::uintmax_t largest = 0;
  for (int number = 0; number < 40; ++number) {
    Batch batch;
    const auto series = batch.series("m", {{"batch", std::to_string(number)}});
    // Bits that do not compress: each batch takes some 80 kB a thousand times over.
    for (int i = 0; i < 10'000; ++i) {
      std::uint64_t bits = static_cast<std::uint64_t>(number * 10'000 + i) * 0x9E3779B97F4A7C15u;
      batch.add(series, test::kStart + i, static_cast<double>(bits) * 1e-19);
    }
    for (int repeat = 0; repeat < 20; ++repeat) store.write(batch);
    largest = std::max(largest, std::filesystem::file_size(file.path() + "-wal"));
  }
  // Folded into the file every 16 MiB; one write may come on top.
  EXPECT_LT(largest, std::uintmax_t{24} << 20);
  EXPECT_GT(std::filesystem::file_size(file.path()), std::uintmax_t{32} << 20);
}

}  // namespace
}  // namespace luminate
