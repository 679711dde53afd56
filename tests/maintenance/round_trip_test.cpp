#include <gtest/gtest.h>
#include <luminate/maintenance.hpp>

#include <bit>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <map>
#include <random>
#include <string>
#include <tuple>

#include "backend/sqlite/sqlite_file.hpp"
#include "support/text_pieces.hpp"

namespace luminate {
namespace {

using test::exported;
using test::source_of;

/// All that a store holds: the bits of each value by tenant, metric, dimensions and time.
using Content = std::map<std::tuple<std::string, std::string, Dimensions, std::int64_t>, std::uint64_t>;

Content content_of(const Store& store) {
  Content content;
  for (const std::string& tenant : store.tenants()) {
    const Store own = tenant.empty() ? store : store.tenant(tenant);
    for (const std::string& metric : own.metrics({.limit = 100'000})) {
      own.scan({.metric = metric}, [&](const SeriesSamples& samples) {
        for (std::size_t i = 0; i < samples.timestamps.size(); ++i) {
          content[{tenant, metric, samples.dimensions, samples.timestamps[i]}] =
              std::bit_cast<std::uint64_t>(samples.values[i]);
        }
      });
    }
  }
  return content;
}

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}

  std::size_t below(std::size_t limit) { return engine_() % limit; }

  double value() {
    constexpr double kOdd[] = {0.0,
                               -0.0,
                               0.1,
                               1.0 / 3,
                               std::numeric_limits<double>::max(),
                               std::numeric_limits<double>::lowest(),
                               std::numeric_limits<double>::min(),
                               std::numeric_limits<double>::denorm_min(),
                               -std::numeric_limits<double>::denorm_min(),
                               9007199254740993.0,
                               1e22,
                               1e23};
    if (below(3) == 0) return kOdd[below(std::size(kOdd))];
    if (below(2) == 0) return std::round(static_cast<double>(below(100'000))) / 10;
    const double bits = std::bit_cast<double>(engine_());
    return std::isfinite(bits) ? bits : 1.5;
  }

  std::int64_t timestamp() {
    if (below(20) == 0)
      return std::numeric_limits<std::int64_t>::min() + 2'000'000'000'000 + static_cast<std::int64_t>(below(5));
    if (below(20) == 0) return std::numeric_limits<std::int64_t>::max() - 1 - static_cast<std::int64_t>(below(5));
    return static_cast<std::int64_t>(below(1'000'000)) - 500'000;
  }

  /// Valid, and as awkward as that allows.
  std::string text() {
    constexpr const char* kPieces[] = {"\"",
                                       ",",
                                       "'",
                                       "\\",
                                       " ",
                                       ";",
                                       "{",
                                       "}",
                                       "[",
                                       ":",
                                       "\xC3\xBC",
                                       "a",
                                       "\xE2\x82\xAC",
                                       "\xF0\x9F\x98\x80",
                                       "\xE2\x80\xA8",
                                       "%",
                                       "\\n",
                                       "\\u0041",
                                       "\"\"",
                                       "_tenant_id",
                                       "=",
                                       "#",
                                       "-0",
                                       "null"};
    std::string text;
    for (std::size_t i = 0, length = 1 + below(6); i < length; ++i) text += kPieces[below(std::size(kPieces))];
    return text;
  }

  Dimensions dimensions() {
    constexpr const char* kKeys[] = {"host", "name", "timestamp", "value", "tenant", "_x", "K9", "dimensions"};
    Dimensions dimensions;
    for (std::size_t i = 0, count = below(5); i < count; ++i) dimensions[kKeys[below(std::size(kKeys))]] = text();
    return dimensions;
  }

 private:
  std::mt19937_64 engine_;
};

void fill(Store& store, Random& random) {
  for (const std::string& tenant : {std::string(), std::string("acme"), random.text()}) {
    Store own = tenant.empty() ? store : store.tenant(tenant);
    for (int b = 0; b < 4; ++b) {
      Batch batch;
      for (int s = 0; s < 30; ++s) {
        const auto series =
            batch.series(random.below(2) == 0 ? "cpu" : "mem_" + std::to_string(random.below(3)), random.dimensions());
        for (std::size_t i = 0, count = random.below(20); i < count; ++i) {
          batch.add(series, random.timestamp(), random.value());
        }
      }
      ASSERT_EQ(own.write(batch).rejected, 0u);
    }
  }
}

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
