#include "postgres/series_filter.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "backend/postgres/connections.hpp"
#include "postgres/database.hpp"
#include "postgres/pushed_down.hpp"
#include "support/answers.hpp"
#include "support/postgres_server.hpp"

namespace luminate::postgres {
namespace {

using Kind = Filter::Kind;

class SeriesFilterTest : public testing::Test {
 protected:
  void SetUp() override {
    LUMINATE_NEEDS_POSTGRES();
    schema_.emplace();
    options_ = test::test_options();
    Store store = Store::open(schema_->url(), options_);
    std::vector<Point> points;
    for (int i = 0; i < 300; ++i) {
      Dimensions dimensions{{"id", "v" + std::to_string(i)}};
      if (i % 3 != 0) dimensions["region"] = i % 2 == 0 ? "eu" : "it's \"\\ %_ \xC3\xA4";
      series_.push_back(dimensions);
      points.push_back({"m", 0, 1, dimensions});
    }
    points.push_back({"other", 0, 1, {{"id", "v1"}}});
    test::put(store, points);
    Store acme = store.tenant("acme");
    test::put(acme, {{"m", 0, 1, {{"id", "v1"}}}});
    database_.emplace(settings_of(schema_->url()), options_);
  }
  void TearDown() override {
    database_.reset();
    schema_.reset();
  }

  std::set<std::string> found(Access access, const std::vector<query::Matcher>& matchers) {
    std::set<std::string> ids;
    Transaction transaction = database_->begin(access, within(std::chrono::seconds(30)));
    const SeriesFilter filter(transaction, access, "", "m", matchers);
    if (filter.nothing()) return ids;
    Parameters parameters;
    const std::string sql =
        "SELECT r.dimensions ->> 'id' FROM {schema}.series AS r WHERE " + filter.condition("r", parameters);
    const Rows rows = transaction.run(sql, std::move(parameters));
    for (std::size_t row = 0; row < rows.size(); ++row) ids.emplace(rows.text(row, 0));
    transaction.commit();
    return ids;
  }

  void expect_as_matchers_say(const std::vector<Filter>& filters) {
    const std::vector<query::Matcher> matchers = query::compile(filters);
    std::set<std::string> expected;
    for (const Dimensions& dimensions : series_) {
      bool passes = true;
      for (const query::Matcher& matcher : matchers) {
        const auto value = dimensions.find(matcher.key());
        passes = passes && matcher.matches(value == dimensions.end() ? std::nullopt
                                                                     : std::optional<std::string_view>(value->second));
      }
      if (passes) expected.insert(dimensions.at("id"));
    }
    EXPECT_EQ(found(Access::read, matchers), expected);
    EXPECT_EQ(found(Access::write, matchers), expected);
  }

  Options options_;
  std::optional<test::PostgresSchema> schema_;
  std::optional<Database> database_;
  std::vector<Dimensions> series_;
};

TEST_F(SeriesFilterTest, TakesWhatTheMatchersTake) {
  std::vector<std::string> many;
  for (int i = 0; i < 200; ++i) many.push_back("v" + std::to_string(i));
  const std::string odd = "it's \"\\ %_ \xC3\xA4";
  const std::vector<Filter> choices{
      {"region", Kind::any_of, {"eu"}},
      {"region", Kind::any_of, {odd}},
      {"region", Kind::any_of, {"", "eu", odd}},
      {"region", Kind::any_of, {""}},
      {"id", Kind::any_of, many},
      {"id", Kind::any_of, {many.begin(), many.begin() + 64}},
      {"id", Kind::any_of, {many.begin(), many.begin() + 65}},
      {"region", Kind::is_not, {"eu"}},
      {"region", Kind::is_not, {""}},
      {"region", Kind::is_not, {std::string("a\0b", 3)}},
      {"region", Kind::any_of, {std::string("a\0b", 3), "eu"}},
      {"region", Kind::any_of, {std::string("a\0b", 3)}},
      {"region", Kind::matches, {".*"}},
      {"region", Kind::matches, {".+"}},
      {"region", Kind::matches, {""}},
      {"region", Kind::matches_not, {"e."}},
      {"region", Kind::matches_not, {""}},
      {"region", Kind::matches_not, {"(eu)?"}},
      {"id", Kind::matches, {"v1.*"}},
      {"id", Kind::matches, {"v.*[0-8]"}},
      {"id", Kind::matches, {"(?i)V[12]7"}},
      {"id", Kind::matches_not, {"v1.*"}},
      {"id", Kind::matches_not, {".*[0-8]"}},
      {"absent", Kind::any_of, {"x"}},
      {"absent", Kind::is_not, {"x"}},
      {"absent", Kind::matches, {"x*"}},
      {"absent", Kind::matches, {"x"}},
      {"absent", Kind::matches_not, {"x*"}},
  };
  for (std::size_t i = 0; i < choices.size(); ++i) {
    SCOPED_TRACE(choices[i].key + " " + std::to_string(static_cast<int>(choices[i].kind)) + " " +
                 choices[i].operands.front());
    expect_as_matchers_say({choices[i]});
    expect_as_matchers_say({choices[i], choices[(i * 7 + 3) % choices.size()], choices[(i * 5 + 1) % choices.size()]});
  }
}

TEST_F(SeriesFilterTest, KnowsNothingOfAMetricThatNobodyWrote) {
  Transaction transaction = database_->begin(Access::read, within(std::chrono::seconds(30)));
  EXPECT_TRUE(SeriesFilter(transaction, Access::read, "", "nobody", {}).nothing());
  EXPECT_TRUE(SeriesFilter(transaction, Access::read, "nobody", "m", {}).nothing());
  EXPECT_TRUE(SeriesFilter(transaction, Access::read, "", std::string("m\0", 2), {}).nothing());
  EXPECT_FALSE(SeriesFilter(transaction, Access::read, "acme", "m", {}).nothing());
  EXPECT_EQ(SeriesFilter(transaction, Access::read, "", "m", {}).metric_series(), 300u);
  transaction.commit();
}

TEST_F(SeriesFilterTest, ServesServersWithoutDateBin) {
  QueryLimits limits;
  const auto plan = query::make_plan(Query::aggregate("m", {{Aggregation::Kind::count}})
                                         .between(test::kStart - 7'000'001, test::kStart + 7'000'001)
                                         .every(std::chrono::milliseconds(7'000)),
                                     "", limits, test::kNow);
  std::vector<test::Lines> answers;
  for (const bool date_bin : {true, false}) {
    Transaction transaction = database_->begin(Access::read, within(std::chrono::seconds(30)));
    const QuerySeries series(transaction, "", "m", plan.matchers, limits.max_memory_bytes);
    answers.push_back(test::lines(push_down_aggregate(transaction, plan, series, date_bin)));
    transaction.commit();
  }
  EXPECT_EQ(answers[0].size(), 1u);
  EXPECT_EQ(answers[0], answers[1]);
}

}  // namespace
}  // namespace luminate::postgres
