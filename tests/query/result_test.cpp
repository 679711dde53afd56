#include <luminate/result.hpp>

#include <gtest/gtest.h>

#include <string>
#include <type_traits>
#include <utility>

namespace luminate {
namespace {

Result answer() {
  AggregateResult groups;
  groups.rows = {{.group = {"a name that is too long for a short string"}}, {.group = {"another"}}};
  return {.data = std::move(groups)};
}

TEST(Result, OfNobodyGivesItsAnswerAwaySoThatALoopMayWalkOverIt) {
  std::string seen;
  for (const auto& row : answer().aggregate().rows) seen += row.group[0] + ";";
  EXPECT_EQ(seen, "a name that is too long for a short string;another;");
  static_assert(std::is_same_v<decltype(std::declval<Result>().range()), RangeResult>);
  static_assert(std::is_same_v<decltype(std::declval<Result>().rate()), RateResult>);
}

TEST(Result, ThatIsKeptLendsItsAnswer) {
  const Result kept = answer();
  EXPECT_EQ(&kept.aggregate(), &std::get<AggregateResult>(kept.data));
}

}  // namespace
}  // namespace luminate
