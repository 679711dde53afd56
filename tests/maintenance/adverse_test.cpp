#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <luminate/maintenance.hpp>

#include <algorithm>
#include <random>

#include "backend/sqlite/sqlite_file.hpp"
#include "support/child_process.hpp"
#include "support/text_pieces.hpp"

// Disks that are full and directories that may not be written.
namespace luminate {
namespace {

/// Samples that do not compress: about 160 kB.
void fill(const test::SqliteFile& file) {
  Store store = file.open();
  std::mt19937_64 random(1);
  Batch batch;
  const auto series = batch.series("m", {{"host", "a"}});
  for (int i = 0; i < 10'000; ++i) {
    batch.add(series, test::kStart + i, std::uniform_real_distribution<double>(-1, 1)(random));
  }
  ASSERT_EQ(store.write(batch).rejected, 0u);
}

/// How large a file of this process may grow: a disk that fills up.
void limit_files(rlim_t bytes) {
  ::signal(SIGXFSZ, SIG_IGN);
  rlimit limit{};
  ::getrlimit(RLIMIT_FSIZE, &limit);
  limit.rlim_cur = std::min(bytes, limit.rlim_max);
  ::setrlimit(RLIMIT_FSIZE, &limit);
}

TEST(FullDisk, EndsBackupsAndExportsAndLeavesNothingOfThem) {
  const test::SqliteFile file;
  fill(file);
  EXPECT_EQ(test::in_child([&]() -> std::string {
              limit_files(65'536);
              const std::string copy = file.directory() / "copy.db";
              const std::string points = file.directory() / "points";
              const std::string text = "STORAGE_UNAVAILABLE";
              if (test::error_of([&] { backup_file(file.path(), copy); }) != text) return "backup";
              if (test::error_of([&] { restore_file(file.path(), copy); }) != text) return "restore";
              const Store store = Store::open(file.read_only_url(), test::test_options());
              if (test::error_of([&] { export_points(store, {}, points, false); }) != text) return "export";
              return "";
            }),
            "");
  EXPECT_EQ(file.files().find("copy"), std::string::npos) << file.files();
  EXPECT_EQ(file.files().find("points"), std::string::npos) << file.files();
  EXPECT_TRUE(check_file(file.path()).sound());
}

TEST(FullDisk, EndsAnImportAndKeepsWhatWasInBefore) {
  const test::SqliteFile file;
  fill(file);
  std::string text;
  {
    const Store store = file.open();
    text = test::exported(store);
  }
  const test::SqliteFile target;
  EXPECT_EQ(test::in_child([&]() -> std::string {
              Store store = target.open(import_options(test::test_options()));
              limit_files(131'072);
              std::string error =
                  test::error_of([&] { import_points(store, {.batch_points = 1'000}, test::source_of(text)); });
              limit_files(RLIM_INFINITY);
              return error;
            }),
            "STORAGE_UNAVAILABLE");
  EXPECT_TRUE(check_file(target.path()).sound());
  Store store = target.open(import_options(test::test_options()));
  EXPECT_EQ(import_points(store, {}, test::source_of(text)).imported, 10'000u);
  EXPECT_EQ(test::exported(store), text);
}

TEST(ReadOnlyDirectory, IsCheckedAndBackedUpAndSaysWhyItTakesNoBackup) {
  const test::SqliteFile file;
  fill(file);
  const test::TemporaryDirectory elsewhere;
  ::chmod(elsewhere.path().c_str(), 0777);
  ::chmod(file.path().c_str(), 0444);
  ::chmod(file.directory().c_str(), 0555);
  const std::string outcome = test::in_child([&]() -> std::string {
    if (::geteuid() == 0 && ::setuid(65'534) != 0) return "";  // Root may write everywhere: nothing to see.
    if (!check_file(file.path()).sound()) return "the check found damage";
    const std::string copy = elsewhere.path() / "copy.db";
    backup_file(file.path(), copy);
    if (!check_file(copy).sound()) return "the copy is damaged";
    const std::string message = test::message_of([&] { backup_file(file.path(), file.directory() / "copy.db"); });
    return message.find("check the permissions of its directory") == std::string::npos ? message : "";
  });
  ::chmod(file.directory().c_str(), 0755);
  EXPECT_EQ(outcome, "");
}

}  // namespace
}  // namespace luminate
