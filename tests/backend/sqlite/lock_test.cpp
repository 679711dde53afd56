#include <gtest/gtest.h>
#include <unistd.h>

#include <memory>
#include <vector>

#include "backend/sqlite/sqlite_file.hpp"
#include "support/child_process.hpp"

namespace luminate {
namespace {

using test::error_of;
using test::message_of;

TEST(SqliteLock, RefusesASecondStoreOfTheSameProcess) {
  const test::SqliteFile file;
  Store store = file.open();
  EXPECT_EQ(error_of([&] { (void)file.open(); }), "STORAGE_LOCKED");
  const std::string message = message_of([&] { (void)file.open(); });
  EXPECT_NE(message.find("process " + std::to_string(::getpid())), std::string::npos) << message;
  EXPECT_NE(message.find(file.path()), std::string::npos) << message;
  test::put(store, {{"m", 0, 1, {}}});  // It goes on undisturbed.
  store.close();
  EXPECT_EQ(error_of([&] { (void)file.open(); }), "");
}

TEST(SqliteLock, RefusesAnotherProcessAndNamesTheOneThatHoldsIt) {
  const test::SqliteFile file;
  test::ChildProcess child([&](const auto& pipe) {
    Store store = file.open();
    pipe.say("open");
    pipe.hear();
    store.close();
  });
  ASSERT_EQ(child.pipe().hear(), "open");
  EXPECT_EQ(error_of([&] { (void)file.open(); }), "STORAGE_LOCKED");
  const std::string message = message_of([&] { (void)file.open(); });
  EXPECT_NE(message.find("process " + std::to_string(child.pid())), std::string::npos) << message;
  std::string rest;
  EXPECT_EQ(child.wait(rest), 0) << rest;
  EXPECT_EQ(error_of([&] { (void)file.open(); }), "");
}

TEST(SqliteLock, EndsWithAProcessThatIsKilled) {
  const test::SqliteFile file;
  test::ChildProcess child([&](const auto& pipe) {
    Store store = file.open();
    pipe.say("open");
    pipe.hear();
  });
  ASSERT_EQ(child.pipe().hear(), "open");
  child.kill();
  EXPECT_EQ(error_of([&] { (void)file.open(); }), "");
  EXPECT_EQ(file.files(), "store.db ");
}

TEST(SqliteLock, IsTheSameByEveryNameOfAFile) {
  const test::SqliteFile file;
  std::filesystem::create_directory(file.directory() / "sub");
  std::filesystem::create_symlink(file.path(), file.directory() / "link.db");
  std::filesystem::create_directory_symlink(file.directory(), file.directory() / "sub" / "back");
  const std::string directory = file.directory().string();
  // The first opening is through a link to a file that is not there yet.
  Store store = Store::open("sqlite:" + directory + "/link.db", test::test_options());
  test::put(store, {{"m", 0, 1, {}}});
  for (const std::string name : {"/store.db", "/link.db", "//store.db", "/sub/../store.db", "/sub/back/link.db"}) {
    EXPECT_EQ(error_of([&] { (void)Store::open("sqlite:" + directory + name); }), "STORAGE_LOCKED") << name;
  }
  store.close();
  EXPECT_EQ(file.files(), "link.db store.db sub ");
  EXPECT_EQ(file.open().metrics(), test::Lines{"m"});
}

TEST(SqliteLock, LetsReadersIn) {
  const test::SqliteFile file;
  Store store = file.open();
  test::put(store, {{"m", 0, 1, {}}});
  Store first = Store::open(file.read_only_url(), test::test_options());
  Store second = Store::open(file.read_only_url(), test::test_options());
  EXPECT_EQ(first.metrics(), test::Lines{"m"});
  EXPECT_EQ(second.metrics(), test::Lines{"m"});
}

TEST(SqliteLock, LosesARaceToNobody) {
  // Many processes open and close the store at once. Those that get in add one to the only sample; if two ever got in
  // together, one addition would be lost.
  const test::SqliteFile file;
  {
    Store store = file.open();
    test::put(store, {{"m", 0, 0, {}}});
  }
  constexpr int kProcesses = 4;
  constexpr int kTurns = 15;
  std::vector<std::unique_ptr<test::ChildProcess>> children;
  for (int i = 0; i < kProcesses; ++i) {
    children.push_back(std::make_unique<test::ChildProcess>([&](const auto&) {
      for (int turn = 0; turn < kTurns;) {
        try {
          Store store = file.open();
          const Result result = store.query(Query::range("m").between(test::kStart, test::kStart + 1));
          test::put(store, {{"m", 0, result.range().value_column.at(0) + 1, {}}});
          ++turn;
        } catch (const Error& error) {
          if (error.code() != ErrorCode::storage_locked) throw;
        }
      }
    }));
  }
  for (auto& child : children) {
    std::string rest;
    EXPECT_EQ(child->wait(rest), 0) << rest;
  }
  EXPECT_EQ(test::lines(file.open().query(Query::range("m").between(test::kStart, test::kNow))),
            test::Lines{"@0 {} " + std::to_string(kProcesses * kTurns)});
  EXPECT_EQ(file.files(), "store.db ");
}

}  // namespace
}  // namespace luminate
