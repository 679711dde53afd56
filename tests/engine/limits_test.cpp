#include <gtest/gtest.h>

#include <functional>

#include "evaluation.hpp"

namespace luminate::test {
namespace {

const Aggregation kSum{Aggregation::Kind::sum, 0};

/// Series h0, h1, ... with a sample each second.
SeriesMap hosts(int count, int samples) {
  SeriesMap series;
  for (int h = 0; h < count; ++h) {
    for (int s = 0; s < samples; ++s) series[{{"host", "h" + std::to_string(h)}}][s * 1000] = s + h;
  }
  return series;
}

/// Both evaluators, by the same name.
void for_each_evaluator(const std::function<void(std::function<Result(const query::Plan&, const SeriesMap&)>)>& test) {
  {
    SCOPED_TRACE("engine");
    test([](const auto& plan, const auto& series) { return evaluate_with_engine(plan, series, {}); });
  }
  {
    SCOPED_TRACE("reference");
    test([](const auto& plan, const auto& series) { return backend::evaluate_reference(plan, series, {}); });
  }
}

void expect_limit_exceeded(const std::function<void()>& call) {
  try {
    call();
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::result_limit_exceeded) << error.what();
  }
}

TEST(GroupLimit, CountsGroupsEvenWhereALimitWouldKeepFewer) {
  for_each_evaluator([](auto evaluate) {
    query::Plan plan = aggregate_plan({kSum}, {"host"});
    plan.limits.max_groups = 5;
    plan.limit = 2;
    EXPECT_EQ(evaluate(plan, hosts(5, 1)).aggregate().rows.size(), 2U);
    expect_limit_exceeded([&] { evaluate(plan, hosts(6, 1)); });
    plan.interval_ms = 1000;
    EXPECT_EQ(evaluate(plan, hosts(5, 1)).aggregate().rows.size(), 2U);
    expect_limit_exceeded([&] { evaluate(plan, hosts(6, 1)); });
  });
}

TEST(GroupLimit, CountsGroupsOfARate) {
  for_each_evaluator([](auto evaluate) {
    query::Plan plan = rate_plan(1000, {"host"});
    plan.limits.max_groups = 5;
    EXPECT_EQ(evaluate(plan, hosts(5, 2)).rate().rows.size(), 5U);
    expect_limit_exceeded([&] { evaluate(plan, hosts(6, 2)); });
  });
}

TEST(GroupLimit, IgnoresGroupsWithoutSamplesInTheRange) {
  for_each_evaluator([](auto evaluate) {
    query::Plan plan = aggregate_plan({kSum}, {"host"});
    plan.limits.max_groups = 5;
    SeriesMap series = hosts(5, 1);
    series[{{"host", "later"}}][500] = 1;
    plan.time_range = {0, 500};
    EXPECT_EQ(evaluate(plan, series).aggregate().rows.size(), 5U);
  });
}

TEST(RowLimit, CountsGroupsTimesBuckets) {
  for_each_evaluator([](auto evaluate) {
    query::Plan plan = aggregate_plan({kSum}, {"host"});
    plan.interval_ms = 1000;
    plan.limits.max_rows = 12;
    EXPECT_EQ(evaluate(plan, hosts(4, 3)).aggregate().rows.size(), 12U);
    plan.limit = 1;
    EXPECT_EQ(evaluate(plan, hosts(4, 3)).aggregate().rows.size(), 3U);
    SeriesMap one_more = hosts(4, 3);
    one_more.begin()->second[3000] = 1;
    expect_limit_exceeded([&] { evaluate(plan, one_more); });
  });
}

TEST(RowLimit, CountsBucketsOfARateThatHaveAPair) {
  for_each_evaluator([](auto evaluate) {
    query::Plan plan = rate_plan(1000, {"host"});
    plan.limits.max_rows = 8;
    EXPECT_EQ(evaluate(plan, hosts(4, 3)).rate().rows.size(), 8U);
    plan.limits.max_rows = 7;
    expect_limit_exceeded([&] { evaluate(plan, hosts(4, 3)); });
  });
}

TEST(RangeLimit, KeepsTheEarliestOfMany) {
  // More than twice the limit, so that the engine has to let go of some on the way.
  const SeriesMap series = hosts(7, 1000);
  for_each_evaluator([&](auto evaluate) {
    for (const std::size_t limit : {1U, 2U, 699U, 3500U, 6999U}) {
      const Result result = evaluate(range_plan(limit), series);
      const RangeResult& range = result.range();
      ASSERT_EQ(range.value_column.size(), limit);
      EXPECT_TRUE(range.truncated);
      EXPECT_EQ(result.points_scanned, 7000U);
      for (std::size_t i = 0; i < limit; ++i) {
        ASSERT_EQ(range.timestamp_column[i], static_cast<std::int64_t>(i / 7) * 1000);
        ASSERT_EQ(range.series[range.series_column[i]].at("host"), "h" + std::to_string(i % 7));
      }
    }
    EXPECT_FALSE(evaluate(range_plan(7000), series).range().truncated);
  });
}

TEST(RangeAnswer, NamesOnlyTheSeriesThatAppear) {
  for_each_evaluator([](auto evaluate) {
    const Result result = evaluate(range_plan(3), hosts(5, 2));
    EXPECT_EQ(result.range().series.size(), 3U);
  });
}

model::Call expired() {
  model::Call call;
  call.deadline = std::chrono::steady_clock::now() - std::chrono::seconds(1);
  return call;
}

model::Call stopped(std::stop_source& source) {
  source.request_stop();
  model::Call call;
  call.stop = source.get_token();
  return call;
}

template <typename Evaluate>
void expect_given_up(const query::Plan& plan, Evaluate evaluate) {
  const SeriesMap series = hosts(10, 2000);
  std::stop_source source;
  for (const auto& [call, code] :
       {std::pair(expired(), ErrorCode::query_timeout), std::pair(stopped(source), ErrorCode::cancelled)}) {
    try {
      evaluate(plan, series, call);
      ADD_FAILURE() << "no error";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code);
    }
  }
}

std::vector<query::Plan> plans_of_all_kinds() {
  std::vector<query::Plan> plans;
  for (int kind = 1; kind <= 10; ++kind) {
    plans.push_back(aggregate_plan({{static_cast<Aggregation::Kind>(kind), 0.5}}, {"host"}));
    plans.push_back(plans.back());
    plans.back().interval_ms = 10'000;
  }
  plans.push_back(rate_plan(10'000));
  plans.push_back(range_plan(100));
  return plans;
}

TEST(GivingUp, HappensWhenTimeIsUpOrAStopIsAskedFor) {
  for (const query::Plan& plan : plans_of_all_kinds()) {
    expect_given_up(plan, [](const auto& p, const auto& s, const auto& c) { return evaluate_with_engine(p, s, c); });
    expect_given_up(plan, backend::evaluate_reference);
  }
}

}  // namespace
}  // namespace luminate::test
