#include <gtest/gtest.h>
#include <unistd.h>
#include <luminate/store.hpp>
#include <luminate/store_url.hpp>

#include <filesystem>
#include <fstream>

#include "support/answers.hpp"
#include "support/child_process.hpp"
#include "support/temporary_directory.hpp"

namespace luminate {
namespace {

using test::error_of;
using test::message_of;

TEST(StoreUrl, ThatNamesNoBackendIsRefusedWithTheFormsThereAre) {
  for (const std::string& url :
       {std::string(), std::string("metrics.db"), std::string("/var/lib/metrics.db"), std::string("SQLITE:metrics.db"),
        std::string("clickhouse://host/db"), std::string("sqlite:"), std::string("sqlite:?mode=ro"),
        std::string("memory:x"), std::string("sqlite:a.db?mode=rx"), std::string("sqlite:a.db?cache=shared"),
        std::string("sqlite:a.db?"), std::string("sqlite:a\0b", 10)}) {
    const auto open = [&] { (void)Store::open(url); };
    EXPECT_EQ(error_of(open), "INVALID_OPTION url") << url;
    EXPECT_NE(message_of(open).find("sqlite:PATH"), std::string::npos) << message_of(open);
  }
}

TEST(StoreUrl, IsNotRepeatedInMessages) {
  const std::string message = message_of([] { (void)Store::open("oracle://user:secret@host/db"); });
  EXPECT_EQ(message.find("secret"), std::string::npos) << message;
}

TEST(StoreUrl, NamesAFileWhateverThePathLooksLike) {
  // Names that mean something else to SQLite, given relative to a directory of the test's own.
  EXPECT_EQ(test::in_child([] {
              const test::TemporaryDirectory directory;
              std::filesystem::current_path(directory.path());
              std::string wrong;
              for (const std::string name : {":memory:", "file:x.db", "a b.db", "100%.db", "caf\xC3\xA9.db", "-lock"}) {
                Store store = Store::open("sqlite:" + name, test::test_options());
                store.write(test::batch_of({{"m", 0, 1, {}}}));
                if (store.series_count() != 1) wrong += name + " loses what is written; ";
                store.close();
                if (!std::filesystem::exists(directory.path() / name)) wrong += name + " is no file; ";
              }
              std::filesystem::current_path("/");
              return wrong;
            }),
            "");
}

TEST(StoreUrl, KeepsNamingTheSameFileWhenTheProcessChangesItsDirectory) {
  EXPECT_EQ(test::in_child([] {
              const test::TemporaryDirectory directory;
              std::filesystem::current_path(directory.path());
              Store store = Store::open("sqlite:store.db", test::test_options());
              std::filesystem::current_path("/");
              store.write(test::batch_of({{"m", 0, 1, {}}}));
              if (store.series_count() != 1) return std::string("the sample is not there");
              store.close();
              std::string left;
              for (const auto& entry : std::filesystem::directory_iterator(directory.path())) {
                left += entry.path().filename().string() + " ";
              }
              return left;
            }),
            "store.db ");
}

TEST(StoreUrl, OpensReadOnlyByParameterOrByOption) {
  const test::TemporaryDirectory directory;
  const std::string url = "sqlite:" + (directory.path() / "store.db").string();
  EXPECT_EQ(error_of([&] { (void)Store::open(url + "?mode=ro"); }), "STORAGE_UNAVAILABLE");
  EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
  Store::open(url + "?mode=rw", test::test_options()).write(test::batch_of({{"m", 0, 1, {}}}));

  Options read_only = test::test_options();
  read_only.read_only = true;
  for (Store store : {Store::open(url + "?mode=ro", test::test_options()), Store::open(url, read_only)}) {
    EXPECT_EQ(store.metrics(), test::Lines{"m"});
    EXPECT_EQ(error_of([&] { store.write(test::batch_of({{"m", 0, 1, {}}})); }), "INVALID_REQUEST");
    EXPECT_EQ(error_of([&] { store.remove({.metric = "m"}); }), "INVALID_REQUEST");
    EXPECT_TRUE(store.health().healthy);
  }
}

TEST(CheckStoreUrl, TouchesNothingAndTakesWhatCanBeOpened) {
  const test::TemporaryDirectory directory;
  check_store_url("memory:");
  check_store_url("sqlite:" + (directory.path() / "new.db").string());
  EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
  std::ofstream(directory.path() / "old.db") << "";
  check_store_url("sqlite:" + (directory.path() / "old.db").string());
  check_store_url("sqlite:" + (directory.path() / "old.db").string() + "?mode=ro");
}

TEST(CheckStoreUrl, SaysWhatIsInTheWay) {
  const test::TemporaryDirectory directory;
  const std::string path = directory.path().string();
  const auto wrong = [](const std::string& url) { return message_of([&] { check_store_url(url); }); };
  EXPECT_NE(wrong("mysql://host/db").find("no backend for \"mysql:\""), std::string::npos);
  EXPECT_NE(wrong("sqlite:" + path).find("is a folder"), std::string::npos);
  EXPECT_NE(wrong("sqlite:" + path + "/no/metrics.db").find(path + "/no is not there"), std::string::npos);
  EXPECT_NE(wrong("sqlite:" + path + "/metrics.db?mode=ro").find("no such file"), std::string::npos);
  EXPECT_NE(wrong("sqlite:/dev/null").find("no ordinary file"), std::string::npos);
  EXPECT_EQ(wrong("postgresql://user:geheim@host/db?sslmoed=require").find("geheim"), std::string::npos);
  EXPECT_NE(wrong("postgresql://user:geheim@host/db?sslmoed=require"), "");
  if (::geteuid() != 0) {
    std::filesystem::permissions(directory.path(), std::filesystem::perms::owner_read);
    EXPECT_NE(wrong("sqlite:" + path + "/metrics.db").find("cannot be written"), std::string::npos);
    std::filesystem::permissions(directory.path(), std::filesystem::perms::owner_all);
  }
}

}  // namespace
}  // namespace luminate
