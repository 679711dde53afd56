#include <gtest/gtest.h>
#include <sys/stat.h>
#include <luminate/maintenance.hpp>

#include <filesystem>
#include <fstream>
#include <stop_token>

#include "backend/sqlite/sqlite_file.hpp"

namespace luminate {
namespace {

using test::error_of;
using test::message_of;
using test::put;

class Backup : public testing::Test {
 protected:
  void SetUp() override {
    store_ = file_.open();
    put(*store_, {{"cpu", 0, 1, {{"host", "a"}}}, {"cpu", 10, 2, {{"host", "b"}}}});
  }
  std::string at(const std::string& name) const { return (file_.directory() / name).string(); }
  static test::Lines samples(const std::string& path) {
    const Store store = Store::open("sqlite:" + path, test::test_options());
    return test::lines(store.query(Query::range("cpu").between(test::kStart, test::kNow)));
  }
  /// All but the store and what belongs to it.
  std::string others() const {
    std::string names;
    for (const auto& entry : std::filesystem::directory_iterator(file_.directory())) {
      const std::string name = entry.path().filename().string();
      if (!name.starts_with("store.db")) names += name + " ";
    }
    return names;
  }

  test::SqliteFile file_;
  std::optional<Store> store_;
};

const test::Lines kSamples{"@0 {host=a} 1", "@10 {host=b} 2"};

TEST_F(Backup, IsAStoreThatOpensBesideTheOneThatGoesOn) {
  store_->backup(at("copy.db"));
  put(*store_, {{"cpu", 20, 3, {{"host", "a"}}}});
  EXPECT_EQ(others(), "copy.db ");
  EXPECT_TRUE(check_file(at("copy.db")).sound());
  EXPECT_EQ(samples(at("copy.db")), kSamples);
  Store copy = Store::open("sqlite:" + at("copy.db"), test::test_options());
  put(copy, {{"cpu", 30, 4, {{"host", "c"}}}});
  EXPECT_EQ(copy.series_count("cpu"), 3u);
}

TEST_F(Backup, IsTakenOfAFileWhoeverWritesItOrNobody) {
  backup_file(file_.path(), at("while-open.db"));
  store_->close();
  backup_file(file_.path(), at("while-closed.db"));
  EXPECT_EQ(samples(at("while-open.db")), kSamples);
  EXPECT_EQ(samples(at("while-closed.db")), kSamples);
}

TEST_F(Backup, ReplacesAFileOnlyWhenTold) {
  std::ofstream(at("copy.db")) << "mine";
  EXPECT_EQ(error_of([&] { store_->backup(at("copy.db")); }), "INVALID_REQUEST");
  EXPECT_EQ(std::filesystem::file_size(at("copy.db")), 4u);
  store_->backup(at("copy.db"), {.overwrite = true});
  EXPECT_EQ(samples(at("copy.db")), kSamples);
  store_->backup(at("copy.db"), {.overwrite = true});
  EXPECT_EQ(samples(at("copy.db")), kSamples);
}

TEST_F(Backup, NeverReplacesAStoreThatIsOpen) {
  Store other = Store::open("sqlite:" + at("other.db"), test::test_options());
  put(other, {{"cpu", 0, 9, {}}});
  EXPECT_EQ(error_of([&] { store_->backup(at("other.db"), {.overwrite = true}); }), "STORAGE_LOCKED");
  EXPECT_EQ(error_of([&] { store_->backup(file_.path(), {.overwrite = true}); }), "STORAGE_LOCKED");
  other.close();
  EXPECT_EQ(samples(at("other.db")), test::Lines{"@0 {} 9"});
}

TEST_F(Backup, IsNotMixedWithTheLogOfADatabaseThatIsGone) {
  std::ofstream(at("copy.db-wal")) << "a log";
  const std::string message = message_of([&] { store_->backup(at("copy.db")); });
  EXPECT_NE(message.find("copy.db-wal is there"), std::string::npos) << message;
  EXPECT_EQ(others(), "copy.db-wal ");
}

TEST_F(Backup, LeavesNothingBehindWhenItIsStopped) {
  std::stop_source stop;
  EXPECT_EQ(error_of([&] {
              store_->backup(at("copy.db"), {.watch = {.progress = [&](const Progress&) { stop.request_stop(); },
                                                       .stop = stop.get_token()}});
            }),
            "CANCELLED");
  EXPECT_EQ(others(), "");
  EXPECT_THROW(store_->backup(at("copy.db"), {.watch = {.progress = [](const Progress&) { throw 1; }}}), int);
  EXPECT_EQ(others(), "");
}

TEST_F(Backup, TellsHowFarItIs) {
  Progress last;
  const auto watch = [&](const Progress& progress) {
    EXPECT_GE(progress.done, last.done);
    EXPECT_LE(progress.done, progress.total);
    last = progress;
  };
  store_->backup(at("copy.db"), {.watch = {.progress = watch}});
  EXPECT_EQ(last.done, last.total);
  EXPECT_GE(last.total, 2 * std::filesystem::file_size(at("copy.db")));
}

TEST_F(Backup, OfADamagedFileFailsUnlessItIsNotToBeChecked) {
  store_->close();
  file_.sql("UPDATE segment SET data = x'' WHERE id = 1");
  EXPECT_EQ(error_of([&] { backup_file(file_.path(), at("copy.db")); }), "STORAGE_CORRUPT");
  EXPECT_NE(message_of([&] { backup_file(file_.path(), at("copy.db")); }).find("segment 1 of metric \"cpu\""),
            std::string::npos);
  EXPECT_EQ(others(), "");
  backup_file(file_.path(), at("copy.db"), {.verify = false});
  EXPECT_FALSE(check_file(at("copy.db")).sound());
}

TEST_F(Backup, MayBeReadByWhomTheStoreMay) {
  ::chmod(file_.path().c_str(), 0600);
  store_->backup(at("copy.db"));
  struct stat status {};
  ASSERT_EQ(::stat(at("copy.db").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST_F(Backup, SaysWhyItCannotBe) {
  const std::string nowhere = at("no/such/directory/copy.db");
  EXPECT_EQ(error_of([&] { store_->backup(nowhere); }), "STORAGE_UNAVAILABLE");
  EXPECT_NE(message_of([&] { store_->backup(nowhere); }).find("make its directory first"), std::string::npos);
  EXPECT_EQ(error_of([&] { store_->backup(file_.directory().string(), {.overwrite = true}); }), "INVALID_REQUEST");
  EXPECT_EQ(error_of([&] { backup_file(at("none.db"), at("copy.db")); }), "STORAGE_UNAVAILABLE");
  EXPECT_EQ(error_of([&] { Store::open("memory:").backup(at("copy.db")); }), "INVALID_REQUEST");
  EXPECT_EQ(others(), "");
}

TEST_F(Backup, IsRestoredToANewPlaceOnly) {
  store_->backup(at("copy.db"));
  EXPECT_EQ(error_of([&] { restore_file(at("copy.db"), file_.path()); }), "INVALID_REQUEST");
  restore_file(at("copy.db"), at("restored.db"));
  EXPECT_EQ(samples(at("restored.db")), kSamples);
  EXPECT_EQ(error_of([&] { restore_file(at("copy.db"), at("restored.db")); }), "INVALID_REQUEST");
  store_->close();
  std::filesystem::remove(file_.path());
  restore_file(at("copy.db"), file_.path());
  EXPECT_EQ(samples(file_.path()), kSamples);
}

TEST_F(Backup, ThatIsDamagedIsNotRestored) {
  store_->backup(at("copy.db"));
  {
    std::fstream bytes(at("copy.db"), std::ios::in | std::ios::out | std::ios::binary);
    std::stringstream content;
    content << bytes.rdbuf();
    const std::size_t segment = content.str().find("LSEG");
    ASSERT_NE(segment, std::string::npos);
    bytes.seekp(static_cast<std::streamoff>(segment) + 32);
    bytes << '\xA5';
  }
  EXPECT_EQ(error_of([&] { restore_file(at("copy.db"), at("restored.db")); }), "STORAGE_CORRUPT");
  std::ofstream(at("text")) << "no database";
  EXPECT_EQ(error_of([&] { restore_file(at("text"), at("restored.db")); }), "STORAGE_VERSION");
  EXPECT_FALSE(std::filesystem::exists(at("restored.db")));
}

}  // namespace
}  // namespace luminate
