#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>

#include "api_test.hpp"
#include "support/temporary_directory.hpp"

namespace luminate::server::api {
namespace {

constexpr const char* kPath = "/api/v1/admin/backup";

/// Waits for what goes on on another thread.
template <class Condition>
bool soon(const Condition& condition) {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > give_up) return false;
    std::this_thread::yield();
  }
  return true;
}

class BackupApi : public ::testing::Test {
 protected:
  explicit BackupApi(const std::string& url = "", bool configured = true)
      : store_(Store::open(url.empty() ? "sqlite:" + (folder_.path() / "m.db").string() : url)),
        api_({.report = [](const http::Request&, ErrorCode, std::string_view) {},
              .backup_directory = configured ? backups().string() : ""}) {
    std::filesystem::create_directory(backups());
    api_.serve(store_);
    Batch batch;
    batch.add(
        {"m",
         std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
             .count(),
         1,
         {}});
    store_.write(batch);
  }

  std::filesystem::path backups() const { return folder_.path() / "backups"; }

  http::Response call(const std::string& method, std::string body = "",
                      std::multimap<std::string, std::string> query = {}) {
    http::Request request;
    request.method = method;
    request.path = kPath;
    request.query = std::move(query);
    request.body = std::move(body);
    request.id = "id";
    return api_.handle(request);
  }
  http::Response start(const std::string& name) { return call("POST", Json{{"name", name}}.dump()); }
  Json last() { return Json::parse(call("GET").body)["backup"]; }
  static std::string code_of(const http::Response& response) {
    return std::to_string(response.status) + ' ' + Json::parse(response.body)["error"]["code"].get<std::string>();
  }

  test::TemporaryDirectory folder_;
  Store store_;
  Api api_;
};

TEST_F(BackupApi, TakesOneThatCanBeOpened) {
  EXPECT_TRUE(last().is_null());
  const http::Response response = start("a.db");
  EXPECT_EQ(response.status, 202) << response.body;
  EXPECT_EQ(Json::parse(response.body)["backup"]["name"], "a.db");
  ASSERT_TRUE(soon([&] { return last()["state"] == "done"; })) << last().dump();
  const Json done = last();
  EXPECT_EQ(done["bytesDone"], done["bytesTotal"]);
  EXPECT_GT(done["bytesTotal"], 0);
  EXPECT_GE(done["finished"], done["started"]);
  EXPECT_FALSE(done.contains("error"));
  EXPECT_EQ(Store::open("sqlite:" + (backups() / "a.db").string()).metrics(), std::vector<std::string>{"m"});
}

TEST_F(BackupApi, NamesItByTheTime) {
  for (const char* body : {"", "{}"}) {
    const http::Response response = call("POST", body);
    if (response.status == 409) continue;  // Within the same second.
    ASSERT_EQ(response.status, 202) << response.body;
    const std::string name = Json::parse(response.body)["backup"]["name"];
    EXPECT_EQ(name.size(), std::string("luminate-20260131T120000Z.db").size());
    EXPECT_TRUE(BackupRunner::is_name(name));
    ASSERT_TRUE(soon([&] { return last()["state"] == "done"; }));
    EXPECT_TRUE(std::filesystem::exists(backups() / name));
  }
}

TEST_F(BackupApi, NeverReplacesAFile) {
  std::ofstream(backups() / "there") << "precious";
  std::filesystem::create_symlink(folder_.path() / "m.db", backups() / "link");
  std::filesystem::create_symlink(folder_.path() / "nowhere", backups() / "dangling");
  for (const char* name : {"there", "link", "dangling"}) EXPECT_EQ(code_of(start(name)), "409 BACKUP_EXISTS") << name;
  EXPECT_TRUE(last().is_null());
  EXPECT_EQ(std::filesystem::file_size(backups() / "there"), 8u);
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "nowhere"));
}

TEST_F(BackupApi, TakesOnlyNamesOfFilesOfItsDirectory) {
  for (const std::string& name :
       {std::string(), std::string("."), std::string(".."), std::string("../m.db"), std::string("/tmp/x"),
        std::string("a/b"), std::string("a\\b"), std::string(".hidden"), std::string("a b"), std::string("a\0b", 3),
        std::string("a\nb"), std::string("\xC3\xA4"), std::string("m.db-wal"), std::string("m.db-shm"),
        std::string("m.db-journal"), std::string("m.db-lock"), std::string("%2e%2e"), std::string("~"),
        std::string(BackupRunner::kMaxNameBytes + 1, 'a')}) {
    const http::Response response = start(name);
    EXPECT_EQ(code_of(response), "400 INVALID_REQUEST") << name;
    EXPECT_EQ(Json::parse(response.body)["error"]["details"]["field"], "name") << name;
  }
  EXPECT_TRUE(std::filesystem::is_empty(backups()));
  EXPECT_EQ(start(std::string(BackupRunner::kMaxNameBytes, 'a')).status, 202);
  ASSERT_TRUE(soon([&] { return last()["state"] == "done"; }));
  EXPECT_EQ(start("-._Z9").status, 202);
  ASSERT_TRUE(soon([&] { return last()["state"] == "done"; }));
}

