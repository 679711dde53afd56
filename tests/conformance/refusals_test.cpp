#include <luminate/refusals.hpp>

#include <gtest/gtest.h>

#include <string>

#include "conformance/backends.hpp"

namespace luminate::conformance {
namespace {

using test::batch_of;
using test::kNotANumber;
using test::Lines;
using test::put;

class RefusedPoints : public StoreTest {
 protected:
  static Lines lines(const Refusals& refusals) {
    Lines lines;
    const auto add = [&](const char* what, const auto& totals) {
      for (const auto& total : totals) {
        lines.push_back(std::string(what) + " " + std::string(to_string(total.code)) + " " +
                        std::to_string(total.points));
      }
    };
    for (const Refusals::Entry& entry : refusals.entries) {
      lines.push_back(entry.tenant + "/" + entry.metric + " " + std::string(to_string(entry.code)) + " " +
                      std::to_string(entry.points));
    }
    add("others", refusals.other_tenants);
    add("all", refusals.totals);
    return lines;
  }
};
LUMINATE_FOR_ALL_BACKENDS(RefusedPoints);

TEST_P(RefusedPoints, AreCountedByTenantMetricAndReason) {
  Options options = test::test_options();
  options.cardinality.max_series_per_metric = 1;
  open(options);
  Store acme = store->tenant("acme");
  put(*store, {{"cpu", 0, 1, {}}});
  EXPECT_EQ(lines(store->refusals()), Lines{});
  store->write(batch_of({{"cpu", 0, kNotANumber, {}}, {"cpu", 1, 1, {}}, {"cpu", 1, 1, {{"host", "a"}}}}));
  acme.write(batch_of({{"cpu", 0, 1, {}}, {"cpu", 0, 1, {{"host", "a"}}}, {"cpu", 1, 1, {{"host", "b"}}}}));
  acme.write(batch_of({{"no name", 0, 1, {}}}));
  acme.write_json(R"({"metrics": [{"name": "cpu", "timestamp": 0, "value": 1}]})");
  const Lines of_acme{"acme/cpu CARDINALITY_EXCEEDED 2", "acme/ INVALID_METRIC_NAME 1", "acme/cpu INVALID_TIMESTAMP 1",
                      "all INVALID_METRIC_NAME 1",       "all INVALID_TIMESTAMP 1",     "all CARDINALITY_EXCEEDED 2"};
  EXPECT_EQ(lines(acme.refusals()), of_acme);
  EXPECT_EQ(lines(store->refusals()),
            (Lines{"acme/cpu CARDINALITY_EXCEEDED 2", "/cpu INVALID_VALUE 1", "/cpu CARDINALITY_EXCEEDED 1",
                   "acme/ INVALID_METRIC_NAME 1", "acme/cpu INVALID_TIMESTAMP 1", "all INVALID_METRIC_NAME 1",
                   "all INVALID_TIMESTAMP 1", "all INVALID_VALUE 1", "all CARDINALITY_EXCEEDED 3"}));
  EXPECT_EQ(lines(store->tenant("other").refusals()), Lines{});
  store->close();
  EXPECT_EQ(lines(acme.refusals()), of_acme);
}

TEST_P(RefusedPoints, OfAWriteThatFailsAreNotCounted) {
  open();
  store->close();
  EXPECT_THROW(store->write(batch_of({{"cpu", 0, kNotANumber, {}}})), Error);
  EXPECT_EQ(lines(store->refusals()), Lines{});
}

class SeriesByTenant : public StoreTest {
 protected:
  Lines by_tenant(const Store& of, std::size_t limit = 1'000) {
    Lines lines;
    for (const TenantSeries& each : of.series_by_tenant(limit)) {
      lines.push_back("'" + each.tenant + "' " + std::to_string(each.metrics) + " " + std::to_string(each.series));
    }
    return lines;
  }
};
LUMINATE_FOR_ALL_BACKENDS(SeriesByTenant);

TEST_P(SeriesByTenant, CountsTheHeaviestFirst) {
  open();
  EXPECT_EQ(by_tenant(*store), Lines{});
  put(*store, {{"cpu", 0, 1, {}}});
  Store acme = store->tenant("acme");
  Store zeta = store->tenant("zeta");
  put(acme, {{"cpu", 0, 1, {{"host", "a"}}}, {"cpu", 0, 1, {{"host", "b"}}}, {"mem", 0, 1, {}}});
  put(zeta, {{"mem", 0, 1, {}}});
  reopen();
  const Lines all{"'acme' 2 3", "'' 1 1", "'zeta' 1 1"};
  EXPECT_EQ(by_tenant(*store), all);
  acme = store->tenant("acme");
  put(acme, {{"cpu", 1, 1, {{"host", "a"}}}});  // What one metric's series are is known now, and not of the other's.
  EXPECT_EQ(by_tenant(*store), all);
  EXPECT_EQ(by_tenant(*store, 2), (Lines{"'acme' 2 3", "'' 1 1"}));
  EXPECT_EQ(by_tenant(*store, 0), Lines{});
  EXPECT_EQ(by_tenant(acme), Lines{"'acme' 2 3"});
  EXPECT_EQ(by_tenant(store->tenant("nobody")), Lines{});
  acme.remove({.metric = "cpu", .filters = {{.key = "host", .operands = {"b"}}}});
  acme.remove({.metric = "mem"});
  EXPECT_EQ(by_tenant(acme), Lines{"'acme' 1 1"});
}

}  // namespace
}  // namespace luminate::conformance
