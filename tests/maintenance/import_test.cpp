#include <gtest/gtest.h>
#include <luminate/maintenance.hpp>

#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "support/answers.hpp"
#include "support/text_pieces.hpp"

namespace luminate {
namespace {

using test::error_of;
using test::exported;
using test::source_of;

class Import : public testing::Test {
 protected:
  ImportReport import(const std::string& text, ImportRequest request = {}) {
    errors.clear();
    request.on_error = [this](std::uint64_t line, std::string_view why) {
      errors.push_back(std::to_string(line) + ": " + std::string(why));
    };
    return import_points(store, request, source_of(text));
  }
  static ImportRequest csv() { return {.format = PointFormat::csv}; }

  Store store = Store::open("memory:", import_options());
  test::Lines errors;
};

TEST_F(Import, TakesPointsOfAnyAgeAsLinesOfJson) {
  const ImportReport report = import(
      "{\"name\":\"cpu\",\"timestamp\":-86400000,\"value\":1.5,\"dimensions\":{\"host\":\"a\"}}\n"
      "\n"
      "  {\"value\": 2, \"timestamp\": 4102444800000, \"name\": \"cpu\"}  \r\n"
      "{\"name\":\"cpu\",\"timestamp\":-9223370000000000000,\"value\":3}\n"
      "{\"name\":\"now\",\"value\":3}");
  EXPECT_EQ(errors, test::Lines{});
  EXPECT_EQ(report.lines, 4u);
  EXPECT_EQ(report.imported, 4u);
  EXPECT_EQ(report.bad, 0u);
  EXPECT_FALSE(report.gave_up);
  EXPECT_EQ(exported(store, {.metrics = {"cpu"}}),
            "{\"name\":\"cpu\",\"timestamp\":-9223370000000000000,\"value\":3,\"dimensions\":{}}\n"
            "{\"name\":\"cpu\",\"timestamp\":4102444800000,\"value\":2,\"dimensions\":{}}\n"
            "{\"name\":\"cpu\",\"timestamp\":-86400000,\"value\":1.5,\"dimensions\":{\"host\":\"a\"}}\n");
}

TEST_F(Import, TellsTheLineAndTheReasonOfEachBadOne) {
  const ImportReport report = import(
      "{\"name\":\"good\",\"timestamp\":1,\"value\":1}\n"
      "nonsense\n"
      "{\"name\":\"cpu\",\"timestamp\":1}\n"
      "{\"name\":\"c-p-u\",\"timestamp\":1,\"value\":1}\n"
      "{\"name\":\"cpu\",\"timestamp\":1,\"value\":\"x\"}\n"
      "{\"name\":\"cpu\",\"timestamp\":1,\"value\":1e999}\n"
      "{\"name\":\"cpu\",\"timestamp\":1,\"value\":1,\"dimensions\":{\"_tenant_id\":\"x\"}}\n"
      "{\"name\":\"cpu\",\"timestamp\":1,\"value\":1,\"colour\":1}\n"
      "{\"name\":\"good\",\"timestamp\":2,\"value\":1},{\"name\":\"good\",\"timestamp\":3,\"value\":1}\n"
      "{\"name\":\"good\",\"timestamp\":4,\"value\":1\n"
      "[]\n"
      "{\"name\":\"good\",\"timestamp\":5,\"value\":1}\n");
  EXPECT_EQ(report.lines, 12u);
  EXPECT_EQ(report.imported, 2u);
  EXPECT_EQ(report.bad, 10u);
  ASSERT_EQ(errors.size(), 10u);
  std::sort(errors.begin(), errors.end(), [](const auto& a, const auto& b) { return std::stoi(a) < std::stoi(b); });
  EXPECT_EQ(errors[0].substr(0, 3), "2: ");
  EXPECT_EQ(errors[1], "3: value is missing");
  EXPECT_EQ(errors[2], "4: metric name \"c-p-u\" does not match ^[a-zA-Z_][a-zA-Z0-9_]*$");
  EXPECT_EQ(errors[3], "5: value has a string at byte 36, expected a number");
  EXPECT_EQ(errors[4], "6: value is infinite, a finite number is needed");
  EXPECT_EQ(errors[5], "7: dimension \"_tenant_id\" is reserved and may not be sent");
  EXPECT_EQ(errors[6], "8: colour is no known field, the nearest is \"value\"");
  EXPECT_EQ(errors[7], "9: there is more than one point on the line");
  EXPECT_EQ(errors[8].substr(0, 4), "10: ");
  EXPECT_EQ(errors[9], "11: the point has a list at byte 0, expected an object");
}

TEST_F(Import, TakesNoTwoLinesForOnePoint) {
  // Joined by a comma these would be as many points as there are lines.
  import("{\"name\":\"a\",\"timestamp\":1,\"value\":1\n\"timestamp\":1},{\"name\":\"b\",\"value\":2}\n");
  EXPECT_EQ(errors.size(), 2u);
  import("{\"name\":\"a},{\"\n{\":1,\"value\":1}\n");
  EXPECT_EQ(errors.size(), 2u);
  import("{\"name\":\"a},{\n{\",\"value\":1}\n{\"name\":\"b\",\"value\":2},{\"name\":\"b\",\"value\":2}\n");
  EXPECT_EQ(errors.size(), 3u);
  EXPECT_EQ(store.metrics(), test::Lines{});
}

TEST_F(Import, SendsEachPointToTheTenantItNames) {
  const ImportReport report = import(
      "{\"tenant\":\"acme\",\"name\":\"cpu\",\"timestamp\":1,\"value\":1}\n"
      "{\"name\":\"cpu\",\"timestamp\":1,\"value\":2,\"dimensions\":{\"tenant\":\"a dimension\"}}\n"
      "{\"name\":\"cpu\",\"timestamp\":1,\"value\":3, \"tenant\" : \"z\\u00fc \\\"q\\\"\" }\n"
      "{\"name\":\"cpu\",\"tenant\":\"acme\",\"timestamp\":2,\"value\":4}\n");
  EXPECT_EQ(errors, test::Lines{});
  EXPECT_EQ(report.imported, 4u);
  EXPECT_EQ(store.tenants(), (test::Lines{"", "acme", "z\xC3\xBC \"q\""}));
  EXPECT_EQ(store.tenant("acme").series_count(), 1u);
  EXPECT_EQ(exported(store),
            "{\"name\":\"cpu\",\"timestamp\":1,\"value\":2,\"dimensions\":{\"tenant\":\"a dimension\"}}\n");
  EXPECT_EQ(exported(store.tenant("acme")),
            "{\"name\":\"cpu\",\"timestamp\":1,\"value\":1,\"dimensions\":{}}\n"
            "{\"name\":\"cpu\",\"timestamp\":2,\"value\":4,\"dimensions\":{}}\n");
}

TEST_F(Import, RefusesTenantsThatAreNone) {
  import(
      "{\"tenant\":1,\"name\":\"cpu\",\"value\":1}\n"
      "{\"tenant\":\"\",\"name\":\"cpu\",\"value\":1}\n"
      "{\"tenant\":\"a\\nb\",\"name\":\"cpu\",\"value\":1}\n"
      "{\"tenant\":\"a\",\"name\":\"cpu\",\"value\":1,\"tenant\":\"b\"}\n"
      "{\"tenant\":\"open,\"name\":\"cpu\",\"value\":1}\n");
  EXPECT_EQ(errors.size(), 5u) << testing::PrintToString(errors);
  EXPECT_EQ(errors[0], "1: tenant is no string");
  EXPECT_EQ(store.tenants(), test::Lines{});
}

TEST_F(Import, IntoOneTenantTakesNobodyElsesPoints) {
  Store acme = store.tenant("acme");
  std::swap(store, acme);
  const ImportReport report = import(
      "{\"tenant\":\"acme\",\"name\":\"cpu\",\"timestamp\":1,\"value\":1}\n"
      "{\"name\":\"cpu\",\"timestamp\":2,\"value\":2}\n"
      "{\"tenant\":\"zeta\",\"name\":\"cpu\",\"timestamp\":3,\"value\":3}\n");
  EXPECT_EQ(report.imported, 2u);
  EXPECT_EQ(errors, test::Lines{"3: names tenant \"zeta\", and the import is for tenant \"acme\" alone"});
  EXPECT_EQ(acme.tenants(), test::Lines{"acme"});
}

TEST_F(Import, WritesNoLargerBatchesThanTheStoreTakes) {
  Options options = import_options();
  options.writes.max_batch_size = 2;
  store = Store::open("memory:", options);
  const std::string text = "name,timestamp,value\ncpu,1,1\ncpu,2,1\ncpu,3,1\n";
  EXPECT_EQ(import(text, {.format = PointFormat::csv, .batch_points = 2}).imported, 3u);
  EXPECT_EQ(error_of([&] { import(text, {.format = PointFormat::csv, .batch_points = 3}); }), "BATCH_TOO_LARGE");
}

TEST_F(Import, GivesUpPastTheErrorsThatAreAllowed) {
  std::string text;
  for (int i = 0; i < 10; ++i) text += "bad\n{\"name\":\"cpu\",\"timestamp\":" + std::to_string(i) + ",\"value\":1}\n";
  EXPECT_FALSE(import(text, {.max_errors = 10}).gave_up);
  const ImportReport report = import(text, {.max_errors = 9, .batch_points = 1});
  EXPECT_TRUE(report.gave_up);
  EXPECT_EQ(report.bad, 10u);
  EXPECT_TRUE(import(text, {.max_errors = 0, .batch_points = 1}).gave_up);
  EXPECT_EQ(errors.size(), 1u);
}

TEST_F(Import, TakesLinesUpToTheirLimit) {
  const std::string point = "{\"name\":\"cpu\",\"timestamp\":1,\"value\":1}";
  const auto padded = [&](std::size_t length) { return point + std::string(length - point.size(), ' '); };
  EXPECT_EQ(import(padded(kMaxImportLineBytes) + "\n").imported, 1u);
  EXPECT_EQ(import(padded(kMaxImportLineBytes + 1) + "\n" + point).imported, 1u);
  EXPECT_EQ(errors, test::Lines{"1: is longer than 1048576 bytes"});
}

TEST_F(Import, ReadsCsv) {
  const ImportReport report = import(
      "name,timestamp,value,host,\"quoted,key\"\r\n"
      "cpu,1,1.5,a,\r\n"
      "cpu,2,2,\"say \"\"hi\"\", you\",\n"
      "\n"
      "cpu,three,3,a,\n"
      "cpu,4,4\n"
      "cpu,5,\"5,a,\n"
      "cpu,6,6,,x\n"
      "cpu,7,nan,a,\n",
      csv());
  EXPECT_EQ(report.lines, 7u);
  EXPECT_EQ(report.imported, 2u);
  EXPECT_EQ(errors,
            (test::Lines{"5: timestamp \"three\" is neither a whole number of milliseconds nor an RFC 3339 time",
                         "6: has 3 fields, the header names 5",
                         "7: a quote is not closed on its line; no field may hold a line break",
                         "8: dimension key \"quoted,key\" does not match ^[a-zA-Z_][a-zA-Z0-9_]*$",
                         "9: value is not a number, a finite one is needed"}));
  EXPECT_EQ(
      exported(store, csv().format == PointFormat::csv ? ExportRequest{.format = PointFormat::csv} : ExportRequest{}),
      "name,timestamp,value,host\ncpu,1,1.5,a\ncpu,2,2,\"say \"\"hi\"\", you\"\n");
}

TEST_F(Import, RefusesCsvWithoutItsHeader) {
  EXPECT_EQ(error_of([&] { import("cpu,1,1\n", csv()); }), "INVALID_REQUEST");
  EXPECT_EQ(error_of([&] { import("\"name\n", csv()); }), "INVALID_REQUEST");
  EXPECT_EQ(import("", csv()).imported, 0u);
  EXPECT_EQ(import("name,timestamp,value\n", csv()).lines, 0u);
}

TEST_F(Import, ReportsSeriesThatALimitRefuses) {
  Options options = import_options();
  options.cardinality.max_series_per_metric = 1;
  store = Store::open("memory:", options);
  const ImportReport report = import("name,timestamp,value,host\ncpu,1,1,a\ncpu,1,1,b\ncpu,2,1,a\n", csv());
  EXPECT_EQ(report.imported, 2u);
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_EQ(errors[0].find("3: metric \"cpu\" has 1 series, as many as are allowed"), 0u);
}

TEST_F(Import, StopsWhenAskedToAndKeepsWhatItHas) {
  std::stop_source stop;
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "{\"name\":\"cpu\",\"timestamp\":" + std::to_string(i) + ",\"value\":1}\n";
  const auto progress = [&](const Progress& now) {
    if (now.done > text.size() / 2) stop.request_stop();
  };
  EXPECT_EQ(error_of([&] {
              import(text, {.batch_points = 10, .watch = {.progress = progress, .stop = stop.get_token() }});
            }),
            "CANCELLED");
  EXPECT_GT(store.series_count("cpu"), 0u);
  EXPECT_EQ(import(text, {.batch_points = 10}).imported, 1000u);  // Again, from the start: harmless.
}

TEST(Export, ChoosesByMetricTimeAndFilters) {
  Store store = Store::open("memory:", test::timeless_options());
  test::put(store, {{"cpu", -test::kStart + 1, 1, {{"host", "a"}}},
                    {"cpu", -test::kStart + 2, 2, {{"host", "a"}}},
                    {"cpu", -test::kStart + 2, 3, {{"host", "b"}}},
                    {"mem", -test::kStart + 2, 4, {{"host", "a"}, {"kind", "rss"}}}});
  const ExportRequest request{.format = PointFormat::csv,
                              .metrics = {"cpu"},
                              .time_range = {2, 3},
                              .filters = {{"host", Filter::Kind::any_of, {"a"}}}};
  EXPECT_EQ(exported(store, request), "name,timestamp,value,host\ncpu,2,2,a\n");
  EXPECT_EQ(exported(store, {.format = PointFormat::csv, .time_range = {2, 3}}),
            "name,timestamp,value,host,kind\ncpu,2,2,a,\ncpu,2,3,b,\nmem,2,4,a,rss\n");
  EXPECT_EQ(error_of([&] { exported(store, {.metrics = {"cpu", "disk"}}); }), "INVALID_REQUEST");
  EXPECT_EQ(error_of([&] { exported(store, {.time_range = {3, 3}}); }), "INVALID_QUERY timeRange");
  EXPECT_EQ(error_of([&] {
              exported(store, {.filters = {{"", Filter::Kind::any_of, {"a"}}}});
            }).substr(0, 13),
            "INVALID_QUERY");
  EXPECT_EQ(error_of([&] { exported(store.tenant("acme"), {.all_tenants = true}); }), "INVALID_REQUEST");
}

TEST(Export, StopsWhenAskedTo) {
  Store store = Store::open("memory:", test::test_options());
  test::put(store, {{"cpu", 0, 1, {}}});
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(error_of([&] { exported(store, {.watch = {.stop = stop.get_token()}}); }), "CANCELLED");
}

}  // namespace
}  // namespace luminate
