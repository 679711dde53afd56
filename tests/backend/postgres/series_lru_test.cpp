#include "postgres/series_lru.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "model/dimension_set.hpp"

namespace luminate::postgres {
namespace {

using Ids = std::vector<std::int64_t>;

/// Series of metric 1, by a number.
class Series {
 public:
  explicit Series(int first, int count = 1) {
    for (int i = first; i < first + count; ++i) {
      texts_.push_back(model::canonical_bytes({{"k", "value_" + std::to_string(i)}}));
      ids_.push_back(1'000 + i);
    }
    for (const std::string& text : texts_) {
      names_.push_back({.metric = 1, .canonical = text, .fingerprint = model::fingerprint(text)});
    }
  }
  Series(const Series&) = delete;
  Series& operator=(const Series&) = delete;

  std::vector<SeriesName>& names() { return names_; }
  const Ids& ids() const { return ids_; }

 private:
  std::vector<std::string> texts_;
  std::vector<SeriesName> names_;
  Ids ids_;
};

Ids find(SeriesLru& cache, std::int64_t generation, Series& series) {
  Ids ids;
  cache.find(generation, series.names(), ids);
  return ids;
}

TEST(SeriesLru, KnowsWhatItWasTold) {
  SeriesLru cache(100'000);
  EXPECT_EQ(cache.generation(), std::nullopt);
  cache.renew(5);
  EXPECT_EQ(cache.generation(), 5);
  Series some(0, 3);
  EXPECT_EQ(find(cache, 5, some), (Ids{0, 0, 0}));
  cache.remember(5, some.names(), Ids{1'000, 0, 1'002});
  EXPECT_EQ(find(cache, 5, some), (Ids{1'000, 0, 1'002}));
  for (SeriesName& name : some.names()) name.metric = 2;
  EXPECT_EQ(find(cache, 5, some), (Ids{0, 0, 0}));
}

TEST(SeriesLru, TellsSeriesOfEqualFingerprintsApart) {
  SeriesLru cache(100'000);
  cache.renew(1);
  Series two(0, 2);
  two.names()[1].fingerprint = two.names()[0].fingerprint;
  cache.remember(1, two.names(), two.ids());
  EXPECT_EQ(find(cache, 1, two), (Ids{1'000, 1'001}));
}

TEST(SeriesLru, KnowsMetricsByTenantAndName) {
  SeriesLru cache(100'000);
  cache.renew(1);
  const std::vector<MetricName> metrics = {{"a", "bc"}, {"ab", "c"}, {"", "m"}};
  cache.remember(1, metrics, Ids{7, 8, 0});
  Ids ids;
  EXPECT_EQ(cache.find(metrics, ids), 1);
  EXPECT_EQ(ids, (Ids{7, 8, 0}));
}

TEST(SeriesLru, ForgetsEverythingInANewGeneration) {
  SeriesLru cache(100'000);
  cache.renew(1);
  Series some(0, 2);
  const std::vector<MetricName> metrics = {{"", "m"}};
  cache.remember(1, some.names(), some.ids());
  cache.remember(1, metrics, Ids{1});
  cache.renew(0);  // Somebody was slow.
  EXPECT_EQ(find(cache, 1, some), some.ids());
  cache.renew(2);
  EXPECT_EQ(find(cache, 2, some), (Ids{0, 0}));
  EXPECT_EQ(cache.bytes(), 0U);
  Ids ids;
  EXPECT_EQ(cache.find(metrics, ids), 2);
  EXPECT_EQ(ids, Ids{0});
  cache.remember(1, some.names(), some.ids());
  EXPECT_EQ(find(cache, 2, some), (Ids{0, 0}));
  EXPECT_EQ(find(cache, 1, some), (Ids{0, 0}));
}

TEST(SeriesLru, IsBoundedAndKeepsWhatIsUsed) {
  constexpr std::size_t kBytes = 20'000;
  SeriesLru cache(kBytes);
  cache.renew(1);
  Series used(0);
  cache.remember(1, used.names(), used.ids());
  for (int i = 1; i < 2'000; ++i) {
    Series next(i);
    cache.remember(1, next.names(), next.ids());
    ASSERT_LE(cache.bytes(), kBytes);
    ASSERT_EQ(find(cache, 1, used), used.ids()) << i;
  }
  Series first(1);
  EXPECT_EQ(find(cache, 1, first), Ids{0});
  Series last(1'999);
  EXPECT_EQ(find(cache, 1, last), last.ids());
  for (int i = 0; i < 1'000; ++i) {
    const std::string tenant = "tenant_" + std::to_string(i);
    cache.remember(1, std::vector<MetricName>{{tenant, "m"}}, Ids{i + 1});
    ASSERT_LE(cache.bytes(), kBytes);
  }
}

TEST(SeriesLru, OfNoSizeKnowsNothing) {
  SeriesLru cache(0);
  cache.renew(1);
  Series some(0);
  cache.remember(1, some.names(), some.ids());
  EXPECT_EQ(find(cache, 1, some), Ids{0});
}

}  // namespace
}  // namespace luminate::postgres
