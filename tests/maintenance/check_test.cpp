#include <gtest/gtest.h>
#include <luminate/maintenance.hpp>

#include <array>
#include <filesystem>
#include <fstream>
#include <stop_token>

#include "backend/sqlite/sqlite_file.hpp"
#include "codec/segment.hpp"

namespace luminate {
namespace {

using test::error_of;
using test::put;

class Check : public testing::Test {
 protected:
  /// Segment 1: "cpu", series 1 (host=a) and 2 (host=b), four samples. Segment 2: "mem" of tenant acme, series 1
  /// (host=a). Words: 1 host, 2 a, 3 b.
  void SetUp() override {
    Store store = file_.open();
    put(store, {{"cpu", 0, 1, {{"host", "a"}}},
                {"cpu", 10, 2, {{"host", "a"}}},
                {"cpu", 0, 3, {{"host", "b"}}},
                {"cpu", 20, 4, {{"host", "b"}}}});
    Store acme = store.tenant("acme");
    put(acme, {{"mem", 0, 1, {{"host", "a"}}}});
  }
  CheckReport check() const { return check_file(file_.path()); }

  /// One line a finding: severity, what, consequence.
  test::Lines findings() const {
    const CheckReport report = check();
    test::Lines lines;
    std::uint64_t damages = 0;
    for (const CheckFinding& finding : report.findings) {
      const bool damage = finding.severity == CheckFinding::Severity::damage;
      damages += damage ? 1 : 0;
      lines.push_back(std::string(damage ? "damage: " : "warning: ") + finding.what);
      EXPECT_FALSE(finding.consequence.empty());
      EXPECT_EQ(finding.what.find('\n'), std::string::npos);
    }
    EXPECT_EQ(report.damages, damages);
    EXPECT_EQ(report.warnings, lines.size() - damages);
    EXPECT_EQ(report.sound(), damages == 0);
    return lines;
  }
  /// That one finding is there, whatever else is.
  void expect(const std::string& what) const {
    const test::Lines found = findings();
    for (const std::string& line : found) {
      if (line.find(what) != std::string::npos) return;
    }
    ADD_FAILURE() << what << " is not among\n" << testing::PrintToString(found);
  }

  /// Puts another content into segment 1, whose row stays as it is.
  void replace(const std::string& data) const {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(file_.path().c_str(), &database), SQLITE_OK);
    sqlite3_stmt* update = nullptr;
    ASSERT_EQ(sqlite3_prepare_v2(database, "UPDATE segment SET data = ? WHERE id = 1", -1, &update, nullptr),
              SQLITE_OK);
    sqlite3_bind_blob(update, 1, data.data(), static_cast<int>(data.size()), SQLITE_STATIC);
    EXPECT_EQ(sqlite3_step(update), SQLITE_DONE);
    sqlite3_finalize(update);
    sqlite3_close(database);
  }

