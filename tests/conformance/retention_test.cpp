#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "conformance/backends.hpp"

namespace luminate::conformance {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using test::error_of;
using test::Lines;
using test::put;

class Retention : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    Options options = test::test_options();
    options.clock = [now = now_] { return *now; };
    open(options);
  }
  /// A point an hour from the start, which is the oldest, to now.
  static void fill(Store& into, const std::string& metric) {
    put(into, {{metric, 0, 1, {{"h", "a"}}}, {metric, 1'800'000, 2, {{"h", "a"}}}, {metric, 600'000, 3, {{"h", "b"}}}});
  }

  std::shared_ptr<std::int64_t> now_ = std::make_shared<std::int64_t>(test::kNow);
};
LUMINATE_FOR_ALL_BACKENDS(Retention);

TEST_P(Retention, KeepsEverythingUntilAPolicyIsSet) {
  fill(*store, "m");
  EXPECT_EQ(store->enforce_retention().samples, 0u);
  EXPECT_EQ(samples("m").size(), 3u);
}

TEST_P(Retention, DropsWhatIsOlderThanItsMetricIsKept) {
  fill(*store, "m");
  fill(*store, "other");
  store->set_retention({"m", minutes(45)});
  const RetentionReport report = store->enforce_retention();
  EXPECT_EQ(report.samples, 2u);
  EXPECT_EQ(report.series, 1u);
  EXPECT_EQ(report.metrics, 0u);
  EXPECT_EQ(samples("m"), Lines{"@1800000 {h=a} 2"});
  EXPECT_EQ(store->dimension_values("m", "h"), Lines{"a"});
  EXPECT_EQ(samples("other").size(), 3u);
  reopen();
  EXPECT_EQ(samples("m"), Lines{"@1800000 {h=a} 2"});
  EXPECT_EQ(store->series_count("m"), 1u);
}

TEST_P(Retention, KeepsASampleThatIsExactlyAsOldAsAllowed) {
  put(*store, {{"m", 0, 1, {}}, {"m", 1, 2, {}}});
  store->set_retention({"m", hours(1)});
  EXPECT_EQ(store->enforce_retention().samples, 0u);
  ++*now_;
  EXPECT_EQ(store->enforce_retention().samples, 1u);
  EXPECT_EQ(samples("m"), Lines{"@1 {} 2"});
}

TEST_P(Retention, ForgetsAMetricWithItsLastSample) {
  fill(*store, "m");
  fill(*store, "n");
  store->set_retention({"m", minutes(1)});
  const RetentionReport report = store->enforce_retention();
  EXPECT_EQ(report.samples, 3u);
  EXPECT_EQ(report.series, 2u);
  EXPECT_EQ(report.metrics, 1u);
  EXPECT_EQ(store->metrics(), Lines{"n"});
  fill(*store, "m");
  EXPECT_EQ(samples("m").size(), 3u);
}

TEST_P(Retention, HoldsByTheLongestPattern) {
  for (const char* metric : {"debug_a", "debug_keep", "m"}) fill(*store, metric);
  store->set_retention({"debug_*", minutes(1)});
  store->set_retention({"debug_keep", std::chrono::milliseconds(0)});
  store->set_retention({"*", minutes(45)});
  EXPECT_EQ(store->enforce_retention().samples, 3u + 2u);
  EXPECT_EQ(store->metrics(), (Lines{"debug_keep", "m"}));
  EXPECT_EQ(samples("debug_keep").size(), 3u);
}

TEST_P(Retention, RemembersItsPolicies) {
  store->set_retention({"b", hours(2)});
  store->set_retention({"a*", hours(1)});
  store->set_retention({"b", hours(3)});
  reopen();
  EXPECT_EQ(store->retention(), (std::vector<RetentionPolicy>{{"a*", hours(1)}, {"b", hours(3)}}));
  EXPECT_TRUE(store->remove_retention("b"));
  EXPECT_FALSE(store->remove_retention("b"));
  EXPECT_FALSE(store->remove_retention("nobody"));
  EXPECT_EQ(store->retention().size(), 1u);
}

TEST_P(Retention, IsEachTenantsOwn) {
  Store acme = store->tenant("acme");
  fill(acme, "m");
  fill(*store, "m");
  acme.set_retention({"*", minutes(1)});
  EXPECT_TRUE(store->retention().empty());
  EXPECT_EQ(store->enforce_retention().samples, 0u);
  EXPECT_EQ(acme.enforce_retention().samples, 3u);
  EXPECT_EQ(samples("m").size(), 3u);
  EXPECT_EQ(acme.series_count(), 0u);
}

TEST_P(Retention, FallsBackOnTheDefault) {
  store->close();
  Options options = test::test_options();
  options.retention.default_retention = minutes(45);
  open(options);
  fill(*store, "m");
  fill(*store, "kept");
  store->set_retention({"kept", std::chrono::milliseconds(0)});
  EXPECT_EQ(store->enforce_retention().samples, 2u);
  EXPECT_EQ(samples("kept").size(), 3u);
}

TEST_P(Retention, FollowsThePoliciesForAllWhereTheTenantHasNoneOfItsOwn) {
  store->close();
  Options options = test::test_options();
  options.retention.policies = {{"debug_*", minutes(1)}, {"audit_*", std::chrono::milliseconds(0)}};
  options.retention.default_retention = minutes(45);
  open(options);
  Store acme = store->tenant("acme");
  for (Store* each : {&*store, &acme}) {
    for (const char* metric : {"debug_heap", "audit_log", "m"}) fill(*each, metric);
  }
  acme.set_retention({"debug_heap", minutes(45)});
  acme.set_retention({"*", std::chrono::milliseconds(0)});
  EXPECT_EQ(store->enforce_retention().samples, 3u + 2u);
  EXPECT_EQ(store->metrics(), (Lines{"audit_log", "m"}));
  EXPECT_EQ(acme.enforce_retention().samples, 2u);
  EXPECT_EQ(acme.metrics(), (Lines{"audit_log", "debug_heap", "m"}));
  EXPECT_EQ(samples(acme, "m").size(), 3u);
  EXPECT_TRUE(store->retention().empty()) << "those of all are nobody's own";
  EXPECT_EQ(acme.retention_limits().policies, options.retention.policies);
}

TEST_P(Retention, ChecksThePoliciesForAllWhenItIsOpened) {
  store->close();
  Options options = test::test_options();
  options.retention.policies = {{"m", hours(1)}, {"m", hours(2)}};
  EXPECT_EQ(error_of([&] { open(options); }), "INVALID_OPTION retention.policies");
}

TEST_P(Retention, NeverBringsAnOverwrittenValueBack) {
  put(*store, {{"m", 0, 1, {}}, {"m", 3'000'000, 1, {}}});
  put(*store, {{"m", 0, 2, {}}, {"m", 3'000'000, 2, {}}});
  put(*store, {{"m", 0, 3, {}}});
  store->set_retention({"m", minutes(30)});
  store->enforce_retention();
  EXPECT_EQ(samples("m"), Lines{"@3000000 {} 2"});
}

TEST_P(Retention, ChecksPolicies) {
  EXPECT_EQ(error_of([&] { store->set_retention({"a b", hours(1)}); }), "INVALID_REQUEST pattern");
  EXPECT_EQ(error_of([&] { store->set_retention({"m", -hours(1)}); }), "INVALID_REQUEST keep");
  EXPECT_TRUE(store->retention().empty());
}

TEST_P(Retention, TakesAThousandPolicies) {
  for (int i = 0; i < 1'000; ++i) store->set_retention({"m" + std::to_string(i), hours(1)});
  EXPECT_EQ(error_of([&] { store->set_retention({"one_more", hours(1)}); }), "INVALID_REQUEST pattern");
  store->set_retention({"m999", hours(2)});
  EXPECT_EQ(store->retention().size(), 1'000u);
}

TEST_P(Retention, CanBeCancelled) {
  fill(*store, "m");
  store->set_retention({"m", minutes(1)});
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(error_of([&] { store->enforce_retention(stop.get_token()); }), "CANCELLED");
  EXPECT_EQ(samples("m").size(), 3u);
}

TEST_P(Retention, CompactionChangesNoAnswer) {
  fill(*store, "m");
  put(*store, {{"m", 0, 9, {{"h", "a"}}}});
  const Lines before = samples("m");
  const CompactionReport report = store->compact();
  EXPECT_LE(report.segments_after, report.segments_before);
  EXPECT_EQ(samples("m"), before);
  EXPECT_EQ(store->statistics().samples, 3u);
  EXPECT_EQ(store->statistics().series, 2u);
  EXPECT_EQ(store->statistics().metrics, 1u);
}

}  // namespace
}  // namespace luminate::conformance