TEST_F(BackupApi, TakesNothingElse) {
  for (const char* body : {"[]", "null", "{", R"({"name": 7})", R"({"name": null})", R"({"path": "/tmp/x"})",
                           R"({"name": "a", "overwrite": true})", R"({"name": "a", "name": "b"})"}) {
    EXPECT_EQ(code_of(call("POST", body)), "400 INVALID_REQUEST") << body;
  }
  EXPECT_EQ(code_of(call("POST", "", {{"name", "a"}})), "400 INVALID_REQUEST");
  EXPECT_EQ(code_of(call("GET", "", {{"name", "a"}})), "400 INVALID_REQUEST");
  EXPECT_TRUE(last().is_null());
}

TEST_F(BackupApi, NeedsItsDirectory) {
  std::filesystem::remove(backups());
  EXPECT_EQ(code_of(start("a")), "409 BACKUP_UNAVAILABLE");
  EXPECT_TRUE(last().is_null());
}

TEST_F(BackupApi, IsRefusedWhenTheServerStops) {
  api_.stop();
  EXPECT_EQ(code_of(start("a")), "409 BACKUP_UNAVAILABLE");
}

class UnconfiguredBackup : public BackupApi {
 protected:
  UnconfiguredBackup() : BackupApi("", false) {}
};

TEST_F(UnconfiguredBackup, SaysWhatToSet) {
  const http::Response response = start("a");
  EXPECT_EQ(code_of(response), "409 BACKUP_UNAVAILABLE");
  EXPECT_NE(response.body.find("storage.backup_directory"), std::string::npos);
}

class BackupOfMemory : public BackupApi {
 protected:
  BackupOfMemory() : BackupApi("memory:") {}
};

TEST_F(BackupOfMemory, SaysThatThereIsNoFile) {
  const http::Response response = start("a");
  EXPECT_EQ(code_of(response), "400 INVALID_REQUEST");
  EXPECT_NE(response.body.find("export its points instead"), std::string::npos);
  EXPECT_TRUE(last().is_null());
}

/// A backup that goes on until it is told to end.
class HeldBackup : public ::testing::Test {
 protected:
  HeldBackup()
      : runner_(
            folder_.path().string(),
            [this](const http::Request& request, ErrorCode, std::string_view what) {
              reported_ = request.id + ": " + std::string(what);
            },
            [this](const Store&, const std::string&, const BackupOptions& options) { hold(options); }) {}

  void hold(const BackupOptions& options) {
    options.watch.progress({1, 4});
    std::unique_lock lock(mutex_);
    changed_.wait(lock, options.watch.stop, [&] { return go_on_; });
    if (options.watch.stop.stop_requested()) throw Error(ErrorCode::cancelled, "the call was cancelled");
    if (failure_) throw Error(*failure_, "the disk is full");
  }
  void go_on(std::optional<ErrorCode> failure = std::nullopt) {
    const std::lock_guard lock(mutex_);
    failure_ = failure;
    go_on_ = true;
    changed_.notify_all();
  }
  auto start(const std::string& name) {
    http::Request request;
    request.id = "its-id";
    return runner_.start(store_, name, request);
  }

  test::TemporaryDirectory folder_;
  Store store_ = Store::open("memory:");
  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool go_on_ = false;
  std::optional<ErrorCode> failure_;
  std::string reported_;
  BackupRunner runner_;
};

TEST_F(HeldBackup, IsTheOnlyOne) {
  const auto first = start("a");
  ASSERT_TRUE(std::holds_alternative<BackupRunner::Backup>(first));
  EXPECT_EQ(std::get<BackupRunner::Backup>(first).state, BackupRunner::State::running);
  EXPECT_EQ(std::get<BackupRunner::Backup>(first).progress.done, 1u);
  const auto second = start("b");
  ASSERT_TRUE(std::holds_alternative<http::Response>(second));
  EXPECT_EQ(std::get<http::Response>(second).code, "BACKUP_RUNNING");
  EXPECT_EQ(runner_.last()->name, "a");
  go_on();
  ASSERT_TRUE(soon([&] { return runner_.last()->state == BackupRunner::State::done; }));
  const auto third = start("c");
  EXPECT_TRUE(std::holds_alternative<BackupRunner::Backup>(third));
}

TEST_F(HeldBackup, ThatFailsIsToldToTheLogAndToWhoAsks) {
  start("a");
  go_on(ErrorCode::storage_unavailable);
  ASSERT_TRUE(soon([&] { return runner_.last()->state == BackupRunner::State::failed; }));
  EXPECT_EQ(runner_.last()->error->code(), ErrorCode::storage_unavailable);
  EXPECT_EQ(runner_.last()->request_id, "its-id");
  go_on();     // The next one has nothing to report.
  start("b");  // Waits for the thread of the first.
  EXPECT_EQ(reported_, "its-id: the disk is full");
}

TEST_F(HeldBackup, EndsWhenItIsStopped) {
  start("a");
  runner_.stop();
  ASSERT_TRUE(soon([&] { return runner_.last()->state == BackupRunner::State::cancelled; }));
  EXPECT_FALSE(runner_.last()->error);
  EXPECT_TRUE(std::holds_alternative<http::Response>(start("b")));
}

TEST_F(HeldBackup, EndsWithItsRunner) {
  start("a");
}

TEST_F(HeldBackup, IsWatchedByManyThreads) {
  go_on();
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([this, t] {
      for (int i = 0; i < 50; ++i) {
        start(std::to_string(t) + '-' + std::to_string(i));
        (void)runner_.last();
      }
    });
  }
}

}  // namespace
}  // namespace luminate::server::api
