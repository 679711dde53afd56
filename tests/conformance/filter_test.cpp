#include <gtest/gtest.h>

#include "conformance/backends.hpp"

namespace luminate::conformance {
namespace {

using test::Lines;
using test::put;

/// Which of the samples pass, told by their values.
class Filters : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    open();
    put(*store, {{"cpu", 1, 1, {{"host", "a"}, {"region", "eu"}}},
                 {"cpu", 2, 2, {{"host", "b"}, {"region", "eu"}}},
                 {"cpu", 3, 3, {{"host", "ab"}, {"region", "us"}}},
                 {"cpu", 4, 4, {{"region", "us"}}},
                 {"cpu", 5, 5, {{"host", "A"}}},
                 {"cpu", 6, 6, {}},
                 {"other", 7, 7, {{"host", "only_other"}}}});
  }
  std::string passing(const Query& query) const {
    std::string values;
    const Result result = store->query(query);
    for (const double value : result.range().value_column) values += test::text(value);
    EXPECT_EQ(result.points_scanned, values.size());
    return values;
  }
  static Query all() { return range("cpu"); }
};
LUMINATE_FOR_ALL_BACKENDS(Filters);

TEST_P(Filters, ByAValueTakeThatValueOnly) {
  EXPECT_EQ(passing(all()), "123456");
  EXPECT_EQ(passing(all().where("host", "a")), "1");
  EXPECT_EQ(passing(all().where("region", "us")), "34");
  EXPECT_EQ(passing(all().where("host", "absent")), "");
  EXPECT_EQ(passing(all().where("host", "only_other")), "");
  EXPECT_EQ(passing(all().where("absent", "a")), "");
  EXPECT_EQ(passing(all().where("region", "a")), "");
}

TEST_P(Filters, NeverTakeAMissingDimensionForAValue) {
  EXPECT_EQ(passing(all().where("host", "")), "");
  EXPECT_EQ(passing(all().where_any("host", {"", "b"})), "2");
}

TEST_P(Filters, ByAListTakeAnyOfIt) {
  EXPECT_EQ(passing(all().where_any("host", {"a", "A", "absent"})), "15");
  EXPECT_EQ(passing(all().where_any("host", {"b", "b", "a"})), "12");
}

TEST_P(Filters, ByNotTakeTheRestAndWhatLacksTheDimension) {
  EXPECT_EQ(passing(all().where_not("host", "a")), "23456");
  EXPECT_EQ(passing(all().where_not("host", "absent")), "123456");
  EXPECT_EQ(passing(all().where_not("absent", "a")), "123456");
  EXPECT_EQ(passing(all().where_not("host", "")), "1235");
  EXPECT_EQ(passing(all().where_not("absent", "")), "");
}

TEST_P(Filters, ByAnExpressionMatchTheWholeValue) {
  EXPECT_EQ(passing(all().where_matches("host", "a")), "1");
  EXPECT_EQ(passing(all().where_matches("host", "a.*")), "13");
  EXPECT_EQ(passing(all().where_matches("host", "b")), "2");
  EXPECT_EQ(passing(all().where_matches("host", "a|b")), "12");
  EXPECT_EQ(passing(all().where_matches("host", "(?i)a")), "15");
  EXPECT_EQ(passing(all().where_matches("host", "x.*")), "");
}

TEST_P(Filters, ByAnExpressionTakeAMissingDimensionForTheEmptyText) {
  EXPECT_EQ(passing(all().where_matches("host", ".*")), "123456");
  EXPECT_EQ(passing(all().where_matches("host", ".+")), "1235");
  EXPECT_EQ(passing(all().where_matches("host", "")), "46");
  EXPECT_EQ(passing(all().where_matches("host", "a?")), "146");
  EXPECT_EQ(passing(all().where_matches("absent", "")), "123456");
  EXPECT_EQ(passing(all().where_matches("absent", "a")), "");
}

TEST_P(Filters, ByANegatedExpressionTakeTheRest) {
  EXPECT_EQ(passing(all().where_not_matches("host", "a.*")), "2456");
  EXPECT_EQ(passing(all().where_not_matches("host", "")), "1235");
  EXPECT_EQ(passing(all().where_not_matches("host", ".*")), "");
  EXPECT_EQ(passing(all().where_not_matches("absent", "a")), "123456");
  EXPECT_EQ(passing(all().where_not_matches("absent", "")), "");
}

TEST_P(Filters, AreAllToBeMet) {
  EXPECT_EQ(passing(all().where("region", "eu").where("host", "b")), "2");
  EXPECT_EQ(passing(all().where("region", "eu").where_not("host", "b")), "1");
  EXPECT_EQ(passing(all().where_not("host", "a").where_not("host", "b")), "3456");
  EXPECT_EQ(passing(all().where("host", "a").where("host", "b")), "");
  EXPECT_EQ(passing(all().where_matches("region", "u?s?").where_not("region", "us")), "56");
}

TEST_P(Filters, HoldForEveryKindOfQuery) {
  EXPECT_EQ(ask(aggregate("cpu", {{Aggregation::Kind::sum}}).where("region", "us")), Lines{": 7 (2)"});
  EXPECT_EQ(ask(aggregate("cpu", {{Aggregation::Kind::sum}}).where("region", "absent")), Lines{});
  put(*store, {{"cpu", 1'001, 4, {{"host", "a"}, {"region", "eu"}}}});
  EXPECT_EQ(ask(rate("cpu").where("host", "a")), Lines{"@0 : 0.05"});
  EXPECT_EQ(ask(rate("cpu").where("host", "b")), Lines{});
}

TEST_P(Filters, AreCheckedEvenWhenNobodyWroteTheMetric) {
  EXPECT_EQ(test::error_of([&] { (void)store->query(range("nobody").where_matches("host", "(")); }),
            "INVALID_QUERY filters.host");
  EXPECT_EQ(test::error_of([&] { (void)store->query(range("nobody").where("no key", "x")); }).substr(0, 13),
            "INVALID_QUERY");
  EXPECT_EQ(passing(range("nobody")), "");
}

}  // namespace
}  // namespace luminate::conformance