  test::SqliteFile file_;
};

constexpr std::array<codec::Run, 2> kRuns{{{1, 2}, {2, 2}}};
constexpr std::array<std::int64_t, 4> kTimes{test::kStart, test::kStart + 10, test::kStart, test::kStart + 20};

TEST_F(Check, FindsStatisticsThatAreNotThoseOfTheSamples) {
  const std::array<double, 4> values{0.1, 0.2, 3, -4};
  using Statistics = std::array<codec::RunStatistics, 2>;
  const Statistics right{
      {{0.1 + 0.2, 0, 0.1, 0.2, 0.1, 0.2, kTimes[0], kTimes[1]}, {-1, 0, -4, 3, 3, -4, kTimes[2], kTimes[3]}}};
  replace(codec::encode_segment(kRuns, kTimes, values, right));
  EXPECT_EQ(findings(), test::Lines{});
  for (double codec::RunStatistics::*field :
       {&codec::RunStatistics::sum, &codec::RunStatistics::minimum, &codec::RunStatistics::maximum,
        &codec::RunStatistics::first, &codec::RunStatistics::last}) {
    Statistics wrong = right;
    wrong[1].*field += 0.001;
    replace(codec::encode_segment(kRuns, kTimes, values, wrong));
    EXPECT_EQ(findings(),
              test::Lines{"damage: segment 1 of metric \"cpu\" has statistics of 1 runs that are not those of "
                          "their samples, such as of series 2"});
  }
}

TEST_F(Check, FindsValuesThatNoPointMayHave) {
  const std::array<double, 4> values{1, test::kNotANumber, 3, test::kInfinity};
  replace(codec::encode_segment(kRuns, kTimes, values));
  EXPECT_EQ(findings(), test::Lines{"damage: segment 1 of metric \"cpu\" holds a value that is no finite number"});
}

TEST_F(Check, FindsNothingWrongWithASoundFileAndCountsWhatIsThere) {
  const CheckReport report = check();
  EXPECT_EQ(findings(), test::Lines{});
  EXPECT_TRUE(report.sound());
  EXPECT_EQ(report.metrics, 2u);
  EXPECT_EQ(report.words, 3u);
  EXPECT_EQ(report.series, 3u);
  EXPECT_EQ(report.segments, 2u);
  EXPECT_EQ(report.samples, 5u);
  EXPECT_EQ(report.bytes, std::filesystem::file_size(file_.path()));
}

TEST_F(Check, ReadsAFileThatIsBeingWrittenAndChangesNothing) {
  Store store = file_.open();
  put(store, {{"cpu", 30, 5, {{"host", "new"}}}});
  const CheckReport report = check();
  EXPECT_TRUE(report.sound());
  EXPECT_EQ(report.samples, 6u);  // What is only in the log so far included.
  put(store, {{"cpu", 40, 5, {{"host", "new"}}}});
}

TEST_F(Check, FindsEachByteOfASegmentThatIsWrong) {
  const std::int64_t size = file_.sql("SELECT length(data) FROM segment WHERE id = 1");
  file_.sql("CREATE TABLE kept AS SELECT data FROM segment WHERE id = 1");
  for (std::int64_t at = 0; at < size; at += at < 16 ? 1 : 3) {
    const std::string byte = "substr(data, " + std::to_string(at + 1) + ", 1)";
    file_.sql("UPDATE segment SET data = (SELECT CAST(substr(data, 1, " + std::to_string(at) + ") || CASE " + byte +
              " WHEN x'FF' THEN x'00' ELSE x'FF' END || substr(data, " + std::to_string(at + 2) +
              ") AS BLOB) FROM kept) WHERE id = 1");
    const CheckReport report = check();
    ASSERT_EQ(report.damages, 1u) << "byte " << at;
    EXPECT_EQ(report.findings[0].segment, 1);
    EXPECT_EQ(report.findings[0].metric, "cpu");
    EXPECT_EQ(report.findings[0].what.find("segment 1 of metric \"cpu\" is damaged: "), 0u);
    EXPECT_NE(report.findings[0].consequence.find("its 4 samples are lost"), std::string::npos);
  }
  file_.sql("UPDATE segment SET data = (SELECT data FROM kept) WHERE id = 1");
  EXPECT_TRUE(check().sound());
}

TEST_F(Check, NamesTheTenantAndGoesOnAfterTheFirstDamage) {
  file_.sql("UPDATE segment SET data = substr(data, 1, length(data) - 1)");
  const CheckReport report = check();
  ASSERT_EQ(report.damages, 2u);
  EXPECT_EQ(report.findings[0].metric, "cpu");
  EXPECT_EQ(report.findings[1].metric, "mem");
  EXPECT_EQ(report.findings[1].tenant, "acme");
  EXPECT_EQ(report.findings[1].what.find("segment 2 of metric \"mem\" of tenant \"acme\" is damaged"), 0u);
}

TEST_F(Check, ComparesEachColumnOfASegmentWithItsContent) {
  for (const std::string column : {"samples", "min_timestamp", "max_timestamp", "min_series", "max_series"}) {
    const std::string was = std::to_string(file_.sql("SELECT " + column + " FROM segment WHERE id = 1"));
    file_.sql("UPDATE segment SET " + column + " = " + column + " + 1 WHERE id = 1");
    const test::Lines found = findings();
    EXPECT_EQ(found, test::Lines{"damage: segment 1 of metric \"cpu\" says " + column + " " +
                                 std::to_string(std::stoll(was) + 1) + " in its row, and holds " + was});
    file_.sql("UPDATE segment SET " + column + " = " + column + " - 1 WHERE id = 1");
  }
}

TEST_F(Check, FindsSamplesOfSeriesAndMetricsThatAreNotThere) {
  file_.sql("DELETE FROM series WHERE metric_id = 1 AND id = 2");
  EXPECT_EQ(findings(),
            test::Lines{"damage: segment 1 of metric \"cpu\" holds samples of 1 series that the catalog does "
                        "not have, such as series 2"});
  file_.sql("DELETE FROM metric WHERE id = 1");
  EXPECT_EQ(findings(),
            (test::Lines{"damage: there are series of metric 1, which has no name in the catalog",
                         "damage: segment 1 of metric 1 belongs to metric 1, which the catalog does not have"}));
}

TEST_F(Check, FindsWordsThatAreMissingTwiceThereOrNoText) {
  file_.sql("UPDATE word SET text = 'a' WHERE id = 3");
  expect("damage: words 2 and 3 are the same text");
  file_.sql("UPDATE word SET text = '' WHERE id = 3");
  expect("damage: word 3 is empty");
  file_.sql("UPDATE word SET text = CAST(x'FF' AS TEXT) WHERE id = 3");
  expect("damage: word 3 is not valid UTF-8");
  file_.sql("UPDATE word SET text = 'b' WHERE id = 3; DELETE FROM word WHERE id = 2");
  expect("damage: word 2 is missing, the next one there is 3");
  expect("damage: series 1 of metric \"cpu\" names word 2, which is missing");
}

TEST_F(Check, FindsSeriesWhoseDimensionsAreWrong) {
  file_.sql("UPDATE series SET dimensions = x'0102' WHERE metric_id = 1");
  EXPECT_EQ(findings(), test::Lines{"damage: series 1 and 2 of metric \"cpu\" have the same dimensions"});
  file_.sql("UPDATE series SET dimensions = x'01' WHERE metric_id = 1 AND id = 2");
  EXPECT_EQ(findings(), test::Lines{"damage: series 2 of metric \"cpu\" has dimensions that are no list of words"});
  file_.sql("UPDATE series SET dimensions = x'0180' WHERE metric_id = 1 AND id = 2");
  EXPECT_EQ(findings(), test::Lines{"damage: series 2 of metric \"cpu\" has dimensions that are no list of words"});
  file_.sql("UPDATE series SET dimensions = x'0109' WHERE metric_id = 1 AND id = 2");
  EXPECT_EQ(findings(), test::Lines{"damage: series 2 of metric \"cpu\" names word 9, which is missing"});
  file_.sql("UPDATE series SET dimensions = x'01030203' WHERE metric_id = 1 AND id = 2");
  EXPECT_EQ(findings(), test::Lines{"damage: series 2 of metric \"cpu\" has keys that are not in order"});
}

TEST_F(Check, FindsNamesThatBreakTheRules) {
  file_.sql("UPDATE metric SET name = 'c-p' || char(10) || 'u' WHERE id = 1");
  expect("damage: metric 1 has the name \"c-p\\x0au\", which breaks the rules");
}

TEST_F(Check, WarnsOfSeriesAndMetricsWithoutSamples) {
  file_.sql("INSERT INTO series VALUES (1, 3, x'')");
  file_.sql("INSERT INTO metric VALUES (7, '', 'empty')");
  EXPECT_EQ(findings(), (test::Lines{"warning: 1 series of metric \"cpu\" have no samples, such as series 3",
                                     "warning: metric \"empty\" has no series"}));
  EXPECT_TRUE(check().sound());
}

TEST_F(Check, FindsACatalogVersionThatIsGone) {
  file_.sql("DELETE FROM catalog_version");
  EXPECT_EQ(findings(), test::Lines{"damage: the table catalog_version has 0 rows, one is right"});
}

TEST_F(Check, FindsWhatSqliteFindsAndStillLooksAtTheRest) {
  file_.sql(
      "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema"
      " WHERE name = 'word') WHERE name = 'segment_by_time'");
  file_.sql("UPDATE metric SET name = 'c-p-u' WHERE id = 1");
  expect("damage: SQLite finds in the database file: ");
  expect("which breaks the rules");
}

TEST_F(Check, FindsPagesThatAreGarbage) {
  {
    std::fstream bytes(file_.path(), std::ios::in | std::ios::out | std::ios::binary);
    const std::string garbage(3 * 4096, '\x5A');
    bytes.seekp(4096);
    bytes.write(garbage.data(), static_cast<std::streamsize>(garbage.size()));
  }
  EXPECT_GT(check().damages, 0u);
}

TEST_F(Check, RefusesWhatIsNoStore) {
  EXPECT_EQ(error_of([&] { check_file(file_.path() + ".none"); }), "STORAGE_UNAVAILABLE");
  EXPECT_EQ(error_of([&] { check_file(file_.directory().string()); }), "STORAGE_UNAVAILABLE");
  file_.sql("PRAGMA application_id = 1");
  EXPECT_EQ(error_of([&] { check(); }), "STORAGE_VERSION");
  std::ofstream(file_.path() + ".text") << std::string(5000, 'x');
  EXPECT_EQ(error_of([&] { check_file(file_.path() + ".text"); }), "STORAGE_VERSION");
}

TEST_F(Check, ListsNoMoreFindingsThanAskedForAndCountsAll) {
  file_.sql("UPDATE segment SET data = x''");
  for (const std::size_t limit : {0U, 1U, 2U, 3U}) {
    const CheckReport report = check_file(file_.path(), {.max_findings = limit});
    EXPECT_EQ(report.damages, 2u);
    EXPECT_EQ(report.findings.size(), std::min<std::size_t>(limit, 2));
  }
}

TEST_F(Check, StopsWhenAskedToAndTellsHowFarItIs) {
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(error_of([&] { check_file(file_.path(), {.watch = {.stop = stop.get_token()}}); }), "CANCELLED");

  std::uint64_t last = 0;
  std::uint64_t total = 0;
  check_file(file_.path(), {.watch = {.progress = [&](const Progress& progress) {
                              EXPECT_GE(progress.done, last);
                              last = progress.done;
                              total = progress.total;
                            }}});
  EXPECT_GT(total, 0u);
  EXPECT_EQ(last, total);

  std::stop_source later;  // Asked for half way: by the progress of the first step.
  EXPECT_EQ(error_of([&] {
              check_file(file_.path(), {.watch = {.progress = [&](const Progress&) { later.request_stop(); },
                                                  .stop = later.get_token()}});
            }),
            "CANCELLED");
}

TEST_F(Check, IsOneJsonObjectToPrograms) {
  EXPECT_EQ(to_json(check()).substr(0, 39),
            "{\"sound\":true,\"bytes\":" + std::to_string(std::filesystem::file_size(file_.path())) + ",\"metrics\":2");
  file_.sql("UPDATE segment SET data = x'' WHERE id = 2");
  const std::string json = to_json(check());
  EXPECT_NE(json.find("\"damages\":1,\"warnings\":0,\"findings\":[{\"severity\":\"damage\",\"segment\":2,"
                      "\"metric\":\"mem\",\"tenant\":\"acme\",\"what\":\"segment 2 of metric \\\"mem\\\""),
            std::string::npos)
      << json;
}

}  // namespace
}  // namespace luminate
