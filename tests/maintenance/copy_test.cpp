#include <gtest/gtest.h>
#include <luminate/maintenance.hpp>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "backend/sqlite/sqlite_file.hpp"
#include "maintenance/random_points.hpp"
#include "support/answers.hpp"
#include "support/temporary_directory.hpp"

namespace luminate {
namespace {

using test::Content;
using test::content_of;
using test::error_of;
using test::Random;

Store memory() {
  return Store::open("memory:", copy_options());
}

class Copy : public testing::Test {
 protected:
  Copy() {
    Random random(3);
    test::fill(from_, random);
    content_ = content_of(from_);
    request_.journal = (directory_.path() / "journal").string();
    request_.title = "one to other";
  }

  /// Copies and has it stopped once so many points are written.
  void copy_and_stop(Store& to, std::uint64_t points) {
    std::stop_source stop;
    CopyRequest request = request_;
    request.watch = {.progress =
                         [&](const Progress& progress) {
                           if (progress.done >= points) stop.request_stop();
                         },
                     .stop = stop.get_token()};
    EXPECT_EQ(error_of([&] { copy_points(from_, to, request); }), "CANCELLED");
  }
  bool has_journal() const { return std::filesystem::exists(request_.journal); }

  const test::TemporaryDirectory directory_;
  Store from_ = memory();
  Content content_;
  CopyRequest request_{.batch_points = 100};
};

TEST_F(Copy, GivesTheOtherStoreEveryBitOfEveryTenant) {
  const test::SqliteFile one;
  const test::SqliteFile two;
  for (const std::size_t batch_points : {std::size_t{1}, std::size_t{77}, std::size_t{50'000}}) {
    request_.batch_points = batch_points;
    Store first = one.open(copy_options(test::test_options()));
    const CopyReport report = copy_points(from_, first, request_);
    EXPECT_EQ(report.points, content_.size());
    EXPECT_EQ(report.refused, 0u);
    EXPECT_EQ(report.tenants, from_.tenants().size());
    EXPECT_EQ(report.resumed, false);
    EXPECT_EQ(content_of(first), content_);
    EXPECT_FALSE(has_journal());
    if (batch_points == 1) continue;

    Store second = two.open(copy_options(test::test_options()));
    EXPECT_EQ(copy_points(first, second, request_).points, content_.size());
    EXPECT_EQ(content_of(second), content_);
  }
}

/// Of two tenants with three metrics each, fifty days with a hundred points.
Store long_history() {
  Store store = memory();
  for (const char* tenant : {"acme", "zenith"}) {
    Batch batch;
    for (const char* metric : {"cpu", "disk", "net"}) {
      for (std::int64_t i = 0; i < 5000; ++i) {
        batch.add({metric, 1'600'000'000'000 + i * 864'000, static_cast<double>(i), {{"host", std::to_string(i % 7)}}});
      }
    }
    store.tenant(tenant).write(batch);
  }
  return store;
}

TEST_F(Copy, GoesOnWhereItWasStopped) {
  from_ = long_history();
  content_ = content_of(from_);
  Store to = memory();
  copy_and_stop(to, 6000);
  ASSERT_TRUE(has_journal());
  copy_and_stop(to, 6000);
  copy_and_stop(to, 6000);
  CopyRequest request = request_;
  std::uint64_t written = 0;
  request.watch.progress = [&](const Progress& progress) { written = progress.done; };
  const CopyReport report = copy_points(from_, to, request);
  EXPECT_TRUE(report.resumed);
  EXPECT_EQ(report.points, content_.size());
  EXPECT_EQ(report.points, report.earlier_points + written);
  EXPECT_GT(report.earlier_points, 10'000u);
  EXPECT_EQ(content_of(to), content_);
  EXPECT_FALSE(has_journal());
}

TEST_F(Copy, RefusesTheJournalOfAnotherCopy) {
  Store to = memory();
  copy_and_stop(to, 300);
  request_.title = "one to a third";
  EXPECT_EQ(error_of([&] { copy_points(from_, to, request_); }), "INVALID_REQUEST");
  for (const char* damage : {"", "{", "{\"luminate_copy\":2}", "{\"luminate_copy\":1,\"title\":\"one to a third\"}",
                             "[]", "{\"luminate_copy\":1,\"title\":\"one to a third\",\"tenant\":1}"}) {
    std::ofstream(request_.journal) << damage;
    EXPECT_EQ(error_of([&] { copy_points(from_, to, request_); }), "INVALID_REQUEST") << damage;
  }
  EXPECT_TRUE(has_journal());
}

TEST_F(Copy, RefusesToGoOnIntoATargetThatLostWhatWasCopied) {
  Store to = memory();
  copy_and_stop(to, 300);
  Store other = memory();
  EXPECT_EQ(error_of([&] { copy_points(from_, other, request_); }), "INVALID_REQUEST");
  EXPECT_EQ(content_of(other).size(), 0u);
  EXPECT_GE(copy_points(from_, to, request_).points, content_.size());
}

TEST_F(Copy, SaysAtOnceThatItsJournalCannotBeWritten) {
  Store to = memory();
  request_.journal = (directory_.path() / "no" / "journal").string();
  EXPECT_EQ(error_of([&] { copy_points(from_, to, request_); }), "STORAGE_UNAVAILABLE");
  EXPECT_EQ(content_of(to).size(), 0u);
}

TEST_F(Copy, CountsWhatTheTargetRefuses) {
  Options options = copy_options();
  options.cardinality.max_series_per_metric = 3;
  Store to = Store::open("memory:", options);
  std::uint64_t told = 0;
  request_.on_refused = [&](const std::string&, const Verdict& verdict) {
    EXPECT_EQ(verdict.code, ErrorCode::cardinality_exceeded);
    EXPECT_FALSE(verdict.metric.empty());
    ++told;
  };
  const CopyReport report = copy_points(from_, to, request_);
  EXPECT_EQ(report.points, content_of(to).size());
  EXPECT_EQ(report.points + report.refused, content_.size());
  EXPECT_GT(report.refused, 0u);
  EXPECT_EQ(told, report.refused);
}

TEST_F(Copy, TakesWhatIsChosen) {
  Store to = memory();
  request_.metrics = {"cpu"};
  request_.time_range = {-1000, 100'000};
  request_.filters = {{.key = "host", .kind = Filter::Kind::is_not, .operands = {""}}};
  copy_points(from_, to, request_);
  Content expected;
  for (const auto& [where, value] : content_) {
    const auto& [tenant, metric, dimensions, timestamp] = where;
    if (metric == "cpu" && timestamp >= -1000 && timestamp < 100'000 && dimensions.contains("host")) {
      expected[where] = value;
    }
  }
  EXPECT_GT(expected.size(), 10u);
  EXPECT_EQ(content_of(to), expected);
  request_.metrics = {"none"};
  EXPECT_EQ(error_of([&] { copy_points(from_, to, request_); }), "INVALID_REQUEST");
  request_.metrics = {};
  request_.filters[0].kind = Filter::Kind::matches;
  request_.filters[0].operands = {"("};
  EXPECT_EQ(error_of([&] { copy_points(from_, to, request_); }), "INVALID_QUERY filters.host");
}

TEST_F(Copy, OfOneTenantMayChangeItsName) {
  Store to = memory();
  Store renamed = to.tenant("renamed");
  request_.all_tenants = false;
  copy_points(from_.tenant("acme"), renamed, request_);
  EXPECT_EQ(to.tenants(), std::vector<std::string>{"renamed"});
  Content expected;
  for (const auto& [where, value] : content_) {
    const auto& [tenant, metric, dimensions, timestamp] = where;
    if (tenant == "acme") expected[{"renamed", metric, dimensions, timestamp}] = value;
  }
  EXPECT_EQ(content_of(to), expected);
  request_.all_tenants = true;
  EXPECT_EQ(error_of([&] { copy_points(from_, renamed, request_); }), "INVALID_REQUEST");
  EXPECT_EQ(error_of([&] { copy_points(from_.tenant("acme"), to, request_); }), "INVALID_REQUEST");
}

TEST_F(Copy, TakesRetentionPoliciesAlong) {
  const RetentionPolicy policy{"debug_*", std::chrono::hours(24)};
  from_.tenant("acme").set_retention(policy);
  Store to = memory();
  request_.retention = false;
  EXPECT_EQ(copy_points(from_, to, request_).policies, 0u);
  request_.retention = true;
  request_.metrics = {"cpu"};
  EXPECT_EQ(copy_points(from_, to, request_).policies, 0u);
  request_.metrics = {};
  EXPECT_EQ(copy_points(from_, to, request_).policies, 1u);
  EXPECT_EQ(to.tenant("acme").retention(), std::vector<RetentionPolicy>{policy});
  EXPECT_TRUE(to.retention().empty());
}

TEST_F(Copy, AddsWhatHasComeSince) {
  Store to = memory();
  copy_points(from_, to, request_);
  Batch batch;
  batch.add({"cpu", 7, 1.0, {{"host", "new"}}});
  batch.add({"a_first", 7, 1.0, {}});
  from_.write(batch);
  copy_points(from_, to, request_);
  EXPECT_EQ(content_of(to), content_of(from_));
}

TEST_F(Copy, SaysHowFarItHasCome) {
  Store to = memory();
  Progress last;
  request_.watch.progress = [&](const Progress& progress) {
    EXPECT_GE(progress.done, last.done);
    EXPECT_LE(progress.done, progress.total);
    last = progress;
  };
  copy_points(from_, to, request_);
  EXPECT_EQ(last.done, content_.size());
  EXPECT_EQ(last.total, content_.size());
}

TEST(CopyOptions, LetInWhateverAnotherStoreMayHold) {
  const Options options = copy_options();
  Options largest;
  for (const char* key :
       {"cardinality_limits.max_dimensions_per_metric", "cardinality_limits.max_dimension_key_length",
        "cardinality_limits.max_dimension_value_length", "cardinality_limits.max_unique_series_per_metric",
        "cardinality_limits.max_metrics_per_tenant"}) {
    largest.set(key, options.get(key));
    EXPECT_NE(error_of([&] { largest.set(key, std::to_string(std::stoull(options.get(key)) + 1)); }), "") << key;
  }
}

}  // namespace
}  // namespace luminate
