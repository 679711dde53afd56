#include <gtest/gtest.h>

#include "conformance/backends.hpp"

namespace luminate::conformance {
namespace {

using test::error_of;
using test::Lines;
using test::put;

class Lifecycle : public StoreTest {};
LUMINATE_FOR_ALL_BACKENDS(Lifecycle);

TEST_P(Lifecycle, BeginsEmpty) {
  open();
  EXPECT_EQ(store->metrics(), Lines{});
  EXPECT_EQ(store->series_count(), 0u);
  EXPECT_EQ(ask(range("m")), Lines{});
  reopen();
  EXPECT_EQ(store->metrics(), Lines{});
}

TEST_P(Lifecycle, IsHealthyWhileItIsOpen) {
  open();
  const Health health = store->health();
  EXPECT_TRUE(health.healthy);
  EXPECT_EQ(health.backend, GetParam().name);
  EXPECT_EQ(health.status, "ok");
}

TEST_P(Lifecycle, RefusesEveryCallAfterClose) {
  open();
  put(*store, {{"m", 0, 1, {}}});
  Store tenant = store->tenant("acme");
  store->close();
  store->close();
  for (Store each : {*store, tenant, store->tenant("late")}) {
    EXPECT_EQ(error_of([&] { each.write(test::batch_of({{"m", 0, 1, {}}})); }), "STORE_CLOSED");
    EXPECT_EQ(error_of([&] { each.write_json(R"({"metrics": []})"); }), "STORE_CLOSED");
    EXPECT_EQ(error_of([&] { each.write_json("no JSON"); }), "STORE_CLOSED");
    EXPECT_EQ(error_of([&] { (void)each.query(range("m")); }), "STORE_CLOSED");
    EXPECT_EQ(error_of([&] { (void)each.metrics(); }), "STORE_CLOSED");
    EXPECT_EQ(error_of([&] { (void)each.dimension_keys("m"); }), "STORE_CLOSED");
    EXPECT_EQ(error_of([&] { (void)each.dimension_values("m", "k"); }), "STORE_CLOSED");
    EXPECT_EQ(error_of([&] { (void)each.series_count(); }), "STORE_CLOSED");
    EXPECT_EQ(error_of([&] { each.remove({.metric = "m"}); }), "STORE_CLOSED");
    EXPECT_EQ(error_of([&] { each.set_retention({"m", std::chrono::hours(1)}); }), "STORE_CLOSED");
    EXPECT_EQ(error_of([&] { each.remove_retention("m"); }), "STORE_CLOSED");
    EXPECT_EQ(error_of([&] { (void)each.retention(); }), "STORE_CLOSED");
    EXPECT_EQ(error_of([&] { each.enforce_retention(); }), "STORE_CLOSED");
    EXPECT_EQ(error_of([&] { each.compact(); }), "STORE_CLOSED");
    EXPECT_EQ(error_of([&] { (void)each.statistics(); }), "STORE_CLOSED");
    EXPECT_EQ(error_of([&] { (void)each.health(); }), "STORE_CLOSED");
  }
}

TEST_P(Lifecycle, EndsWithTheLastHandle) {
  open();
  std::optional<Store> second = store->tenant("acme");
  put(*second, {{"m", 0, 1, {}}});
  store.reset();
  EXPECT_EQ(second->series_count(), 1u);
  second.reset();
  open();  // Nothing holds the store any more.
  EXPECT_EQ(store->tenant("acme").series_count(), GetParam().persists ? 1u : 0u);
}

TEST_P(Lifecycle, CarriesEverythingOverToTheNextOpening) {
  open();
  for (int batch = 0; batch < 20; ++batch) {
    put(*store,
        {{"m", batch, 1.0 * batch, {{"h", "h" + std::to_string(batch % 7)}}}, {"n" + std::to_string(batch), 0, 1, {}}});
    if (batch % 5 == 0) reopen();
  }
  reopen();
  EXPECT_EQ(store->series_count("m"), 7u);
  EXPECT_EQ(store->metrics().size(), 21u);
  EXPECT_EQ(ask(aggregate("m", {{Aggregation::Kind::sum}})), Lines{": 190 (20)"});
}

}  // namespace
}  // namespace luminate::conformance
