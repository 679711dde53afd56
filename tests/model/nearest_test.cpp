#include "model/nearest.hpp"

#include <gtest/gtest.h>
#include <array>
#include <string>

namespace luminate::model {
namespace {

constexpr std::array<std::string_view, 3> kWords = {"metricName", "limit", "filters"};

TEST(Nearest, TakesTheFewestInsertionsRemovalsAndReplacements) {
  EXPECT_EQ(nearest("limits", kWords), "limit");
  EXPECT_EQ(nearest("limt", kWords), "limit");
  EXPECT_EQ(nearest("fillers", kWords), "filters");
  EXPECT_EQ(nearest("limit", std::array<std::string_view, 2>{"limiter", "limit"}), "limit");
}

TEST(Nearest, PassesOverLetterCase) {
  EXPECT_EQ(nearest("LIMIT", std::array<std::string_view, 2>{"L", "limit"}), "limit");
  EXPECT_EQ(nearest("metricname", std::array<std::string_view, 2>{"metricnam", "metricName"}), "metricName");
}

TEST(Nearest, TakesTheFirstAmongEquals) {
  EXPECT_EQ(nearest("c", std::array<std::string_view, 2>{"a", "b"}), "a");
  EXPECT_EQ(nearest("", kWords), "limit");
}

TEST(Nearest, ComparesTheFirst128Bytes) {
  const std::string most(128, 'x');
  const std::string longer = most + "y";
  const std::array<std::string_view, 2> candidates = {longer, most};
  EXPECT_EQ(nearest(most, candidates), most);
  EXPECT_EQ(nearest(longer, candidates), most);
}

TEST(Nearest, FindsNothingAmongNothing) {
  EXPECT_EQ(nearest("limit", {}), "");
}

}  // namespace
}  // namespace luminate::model
