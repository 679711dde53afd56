#include <gtest/gtest.h>
#include <luminate/maintenance.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "backend/sqlite/sqlite_file.hpp"
#include "maintenance/random_points.hpp"
#include "support/text_pieces.hpp"

namespace luminate {
namespace {

using test::Content;
using test::content_of;
using test::exported;
using test::fill;
using test::Random;
using test::source_of;

class RoundTrip : public testing::TestWithParam<PointFormat> {};
INSTANTIATE_TEST_SUITE_P(Formats, RoundTrip, testing::Values(PointFormat::json_lines, PointFormat::csv),
                         [](const auto& tested) {
                           return std::string(tested.param == PointFormat::csv ? "Csv" : "JsonLines");
                         });

TEST_P(RoundTrip, GivesBackEveryBitOfEveryTenant) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    Random random(seed);
    const test::SqliteFile file;
    Store store = file.open(import_options(test::test_options()));
    fill(store, random);
    const std::string text = exported(store, {.format = GetParam(), .all_tenants = true});

    Store memory = Store::open("memory:", import_options());
    ImportRequest request{.format = GetParam(), .max_errors = 0, .batch_points = 1 + random.below(300)};
    request.on_error = [](std::uint64_t line, std::string_view why) { ADD_FAILURE() << line << ": " << why; };
    const ImportReport report = import_points(memory, request, source_of(text, 1 + random.below(5000)));
    const Content content = content_of(store);
    EXPECT_GT(content.size(), 1000u);
    EXPECT_EQ(report.imported, content.size());
    EXPECT_EQ(report.bytes, text.size());
    EXPECT_EQ(content_of(memory), content);

    // And from there into another file: what the two backends export is the same.
    const test::SqliteFile second;
    Store again = second.open(import_options(test::test_options()));
    import_points(again, request, source_of(exported(memory, {.format = GetParam(), .all_tenants = true})));
    EXPECT_EQ(content_of(again), content);
    again.close();
    EXPECT_TRUE(check_file(second.path()).sound());
  }
}

TEST_P(RoundTrip, OfOneTenantMayChangeItsName) {
  Random random(7);
  Store store = Store::open("memory:", import_options());
  fill(store, random);
  const std::string text = exported(store.tenant("acme"), {.format = GetParam()});
  Store other = Store::open("memory:", import_options());
  Store renamed = other.tenant("renamed");
  import_points(renamed, {.format = GetParam(), .max_errors = 0}, source_of(text));
  EXPECT_EQ(other.tenants(), test::Lines{"renamed"});
  EXPECT_EQ(exported(renamed, {.format = GetParam()}), text);
}

TEST_P(RoundTrip, ThroughAFileThatIsWholeOrNotThere) {
  Random random(8);
  const test::SqliteFile file;
  Store store = file.open(import_options(test::test_options()));
  fill(store, random);
  const ExportRequest request{.format = GetParam(), .all_tenants = true};
  const std::string path = (file.directory() / "points").string();
  const ExportReport report = export_points(store, request, path, false);
  std::ifstream in(path);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  EXPECT_EQ(text, exported(store, request));
  EXPECT_EQ(report.bytes, text.size());
  EXPECT_EQ(report.points, content_of(store).size());
  EXPECT_EQ(test::error_of([&] { export_points(store, request, path, false); }), "INVALID_REQUEST");
  export_points(store, request, path, true);

  std::filesystem::remove(path);
  std::stop_source stop;
  stop.request_stop();
  ExportRequest stopped = request;
  stopped.watch.stop = stop.get_token();
  EXPECT_EQ(test::error_of([&] { export_points(store, stopped, path, false); }), "CANCELLED");
  EXPECT_EQ(file.files().find("points"), std::string::npos) << file.files();
  if (std::filesystem::exists("/dev/full")) {
    EXPECT_EQ(test::error_of([&] { export_points(store, request, "/dev/full", true); }), "INVALID_REQUEST");
  }
}

}  // namespace
}  // namespace luminate
