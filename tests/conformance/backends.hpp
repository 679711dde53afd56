#pragma once

#include <gtest/gtest.h>
#include <luminate/store.hpp>

#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "support/answers.hpp"
#include "support/temporary_directory.hpp"

// What every backend must answer, asked through the public Store. To hold another backend to it, add it to backends().
namespace luminate::conformance {

struct BackendUnderTest {
  std::string name{};
  bool persists = false;  ///< What was written is there when the store is opened again.
  /// The URL of an empty store, given a fresh directory: the same for the same directory.
  std::string (*url)(const std::string& directory) = nullptr;
  int bulk_divisor = 1;                               ///< Tests with millions of samples take so many fewer.
  bool readers = false;                               ///< Stores that only read may be open beside the one that writes.
  void (*discard)(const std::string& url) = nullptr;  ///< What a store leaves outside of its directory, if anything.
  std::string (*missing)() = nullptr;                 ///< Why it cannot be tested here, or "".
  friend std::ostream& operator<<(std::ostream& out, const BackendUnderTest& backend) { return out << backend.name; }
};

std::vector<BackendUnderTest> backends();

/// Begins with no store open. `store` is the one that open() opened last.
class StoreTest : public testing::TestWithParam<BackendUnderTest> {
 protected:
  ~StoreTest() override;
  void SetUp() override;
  void open(Options options = test::test_options());
  /// Closes and opens again where that keeps the data; otherwise does nothing.
  void reopen();

  test::Lines ask(const Query& query) const { return test::lines(store->query(query)); }
  /// All samples of a metric, whenever they are, as long as the store takes ranges that long.
  test::Lines samples(const std::string& metric) const;
  static test::Lines samples(const Store& of, const std::string& metric);
  std::string url() const { return GetParam().url(directory_.path().string()); }

  std::optional<Store> store;

 private:
  test::TemporaryDirectory directory_;
  Options options_;
  bool opened_ = false;
};

/// A query over the hour that begins at kStart.
Query over_the_hour(Query query);
Query aggregate(const std::string& metric, std::vector<Aggregation> aggregations);
Query range(const std::string& metric);
Query rate(const std::string& metric);

}  // namespace luminate::conformance

#define LUMINATE_FOR_ALL_BACKENDS(suite)                                                               \
  INSTANTIATE_TEST_SUITE_P(Conformance, suite, testing::ValuesIn(::luminate::conformance::backends()), \
                           [](const auto& tested) { return tested.param.name; })
