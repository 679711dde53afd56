#include "conformance/backends.hpp"

namespace luminate::conformance {

std::vector<BackendUnderTest> backends() {
  return {
      {"memory", false, [](const std::string&) { return std::string("memory:"); }},
      {"sqlite", true, [](const std::string& directory) { return "sqlite:" + directory + "/store.db"; }},
  };
}

void StoreTest::open(Options options) {
  options_ = std::move(options);
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
