// The engine against the memory backend's evaluation, on random plans over random series.

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "evaluation.hpp"

namespace luminate::test {
namespace {

using Kind = Aggregation::Kind;

class Generator {
 public:
  explicit Generator(std::uint32_t seed) : random_(seed) {}

  std::size_t below(std::size_t bound) { return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random_); }
  bool one_in(std::size_t n) { return below(n) == 0; }

  Aggregation aggregation() {
    static constexpr double kQuantiles[] = {0, 0.25, 0.5, 0.9, 0.95, 0.99, 1};
    const auto kind = static_cast<Kind>(1 + below(10));
    return kind == Kind::quantile ? Aggregation::quantile(kQuantiles[below(7)]) : Aggregation{kind, 0};
  }

  query::Plan plan() {
    query::Plan plan;
    plan.type = static_cast<QueryType>(1 + below(3));
    plan.time_range.start_ms = static_cast<std::int64_t>(below(20'000)) - 10'000;
    plan.time_range.end_ms = plan.time_range.start_ms + 1 + static_cast<std::int64_t>(below(60'000));
    if (plan.type == QueryType::range) {
      plan.limit = 1 + below(one_in(2) ? 10 : 3000);
      return plan;
    }
    if (plan.type == QueryType::aggregate) {
      for (std::size_t count = 1 + below(4); count > 0; --count) plan.aggregations.push_back(aggregation());
    }
    for (const char* key : {"zone", "host", "absent"}) {
      if (one_in(2)) plan.group_by.emplace_back(key);
    }
    static constexpr std::int64_t kIntervals[] = {1, 70, 1000, 7777, 100'000};
    if (plan.type == QueryType::rate || one_in(2)) plan.interval_ms = kIntervals[below(5)];
    if (one_in(2)) plan.limit = 1 + below(12);
    plan.ascending = one_in(2);
    plan.limits.max_groups = one_in(4) ? 1 + below(30) : 1000;
    plan.limits.max_rows = one_in(4) ? 1 + below(300) : 1'000'000;
    return plan;
  }

  /// Small integers make ties between groups; they are for aggregations that both sides compute without rounding.
  SeriesMap series(bool integers) {
    SeriesMap map;
    const std::size_t most_samples = one_in(4) ? 3000 : 60;
    const double offset = one_in(3) ? 1e9 : 0;
    std::normal_distribution<double> normal(offset, 100);
    for (std::size_t count = below(40); count > 0; --count) {
      Dimensions dimensions;
      if (!one_in(5)) dimensions["host"] = "h" + std::to_string(below(12));
      if (!one_in(5)) dimensions["zone"] = "z" + std::to_string(below(3));
      if (one_in(2)) dimensions["core"] = std::to_string(below(4));
      backend::Samples& samples = map[dimensions];
      const std::size_t size = 1 + below(most_samples);
      const std::size_t grid = one_in(2) ? 1 : 500;  // Coarse grids give several series equal timestamps.
      for (std::size_t i = 0; i < size; ++i) {
        const auto timestamp = static_cast<std::int64_t>(below(80'000 / grid) * grid) - 15'000;
        samples[timestamp] = integers ? static_cast<double>(below(10)) - 2 : normal(random_);
      }
    }
    return map;
  }

 private:
  std::mt19937 random_;
};

bool exact(const query::Plan& plan) {
  if (plan.aggregations.empty()) return true;
  const Kind first = plan.aggregations.front().kind;
  return first != Kind::quantile && first != Kind::stddev && first != Kind::integral;
}

bool close(double a, double b) {
  return std::abs(a - b) <= 1e-12 * std::max(std::abs(a), std::abs(b)) + 1e-9 * (std::abs(a) < 1e-3 ? 1 : 0);
}

void expect_equal(const Result& engine, const Result& reference) {
  EXPECT_EQ(engine.points_scanned, reference.points_scanned);
  ASSERT_EQ(engine.data.index(), reference.data.index());
  switch (engine.type()) {
    case QueryType::range:
      EXPECT_EQ(lines(engine), lines(reference));
      break;
    case QueryType::aggregate: {
      const auto& rows = engine.aggregate().rows;
      const auto& expected = reference.aggregate().rows;
      ASSERT_EQ(rows.size(), expected.size());
      for (std::size_t i = 0; i < rows.size(); ++i) {
        ASSERT_EQ(rows[i].bucket_ms, expected[i].bucket_ms) << "row " << i;
        ASSERT_EQ(rows[i].group, expected[i].group) << "row " << i;
        ASSERT_EQ(rows[i].count, expected[i].count) << "row " << i;
        ASSERT_EQ(rows[i].values.size(), expected[i].values.size());
        for (std::size_t v = 0; v < rows[i].values.size(); ++v) {
          EXPECT_PRED2(close, rows[i].values[v], expected[i].values[v])
              << "row " << i << ", " << static_cast<int>(engine.aggregate().aggregations[v].kind);
        }
      }
      break;
    }
    case QueryType::rate: {
      const auto& rows = engine.rate().rows;
      const auto& expected = reference.rate().rows;
      ASSERT_EQ(rows.size(), expected.size());
      for (std::size_t i = 0; i < rows.size(); ++i) {
        ASSERT_EQ(rows[i].bucket_ms, expected[i].bucket_ms) << "row " << i;
        ASSERT_EQ(rows[i].group, expected[i].group) << "row " << i;
        EXPECT_PRED2(close, rows[i].rate, expected[i].rate) << "row " << i;
      }
      break;
    }
  }
}

TEST(Differential, EngineAnswersAsTheReference) {
  std::size_t answered = 0;
  std::size_t refused = 0;
  for (std::uint32_t seed = 1; seed <= 400; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Generator generator(seed);
    const query::Plan plan = generator.plan();
    const SeriesMap series = generator.series(exact(plan) && generator.one_in(2));
    std::optional<Result> expected;
    try {
      expected = backend::evaluate_reference(plan, series, {});
    } catch (const Error& error) {
      ASSERT_EQ(error.code(), ErrorCode::result_limit_exceeded);
    }
    try {
      const Result result = evaluate_with_engine(plan, series, {}, seed);
      ASSERT_TRUE(expected) << "only the reference exceeded a limit";
      expect_equal(result, *expected);
      ++answered;
    } catch (const Error& error) {
      ASSERT_FALSE(expected) << error.what();
      ASSERT_EQ(error.code(), ErrorCode::result_limit_exceeded);
      ++refused;
    }
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(answered, 200U);
  EXPECT_GT(refused, 10U);
}

}  // namespace
}  // namespace luminate::test
