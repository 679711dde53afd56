#include <gtest/gtest.h>

#include "conformance/backends.hpp"

namespace luminate::conformance {
namespace {

using test::error_of;
using test::Lines;
using test::put;

class Tenants : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    open();
    put(*store, {{"cpu", 0, 1, {{"host", "a"}}}, {"cpu", 0, 9, {{"zone", "z"}}}, {"plain", 0, 1, {}}});
    Store acme = store->tenant("acme");
    Store zeta = store->tenant("zeta");
    put(acme, {{"cpu", 0, 2, {{"host", "a"}}}, {"cpu", 1, 3, {{"host", "b"}}}, {"of_acme", 0, 1, {{"x", "y"}}}});
    put(zeta, {{"cpu", 0, 4, {{"host", "a"}}}});
  }
};
LUMINATE_FOR_ALL_BACKENDS(Tenants);

TEST_P(Tenants, SeeTheirOwnSamplesOnly) {
  reopen();
  EXPECT_EQ(samples(*store, "cpu"), (Lines{"@0 {host=a} 1", "@0 {zone=z} 9"}));
  EXPECT_EQ(samples(store->tenant("acme"), "cpu"), (Lines{"@0 {host=a} 2", "@1 {host=b} 3"}));
  EXPECT_EQ(samples(store->tenant("zeta"), "cpu"), (Lines{"@0 {host=a} 4"}));
  EXPECT_EQ(samples(store->tenant("nobody"), "cpu"), Lines{});
  EXPECT_EQ(samples(store->tenant("acm"), "cpu"), Lines{});
  EXPECT_EQ(samples(store->tenant("acme"), "plain"), Lines{});
  const Query sum = aggregate("cpu", {{Aggregation::Kind::sum}});
  EXPECT_EQ(test::lines(store->tenant("acme").query(sum)), Lines{": 5 (2)"});
  EXPECT_EQ(store->tenant("zeta").query(sum).points_scanned, 1u);
}

TEST_P(Tenants, ListAndCountTheirOwnOnly) {
  reopen();
  const Store acme = store->tenant("acme");
  EXPECT_EQ(store->metrics(), (Lines{"cpu", "plain"}));
  EXPECT_EQ(acme.metrics(), (Lines{"cpu", "of_acme"}));
  EXPECT_EQ(store->tenant("nobody").metrics(), Lines{});
  EXPECT_EQ(store->dimension_keys("cpu"), (Lines{"host", "zone"}));
  EXPECT_EQ(acme.dimension_keys("cpu"), Lines{"host"});
  EXPECT_EQ(acme.dimension_values("cpu", "host"), (Lines{"a", "b"}));
  EXPECT_EQ(store->tenant("zeta").dimension_values("cpu", "host"), Lines{"a"});
  EXPECT_EQ(store->series_count(), 3u);
  EXPECT_EQ(acme.series_count(), 3u);
  EXPECT_EQ(acme.series_count("cpu"), 2u);
  EXPECT_EQ(store->tenant("nobody").series_count(), 0u);
}

TEST_P(Tenants, DeleteTheirOwnOnly) {
  Store acme = store->tenant("acme");
  EXPECT_EQ(acme.remove({.metric = "plain"}), 0u);
  EXPECT_EQ(acme.remove({.metric = "cpu"}), 2u);
  reopen();
  EXPECT_EQ(store->tenant("acme").metrics(), Lines{"of_acme"});
  EXPECT_EQ(samples(*store, "cpu").size(), 2u);
  EXPECT_EQ(samples(store->tenant("zeta"), "cpu").size(), 1u);
}

TEST_P(Tenants, AreNotADimensionThatAnyoneMayNameOrSee) {
  const Store acme = store->tenant("acme");
  for (const Store& each : {*store, acme}) {
    EXPECT_EQ(error_of([&] { each.query(range("cpu").where("_tenant_id", "acme")); }).substr(0, 18),
              "RESERVED_DIMENSION");
    EXPECT_EQ(error_of([&] { each.query(aggregate("cpu", {{}}).by({"_tenant_id"})); }).substr(0, 18),
              "RESERVED_DIMENSION");
    EXPECT_EQ(each.dimension_values("cpu", "_tenant_id"), Lines{});
    for (const auto& key : each.dimension_keys("cpu")) EXPECT_NE(key, "_tenant_id");
  }
  EXPECT_EQ(error_of([&] {
              Store(acme).remove({.metric = "cpu", .filters = {{"_tenant_id", Filter::Kind::any_of, {"zeta"}}}});
            }).substr(0, 18),
            "RESERVED_DIMENSION");
}

TEST_P(Tenants, AreNamedByDimensionValues) {
  EXPECT_EQ(error_of([&] { (void)store->tenant(std::string(256, 't')); }), "");
  EXPECT_EQ(error_of([&] { (void)store->tenant("it's; DROP TABLE metric"); }), "");
  for (const std::string& name : {std::string(), std::string(257, 't'), std::string("a\nb"), std::string("\xFF")}) {
    EXPECT_EQ(error_of([&] { (void)store->tenant(name); }), "INVALID_OPTION tenant") << name;
  }
}

TEST_P(Tenants, OfATenantsStoreReplaceIt) {
  // tenant() names whom a store speaks for; it does not nest.
  EXPECT_EQ(samples(store->tenant("acme").tenant("zeta"), "cpu"), Lines{"@0 {host=a} 4"});
}

TEST_P(Tenants, CloseTogether) {
  Store acme = store->tenant("acme");
  acme.close();
  EXPECT_EQ(error_of([&] { (void)store->metrics(); }), "STORE_CLOSED");
}

}  // namespace
}  // namespace luminate::conformance
