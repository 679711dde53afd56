#include "query/matcher.hpp"

#include <gtest/gtest.h>

#include <string>

#include "refusal.hpp"

namespace luminate::query {
namespace {

using Kind = Filter::Kind;

Matcher matcher(Kind kind, std::vector<std::string> operands) {
  return Matcher(Filter{"region", kind, std::move(operands)}, "filters.region");
}

std::string refused(Kind kind, std::vector<std::string> operands) {
  return refusal([&] { matcher(kind, operands); });
}

std::string refused(const std::vector<Filter>& filters) {
  return refusal([&] { compile(filters); });
}

constexpr auto kMissing = std::nullopt;

TEST(Matcher, EqualsAnyOfItsValues) {
  const Matcher any = matcher(Kind::any_of, {"us", "eu", "ap", "eu"});
  EXPECT_TRUE(any.matches("eu"));
  EXPECT_TRUE(any.matches("us"));
  EXPECT_TRUE(any.matches("ap"));
  EXPECT_FALSE(any.matches("e"));
  EXPECT_FALSE(any.matches("EU"));
  EXPECT_FALSE(any.matches(kMissing));
  EXPECT_EQ(any.filter().operands, (std::vector<std::string>{"ap", "eu", "us"}));
  EXPECT_EQ(any.key(), "region");
}

TEST(Matcher, MissingDimensionNeverEqualsAValueNotEvenTheEmptyOne) {
  EXPECT_FALSE(matcher(Kind::any_of, {""}).matches(kMissing));
  EXPECT_FALSE(matcher(Kind::any_of, {"", "eu"}).matches(kMissing));
}

TEST(Matcher, MissingDimensionIsTheEmptyStringForNot) {
  EXPECT_TRUE(matcher(Kind::is_not, {"eu"}).matches(kMissing));
  EXPECT_TRUE(matcher(Kind::is_not, {"eu"}).matches("us"));
  EXPECT_FALSE(matcher(Kind::is_not, {"eu"}).matches("eu"));
  EXPECT_FALSE(matcher(Kind::is_not, {""}).matches(kMissing));  // So {"not": ""} means: has the dimension.
  EXPECT_TRUE(matcher(Kind::is_not, {""}).matches("eu"));
}

TEST(Matcher, MissingDimensionIsTheEmptyStringForExpressions) {
  EXPECT_TRUE(matcher(Kind::matches, {".*"}).matches(kMissing));
  EXPECT_TRUE(matcher(Kind::matches, {""}).matches(kMissing));
  EXPECT_TRUE(matcher(Kind::matches, {"eu|"}).matches(kMissing));
  EXPECT_FALSE(matcher(Kind::matches, {".+"}).matches(kMissing));
  EXPECT_FALSE(matcher(Kind::matches_not, {".*"}).matches(kMissing));
  EXPECT_TRUE(matcher(Kind::matches_not, {".+"}).matches(kMissing));
  EXPECT_TRUE(matcher(Kind::matches_not, {"eu"}).matches(kMissing));
}

TEST(Matcher, ExpressionsMatchTheWholeValue) {
  const Matcher eu = matcher(Kind::matches, {"eu-.*"});
  EXPECT_TRUE(eu.matches("eu-west"));
  EXPECT_FALSE(eu.matches("xeu-west"));
  EXPECT_FALSE(matcher(Kind::matches, {"west"}).matches("eu-west"));
  EXPECT_FALSE(matcher(Kind::matches, {"eu"}).matches("eu-west"));
  EXPECT_TRUE(matcher(Kind::matches, {"a|ab"}).matches("ab"));  // Not only the alternative that matches first.
  EXPECT_TRUE(matcher(Kind::matches_not, {"west"}).matches("eu-west"));
  EXPECT_FALSE(matcher(Kind::matches_not, {"eu-west"}).matches("eu-west"));
}

TEST(Matcher, ExpressionsKnowUtf8AndFlags) {
  EXPECT_TRUE(matcher(Kind::matches, {"."}).matches("\xc3\xa4"));
  EXPECT_TRUE(matcher(Kind::matches, {"\\pL+"}).matches("\xc3\xa4\xc3\xb6"));
  EXPECT_TRUE(matcher(Kind::matches, {"(?i)EU"}).matches("eu"));
  EXPECT_TRUE(matcher(Kind::matches, {"(e)(u)\\d{2}"}).matches("eu42"));
}

TEST(Matcher, BoundsWhatAnExpressionMatches) {
  const auto within = [](const char* expression, std::string_view text) {
    const auto bounds = matcher(Kind::matches, {expression}).match_bounds();
    return !bounds || (bounds->first <= text && text <= bounds->second);
  };
  EXPECT_TRUE(within("cust_1.*", "cust_1"));
  EXPECT_TRUE(within("cust_1.*", "cust_199999"));
  EXPECT_FALSE(within("cust_1.*", "cust_2"));
  EXPECT_FALSE(within("cust_1.*", "a"));
  EXPECT_TRUE(within("(?i)eu|us", "US"));
  EXPECT_TRUE(within("", ""));
  EXPECT_TRUE(within("\xC3\xA4.*", "\xC3\xA4\xC3\xA4"));
  EXPECT_TRUE(within(".*eu",
                     "\xF4\x8F\xBF\xBF"
                     "eu"));
  EXPECT_FALSE(matcher(Kind::is_not, {"eu"}).match_bounds());
}

TEST(Matcher, RefusesWhatRe2DoesNotKnow) {
  for (const char* expression : {"(", "[", "a{2,1}", "*", "(?=a)", "(a)\\1", "a{1001}", "\\"}) {
    EXPECT_EQ(refused(Kind::matches, {expression}), "INVALID_QUERY filters.region") << expression;
    EXPECT_EQ(refused(Kind::matches_not, {expression}), "INVALID_QUERY filters.region") << expression;
  }
}

TEST(Matcher, BoundsTheMemoryOfAnExpression) {
  EXPECT_EQ(refused(Kind::matches, {"((\\pL{10}){10}){10}"}), "INVALID_QUERY filters.region");
}

TEST(Matcher, BoundsTheLengthOfAnExpression) {
  EXPECT_EQ(refused(Kind::matches, {std::string(1'000, 'a')}), "accepted");
  EXPECT_EQ(refused(Kind::matches, {std::string(1'001, 'a')}), "INVALID_QUERY filters.region");
}

TEST(Matcher, BoundsOperands) {
  EXPECT_EQ(refused(Kind::any_of, {std::string(1'024, 'a')}), "accepted");
  EXPECT_EQ(refused(Kind::any_of, {"b", std::string(1'025, 'a')}), "INVALID_QUERY filters.region");
  EXPECT_EQ(refused(Kind::is_not, {std::string(1'024, 'a')}), "accepted");
  EXPECT_EQ(refused(Kind::is_not, {std::string(1'025, 'a')}), "INVALID_QUERY filters.region");
  EXPECT_EQ(refused(Kind::any_of, std::vector<std::string>(1'000, "a")), "accepted");
  EXPECT_EQ(refused(Kind::any_of, std::vector<std::string>(1'001, "a")), "INVALID_QUERY filters.region");
  EXPECT_EQ(refused(Kind::any_of, {}), "INVALID_QUERY filters.region");
}

TEST(Matcher, NeedsExactlyOneOperandForTheOtherKinds) {
  for (const Kind kind : {Kind::is_not, Kind::matches, Kind::matches_not}) {
    EXPECT_EQ(refused(kind, {}), "INVALID_QUERY filters.region");
    EXPECT_EQ(refused(kind, {"a"}), "accepted");
    EXPECT_EQ(refused(kind, {"a", "b"}), "INVALID_QUERY filters.region");
  }
}

TEST(Matcher, RefusesUnknownKindsAndInvalidUtf8) {
  EXPECT_EQ(refused(static_cast<Kind>(0), {"a"}), "INVALID_QUERY filters.region");
  EXPECT_EQ(refused(static_cast<Kind>(5), {"a"}), "INVALID_QUERY filters.region");
  for (const char* bytes :
       {"\xff", "a\xc0\x80", "\xc3", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf0\x9d"}) {
    EXPECT_EQ(refused(Kind::any_of, {bytes}), "INVALID_QUERY filters.region");
    EXPECT_EQ(refused(Kind::matches, {bytes}), "INVALID_QUERY filters.region");
  }
  EXPECT_EQ(refused(Kind::any_of, {"a\xc3\xa4\xe4\xb8\x96\xed\x9f\xbf\xf0\x9d\x92\xb3\xf4\x8f\xbf\xbf"}), "accepted");
}

TEST(Compile, ChecksKeys) {
  EXPECT_EQ(refused({{"_tenant_id", Kind::any_of, {"acme"}}}), "RESERVED_DIMENSION filters._tenant_id");
  EXPECT_EQ(refused({{"_tenant", Kind::any_of, {"acme"}}}), "accepted");
  EXPECT_EQ(refused({{"", Kind::any_of, {"a"}}}), "INVALID_QUERY filters.");
  EXPECT_EQ(refused({{"1a", Kind::any_of, {"a"}}}), "INVALID_QUERY filters.1a");
  EXPECT_EQ(refused({{"a\xff\n", Kind::any_of, {"a"}}}), "INVALID_QUERY filters.a\\xff\\x0a");
  EXPECT_EQ(refused({{std::string(128, 'k'), Kind::any_of, {"a"}}}), "accepted");
  EXPECT_EQ(refused({{std::string(129, 'k'), Kind::any_of, {"a"}}}),
            "INVALID_QUERY filters." + std::string(64, 'k') + "...");
}

TEST(Compile, BoundsFiltersAndAllTheirOperands) {
  const Filter one{"k", Kind::any_of, {"a"}};
  EXPECT_EQ(refused(std::vector<Filter>(100, one)), "accepted");
  EXPECT_EQ(refused(std::vector<Filter>(101, one)), "INVALID_QUERY filters");
  const Filter many{"k", Kind::any_of, std::vector<std::string>(500, "a")};
  EXPECT_EQ(refused({many, many}), "accepted");
  EXPECT_EQ(refused({many, many, one}), "INVALID_QUERY filters.k");
}

TEST(Compile, BoundsAllExpressionsTogether) {
  const Filter longest{"k", Kind::matches, {std::string(1'000, 'a')}};
  std::vector<Filter> filters(10, longest);
  EXPECT_EQ(refused(filters), "accepted");
  filters.push_back({"k", Kind::matches_not, {"b"}});
  EXPECT_EQ(refused(filters), "INVALID_QUERY filters.k");
}

}  // namespace
}  // namespace luminate::query
