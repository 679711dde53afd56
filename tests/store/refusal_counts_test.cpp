#include "store/refusal_counts.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace luminate::store {
namespace {

std::vector<Verdict> refused(const std::string& metric, ErrorCode code, std::size_t points = 1) {
  return std::vector<Verdict>(points, Verdict{.metric = metric, .code = code});
}

std::string name(const char* prefix, std::size_t number) {
  return prefix + std::to_string(number);
}

TEST(RefusalCounts, TellsSoManyMetricsOfATenantApartAndCountsTheRestTogether) {
  RefusalCounts counts;
  const std::size_t most = Refusals::kMaxEntriesOfTenant;
  for (std::size_t i = 0; i < most; ++i) counts.add("acme", refused(name("m", i), ErrorCode::invalid_value, 2));
  EXPECT_EQ(counts.of("acme").entries.size(), most);
  EXPECT_EQ(counts.of("acme").entries.back().points, 2u);

  counts.add("acme", refused("one_more", ErrorCode::invalid_value, 5));
  counts.add("acme", refused("and_another", ErrorCode::invalid_timestamp));
  counts.add("acme", refused("m0", ErrorCode::invalid_timestamp));  // A known metric, for another reason.
  counts.add("acme", refused("m0", ErrorCode::invalid_value));
  counts.add("zeta", refused("own", ErrorCode::invalid_value));
  const Refusals acme = counts.of("acme");
  ASSERT_EQ(acme.entries.size(), most + 2);
  EXPECT_EQ(acme.entries[0], (Refusals::Entry{"acme", "", ErrorCode::invalid_value, 5}));
  EXPECT_EQ(acme.entries[1], (Refusals::Entry{"acme", "m0", ErrorCode::invalid_value, 3}));
  EXPECT_EQ(acme.entries[2], (Refusals::Entry{"acme", "", ErrorCode::invalid_timestamp, 2}));
  EXPECT_EQ(acme.totals, (std::vector<Refusals::Total>{{ErrorCode::invalid_timestamp, 2},
                                                       {ErrorCode::invalid_value, 2 * most + 6}}));
  EXPECT_EQ(counts.of("zeta").entries, (std::vector<Refusals::Entry>{{"zeta", "own", ErrorCode::invalid_value, 1}}));
}

TEST(RefusalCounts, TellsSoManyMetricsApartOfAllTenantsTogether) {
  RefusalCounts counts;
  const std::size_t tenants = Refusals::kMaxEntries / Refusals::kMaxEntriesOfTenant;
  for (std::size_t t = 0; t < tenants; ++t) {
    for (std::size_t m = 0; m < Refusals::kMaxEntriesOfTenant; ++m) {
      counts.add(name("t", t), refused(name("m", m), ErrorCode::invalid_value));
    }
  }
  EXPECT_EQ(counts.all().entries.size(), Refusals::kMaxEntries);
  counts.add("late", refused("cpu", ErrorCode::invalid_value, 3));
  const Refusals all = counts.all();
  ASSERT_EQ(all.entries.size(), Refusals::kMaxEntries + 1);
  EXPECT_EQ(all.entries.front(), (Refusals::Entry{"late", "", ErrorCode::invalid_value, 3}));
  EXPECT_EQ(all.totals.front().points, Refusals::kMaxEntries + 3);
}

TEST(RefusalCounts, TellsSoManyTenantsApart) {
  RefusalCounts counts;
  for (std::size_t t = 0; t < Refusals::kMaxTenants; ++t) {
    counts.add(name("t", t), refused("no name", ErrorCode::invalid_metric_name));
  }
  EXPECT_EQ(counts.all().entries.size(), Refusals::kMaxTenants);
  EXPECT_TRUE(counts.all().other_tenants.empty());
  counts.add("late", refused("cpu", ErrorCode::invalid_value, 3));
  counts.add("t0", refused("cpu", ErrorCode::invalid_value));
  const Refusals all = counts.all();
  EXPECT_EQ(all.entries.size(), Refusals::kMaxTenants + 1);
  EXPECT_EQ(all.other_tenants, (std::vector<Refusals::Total>{{ErrorCode::invalid_value, 3}}));
  EXPECT_EQ(all.totals, (std::vector<Refusals::Total>{{ErrorCode::invalid_metric_name, Refusals::kMaxTenants},
                                                      {ErrorCode::invalid_value, 4}}));
  EXPECT_TRUE(counts.of("late").entries.empty());
}

TEST(RefusalCounts, KeepsNoNameThatIsNone) {
  RefusalCounts counts;
  counts.add("", refused("\x1b[31m", ErrorCode::invalid_metric_name));
  counts.add("", refused("other bad", ErrorCode::invalid_metric_name));
  EXPECT_EQ(counts.all().entries, (std::vector<Refusals::Entry>{{"", "", ErrorCode::invalid_metric_name, 2}}));
}

TEST(RefusalCounts, AddsUpWhatThreadsCount) {
  RefusalCounts counts;
  {
    std::vector<std::jthread> threads;
    for (std::size_t t = 0; t < 4; ++t) {
      threads.emplace_back([&counts, t] {
        for (int i = 0; i < 200; ++i) {
          counts.add(name("t", t % 2), refused("m", ErrorCode::invalid_value, 3));
          (void)counts.all();
        }
      });
    }
  }
  EXPECT_EQ(counts.all().totals, (std::vector<Refusals::Total>{{ErrorCode::invalid_value, 4 * 200 * 3}}));
}

}  // namespace
}  // namespace luminate::store
