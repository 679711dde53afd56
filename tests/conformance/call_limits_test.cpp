#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "conformance/backends.hpp"

namespace luminate::conformance {
namespace {

using std::chrono::milliseconds;
using test::error_of;
using test::Lines;
using test::put;

class CallLimitsOfAHandle : public StoreTest {};
LUMINATE_FOR_ALL_BACKENDS(CallLimitsOfAHandle);

struct NamedCall {
  std::string name;
  std::function<void(Store&)> make;
};

std::vector<NamedCall> all_calls() {
  const Query all = range("m");
  return {
      {"write",
       [](Store& store) {
         store.write(test::batch_of({{"m", 1, 1, {}}}));
       }},
      {"write_json", [](Store& store) { store.write_json(R"({"metrics": [{"name": "m", "value": 2}]})"); }},
      {"query", [all](Store& store) { (void)store.query(all); }},
      {"stream", [all](Store& store) { (void)store.stream(all).next(); }},
      {"metrics", [](Store& store) { (void)store.metrics(); }},
      {"dimension_keys", [](Store& store) { (void)store.dimension_keys("m"); }},
      {"dimension_values", [](Store& store) { (void)store.dimension_values("m", "k"); }},
      {"series_count", [](Store& store) { (void)store.series_count(); }},
      {"cardinality", [](Store& store) { (void)store.cardinality(); }},
      {"tenants", [](Store& store) { (void)store.tenants(); }},
      {"series_by_tenant", [](Store& store) { (void)store.series_by_tenant(); }},
      {"scan", [](Store& store) { store.scan({.metric = "m"}, [](const SeriesSamples&) {}); }},
      {"remove", [](Store& store) { store.remove({.metric = "m"}); }},
      {"set_retention",
       [](Store& store) {
         store.set_retention({"m", std::chrono::hours(1)});
       }},
      {"remove_retention", [](Store& store) { store.remove_retention("m"); }},
      {"retention", [](Store& store) { (void)store.retention(); }},
      {"enforce_retention", [](Store& store) { store.enforce_retention(); }},
      {"compact", [](Store& store) { store.compact(); }},
      {"statistics", [](Store& store) { (void)store.statistics(); }},
      {"health", [](Store& store) { (void)store.health(); }},
  };
}

TEST_P(CallLimitsOfAHandle, EndEveryCallWhoseTimeIsUp) {
  open();
  put(*store, {{"m", 0, 1, {}}});
  Store hasty = store->limited({.timeout = milliseconds(0)});
  for (const NamedCall& call : all_calls()) {
    EXPECT_EQ(error_of([&] { call.make(hasty); }), "QUERY_TIMEOUT") << call.name;
  }
  EXPECT_EQ(ask(range("m")), (Lines{"@0 {} 1"})) << "nothing was written or deleted";
  EXPECT_TRUE(store->retention().empty());
}

TEST_P(CallLimitsOfAHandle, EndEveryCallOnceItIsCancelled) {
  open();
  put(*store, {{"m", 0, 1, {}}});
  std::stop_source stop;
  Store given_up = store->limited({.stop = stop.get_token()});
  EXPECT_EQ(given_up.series_count(), 1U);
  stop.request_stop();
  for (const NamedCall& call : all_calls()) {
    EXPECT_EQ(error_of([&] { call.make(given_up); }), "CANCELLED") << call.name;
  }
  EXPECT_EQ(ask(range("m")), (Lines{"@0 {} 1"})) << "nothing was written or deleted";
}

TEST_P(CallLimitsOfAHandle, HoldForItsTenantsAndForNoOtherHandle) {
  open();
  Store hasty = store->limited({.timeout = milliseconds(0)});
  EXPECT_EQ(hasty.tenant(), "");
  Store tenant = hasty.tenant("acme");
  EXPECT_EQ(error_of([&] { (void)tenant.metrics(); }), "QUERY_TIMEOUT");
  Store patient = tenant.limited({});
  EXPECT_EQ(patient.tenant(), "acme");
  EXPECT_EQ(patient.metrics(), Lines{});
  EXPECT_EQ(store->metrics(), Lines{});
}

TEST_P(CallLimitsOfAHandle, TakeEffectBesideTheCallersOwnToken) {
  open();
  put(*store, {{"m", 0, 1, {}}});
  std::stop_source of_handle;
  std::stop_source of_call;
  const Store limited = store->limited({.timeout = milliseconds::max(), .stop = of_handle.get_token()});
  EXPECT_EQ(limited.query(range("m"), of_call.get_token()).points_scanned, 1U);
  of_call.request_stop();
  EXPECT_EQ(error_of([&] { (void)limited.query(range("m"), of_call.get_token()); }), "CANCELLED");
  RangeStream stream = limited.stream(range("m"), std::stop_source().get_token());
  of_handle.request_stop();
  EXPECT_EQ(error_of([&] { (void)limited.query(range("m"), std::stop_source().get_token()); }), "CANCELLED");
}

}  // namespace
}  // namespace luminate::conformance
