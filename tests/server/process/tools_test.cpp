#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "server_process.hpp"

namespace luminate::server {
namespace {

class Tools : public ::testing::Test {
 protected:
  struct Outcome {
    int code;
    std::string output;
  };

  Tools() {
    std::string pattern = (std::filesystem::temp_directory_path() / "luminate-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~Tools() override { std::filesystem::remove_all(folder_); }

  std::string at(const std::string& name) const { return (folder_ / name).string(); }
  std::vector<std::string> server() const {
    return {"--port", "0", "--log-format", "json", "--storage-url", "sqlite:" + at("store.db")};
  }
  static Outcome run(const std::vector<std::string>& arguments) {
    ServerProcess tool(arguments);
    const int code = tool.wait_for_end();
    return {code, tool.output()};
  }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(at(name)) << text;
    return at(name);
  }
  std::string read(const std::string& name) const {
    std::ifstream in(at(name));
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void make_store() const {
    const Outcome made = run({"import", at("store.db"), write("points.jsonl", kPoints)});
    ASSERT_EQ(made.code, 0) << made.output;
  }

  static constexpr const char* kPoints =
      "{\"name\":\"cpu\",\"timestamp\":1000,\"value\":1.5,\"dimensions\":{\"host\":\"a\"}}\n"
      "{\"name\":\"cpu\",\"timestamp\":2000,\"value\":-2,\"dimensions\":{\"host\":\"b,c\"}}\n";
  std::filesystem::path folder_;
};

TEST_F(Tools, WorkBesideAServerThatWritesTheStore) {
  ServerProcess running(server());
  const std::uint16_t port = running.wait_for_port();
  ASSERT_NE(port, 0) << running.output();
  const std::string point = R"({"metrics":[{"name":"cpu","timestamp":)" + std::to_string(::time(nullptr)) +
                            R"(000,"value":7,"dimensions":{"host":"a"}}]})";
  ASSERT_EQ(send_alone(port, post_request("/api/v1/write", point)).substr(0, 12), "HTTP/1.1 200");

  const Outcome checked = run({"check", at("store.db")});
  EXPECT_EQ(checked.code, 0);
  EXPECT_NE(checked.output.find(": sound; "), std::string::npos) << checked.output;
  EXPECT_NE(checked.output.find("1 metric, 1 series, 1 segment, 1 sample\n"), std::string::npos) << checked.output;

  const Outcome backed_up = run({"backup", at("store.db"), at("copy.db")});
  EXPECT_EQ(backed_up.code, 0) << backed_up.output;
  const Outcome exported = run({"export", at("copy.db"), at("points.csv")});
  EXPECT_EQ(exported.code, 0) << exported.output;
  EXPECT_EQ(read("points.csv").substr(0, 31), "name,timestamp,value,host\ncpu,1");

  const Outcome imported = run({"import", at("store.db"), at("points.csv")});
  EXPECT_EQ(imported.code, 1);
  EXPECT_NE(imported.output.find("is being written by process"), std::string::npos) << imported.output;
  const Outcome restored = run({"restore", at("copy.db"), at("store.db")});
  EXPECT_EQ(restored.code, 1);
  EXPECT_NE(restored.output.find("exists already"), std::string::npos) << restored.output;
  running.signal(SIGTERM);
  EXPECT_EQ(running.wait_for_end(), 0) << running.output();
}

TEST_F(Tools, CheckSaysWhatIsDamagedAndEndsWithOne) {
  make_store();
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(at("store.db").c_str(), &database), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(database, "UPDATE segment SET data = zeroblob(length(data))", nullptr, nullptr, nullptr),
            SQLITE_OK);
  sqlite3_close(database);
  const Outcome checked = run({"check", at("store.db")});
  EXPECT_EQ(checked.code, 1);
  EXPECT_NE(checked.output.find("damage: segment 1 of metric \"cpu\" is damaged: "), std::string::npos)
      << checked.output;
  EXPECT_NE(checked.output.find("DAMAGED: 1 damage; "), std::string::npos) << checked.output;
  const Outcome json = run({"check", "--json", at("store.db")});
  EXPECT_EQ(json.code, 1);
  EXPECT_EQ(json.output.find("{\"sound\":false,"), 0u) << json.output;
  EXPECT_EQ(run({"backup", at("store.db"), at("copy.db")}).code, 1);
  EXPECT_FALSE(std::filesystem::exists(at("copy.db")));
}

TEST_F(Tools, ExportToStandardOutputWhatImportReads) {
  make_store();
  const Outcome exported = run({"export", at("store.db")});
  EXPECT_EQ(exported.code, 0);
  EXPECT_EQ(exported.output, std::string(kPoints) + "2 points of 1 metric exported (141 B)\n");
  const Outcome chosen = run({"export", at("store.db"), "-", "--format", "csv", "--metric", "cpu", "--filters",
                              R"({"host": {"not": "a"}})", "--start", "1970-01-01T00:00:01Z", "--end", "3000"});
  EXPECT_EQ(chosen.output, "name,timestamp,value,host\ncpu,2000,-2,\"b,c\"\n1 point of 1 metric exported (44 B)\n");
  EXPECT_EQ(run({"export", at("store.db"), at("points.jsonl")}).code, 1);  // It is there already.
  EXPECT_EQ(run({"export", at("store.db"), at("points.jsonl"), "--force"}).code, 0);
  EXPECT_EQ(read("points.jsonl"), kPoints);
  EXPECT_EQ(run({"export", at("store.db"), "-", "--metric", "mem"}).code, 1);
}

TEST_F(Tools, ImportNamesBadLinesAndEndsWithOne) {
  const std::string file = write("bad.csv", "name,timestamp,value\ncpu,1,1\ncpu,2,x\ncpu,3\ncpu,4,4\n");
  const Outcome imported = run({"import", at("store.db"), file});
  EXPECT_EQ(imported.code, 1);
  EXPECT_NE(imported.output.find("bad.csv:3: value \"x\" is no number"), std::string::npos) << imported.output;
  EXPECT_NE(imported.output.find("bad.csv:4: has 2 fields"), std::string::npos) << imported.output;
  EXPECT_NE(imported.output.find("2 points imported, 2 bad lines"), std::string::npos) << imported.output;
  const Outcome gave_up = run({"import", at("store.db"), file, "--max-errors", "1"});
  EXPECT_EQ(gave_up.code, 1);
  EXPECT_NE(gave_up.output.find("gave up: more than 1 bad lines"), std::string::npos) << gave_up.output;
  const Outcome limited = run({"import", at("small.db"), write("two.csv", "name,timestamp,value\na,1,1\nb,1,1\n"),
                               "--option", "cardinality_limits.max_metrics_per_tenant=1"});
  EXPECT_NE(limited.output.find("two.csv:3: metric \"b\" would be one more"), std::string::npos) << limited.output;
}

TEST_F(Tools, MoveTenantsBetweenStores) {
  write("tenants.jsonl", "{\"tenant\":\"acme\",\"name\":\"m\",\"timestamp\":1,\"value\":1,\"dimensions\":{}}\n");
  ASSERT_EQ(run({"import", at("store.db"), at("tenants.jsonl")}).code, 0);
  EXPECT_EQ(run({"export", at("store.db")}).output, "0 points of 0 metrics exported (0 B)\n");
  ASSERT_EQ(run({"export", at("store.db"), at("all.jsonl"), "--all-tenants"}).code, 0);
  EXPECT_EQ(read("all.jsonl"), read("tenants.jsonl"));
  ASSERT_EQ(run({"export", at("store.db"), at("acme.csv"), "--tenant", "acme"}).code, 0);
  EXPECT_EQ(read("acme.csv"), "name,timestamp,value\nm,1,1\n");
  ASSERT_EQ(run({"import", at("other.db"), at("acme.csv"), "--tenant", "zeta"}).code, 0);
  ASSERT_EQ(run({"export", at("other.db"), at("zeta.csv"), "--all-tenants"}).code, 0);
  EXPECT_EQ(read("zeta.csv"), "name,timestamp,value,_tenant_id\nm,1,1,zeta\n");
}

TEST_F(Tools, StopCleanlyAtASignal) {
  ASSERT_EQ(::mkfifo(at("pipe").c_str(), 0600), 0);
  const int pipe = ::open(at("pipe").c_str(), O_RDWR | O_CLOEXEC);
  ServerProcess import({"import", at("store.db"), at("pipe"), "--progress"});
  ASSERT_EQ(::write(pipe, kPoints, 20), 20);
  ASSERT_TRUE(import.wait_for_output("importing: "));  // It has read, and waits for more that never comes.
  import.signal(SIGINT);
  EXPECT_EQ(import.wait_for_end(), 1);
  EXPECT_NE(import.output().find("luminate-server: "), std::string::npos) << import.output();
  EXPECT_NE(import.output().find("stopped"), std::string::npos) << import.output();
  ::close(pipe);
  EXPECT_EQ(run({"check", at("store.db")}).code, 0);
}

class CopyTool : public Tools {
 protected:
  /// A store of forty days.
  void make_history() const {
    std::string csv = "name,timestamp,value,host\n";
    for (int i = 0; i < 40'000; ++i) {
      csv += (i % 2 == 0 ? "cpu," : "mem,") + std::to_string(1'600'000'000'000 + i * 86'400LL) + "," +
             std::to_string(i) + ",h" + std::to_string(i % 3) + "\n";
    }
    ASSERT_EQ(run({"import", at("store.db"), write("history.csv", csv), "--tenant", "acme"}).code, 0);
  }
  std::vector<std::string> copy(const std::string& option = "storage.durability=normal") const {
    return {"copy", at("store.db"), "sqlite:" + at("copy.db"), "--journal", at("journal"), "--option",
            option, "--progress"};
  }
  /// Point by point, so that there is time to end it.
  std::vector<std::string> slow_copy() const { return copy("batch_write.max_batch_size=1"); }
  std::string exported(const std::string& name) const {
    const Outcome outcome = run({"export", at(name), "-", "--tenant", "acme", "--format", "csv"});
    EXPECT_EQ(outcome.code, 0) << outcome.output;
    return outcome.output.substr(0, outcome.output.rfind(" exported"));
  }
  /// What is copied by a second call, after a first that was ended.
  void expect_to_go_on() const {
    const Outcome outcome = run(copy());
    EXPECT_EQ(outcome.code, 0) << outcome.output;
    EXPECT_NE(outcome.output.find("40,000 points of 2 metrics of 1 tenant copied, "), std::string::npos)
        << outcome.output;
    EXPECT_NE(outcome.output.find(" of them earlier"), std::string::npos) << outcome.output;
    EXPECT_EQ(outcome.output.find(" 0 of them earlier"), std::string::npos) << outcome.output;
    EXPECT_FALSE(std::filesystem::exists(at("journal")));
    EXPECT_EQ(exported("copy.db"), exported("store.db"));
    EXPECT_EQ(run({"check", at("copy.db")}).code, 0);
  }
};

TEST_F(CopyTool, GoesOnAfterAKill) {
  make_history();
  ServerProcess killed(slow_copy());
  ASSERT_TRUE(killed.wait_for_output("copying: "));
  while (read("journal").find("\"points\":0") != std::string::npos) {
    ASSERT_EQ(::kill(killed.pid(), 0), 0);
  }
  killed.signal(SIGKILL);
  EXPECT_EQ(killed.wait_for_end(), -SIGKILL) << killed.output();
  EXPECT_TRUE(std::filesystem::exists(at("journal")));
  expect_to_go_on();
}

TEST_F(CopyTool, StopsCleanlyAtASignalAndTellsHowToGoOn) {
  make_history();
  ServerProcess stopped(slow_copy());
  ASSERT_TRUE(stopped.wait_for_output("copying: "));
  while (read("journal").find("\"points\":0") != std::string::npos) {
    ASSERT_EQ(::kill(stopped.pid(), 0), 0);
  }
  stopped.signal(SIGINT);
  EXPECT_EQ(stopped.wait_for_end(), 1);
  EXPECT_NE(stopped.output().find("luminate-server: the copy was stopped; run the same command again"),
            std::string::npos)
      << stopped.output();
  expect_to_go_on();
}

TEST_F(CopyTool, RefusesWhatCannotBeRight) {
  make_history();
  std::filesystem::create_symlink(at("store.db"), at("link.db"));
  for (const std::vector<std::string>& wrong : std::vector<std::vector<std::string>>{
           {"copy", at("store.db"), at("store.db")},
           {"copy", at("store.db"), "sqlite:" + at("link.db")},
           {"copy", at("none.db"), at("new.db")},
           {"copy", at("store.db"), at("new.db"), "--metric", "none", "--journal", at("journal")}}) {
    const Outcome outcome = run(wrong);
    EXPECT_EQ(outcome.code, 1) << outcome.output;
    EXPECT_EQ(outcome.output.find("luminate-server: "), 0u) << outcome.output;
    EXPECT_EQ(outcome.output.find('\n'), outcome.output.size() - 1) << outcome.output;
  }
  EXPECT_FALSE(std::filesystem::exists(at("journal")));
  EXPECT_EQ(run({"copy", "memory:", at("new.db")}).code, 2);
  EXPECT_EQ(run({"copy", at("store.db"), at("new.db"), "--start", "5", "--end", "5"}).code, 2);
  EXPECT_EQ(run({"copy", at("store.db")}).code, 2);

  const Outcome limited = run({"copy", at("store.db"), at("small.db"), "--journal", at("journal"), "--option",
                               "cardinality_limits.max_metrics_per_tenant=1"});
  EXPECT_EQ(limited.code, 1);
  EXPECT_NE(limited.output.find("refused, tenant acme: mem: "), std::string::npos) << limited.output;
  EXPECT_NE(limited.output.find("20,000 points of 2 metrics of 1 tenant copied, 20,000 points REFUSED"),
            std::string::npos)
      << limited.output;
}

TEST_F(Tools, FailWithOneLineThatSaysWhy) {
  make_store();
  for (const std::vector<std::string>& wrong :
       std::vector<std::vector<std::string>>{{"check", at("none.db")},
                                             {"check", at("points.jsonl")},
                                             {"backup", at("store.db"), at("no/directory/copy.db")},
                                             {"restore", at("points.jsonl"), at("new.db")},
                                             {"export", at("none.db")},
                                             {"export", at("store.db"), "/dev/full", "--force"},
                                             {"import", at("new.db"), at("none.jsonl")},
                                             {"import", at("new.db"), folder_.string()}}) {
    const Outcome outcome = run(wrong);
    EXPECT_EQ(outcome.code, 1) << wrong.front();
    EXPECT_EQ(outcome.output.find("luminate-server: "), 0u) << outcome.output;
    EXPECT_EQ(outcome.output.find('\n'), outcome.output.size() - 1) << outcome.output;
  }
  EXPECT_FALSE(std::filesystem::exists(at("new.db")));
  EXPECT_EQ(run({"check"}).code, 2);
  EXPECT_EQ(run({"check", "--help"}).code, 0);
}

}  // namespace
}  // namespace luminate::server
