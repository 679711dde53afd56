#include "conformance/backends.hpp"

#include <cstdlib>

#ifdef LUMINATE_POSTGRES
#include "support/postgres_server.hpp"
#endif

namespace luminate::conformance {

std::vector<BackendUnderTest> backends() {
  return {
      {.name = "memory", .url = [](const std::string&) { return std::string("memory:"); }},
      {.name = "sqlite",
       .persists = true,
       .url = [](const std::string& directory) { return "sqlite:" + directory + "/store.db"; },
       .readers = true},
#ifdef LUMINATE_POSTGRES
      {.name = "postgresql",
       .persists = true,
       .url =
           [](const std::string& directory) {
             return test::PostgresSchema::url_of(test::postgres_server(), directory);
           },
       .bulk_divisor = 8,
       .readers = true,
       .discard = test::PostgresSchema::drop,
       .missing = [] { return test::postgres_missing(); }},
#endif
  };
}

StoreTest::~StoreTest() {
  store.reset();
  if (opened_ && GetParam().discard != nullptr) GetParam().discard(url());
}

void StoreTest::SetUp() {
  const std::string missing = GetParam().missing != nullptr ? GetParam().missing() : "";
  if (missing.empty()) return;
  if (std::getenv("CI") != nullptr) FAIL() << missing;
  GTEST_SKIP() << missing;
}

void StoreTest::open(Options options) {
  options_ = std::move(options);
  opened_ = true;
  store = Store::open(url(), options_);
}

void StoreTest::reopen() {
  if (!GetParam().persists) return;
  store->close();
  store = Store::open(url(), options_);
}

test::Lines StoreTest::samples(const Store& of, const std::string& metric) {
  return test::lines(of.query(Query::range(metric).between(test::kNow - 80 * 86'400'000LL, test::kNow + 86'400'000)));
}

test::Lines StoreTest::samples(const std::string& metric) const {
  return samples(*store, metric);
}

Query over_the_hour(Query query) {
  return query.between(test::kStart, test::kNow);
}
Query aggregate(const std::string& metric, std::vector<Aggregation> aggregations) {
  return over_the_hour(Query::aggregate(metric, std::move(aggregations)));
}
Query range(const std::string& metric) {
  return over_the_hour(Query::range(metric));
}
Query rate(const std::string& metric) {
  return over_the_hour(Query::rate(metric));
}

}  // namespace luminate::conformance
