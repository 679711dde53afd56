#include "ingest/series_cache.hpp"

#include <gtest/gtest.h>
#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include "ingest/json_decoder.hpp"
#include "model/dimension_set.hpp"

namespace luminate::ingest {
namespace {

constexpr std::int64_t kNow = 1'760'000'000'000;
using Key = SeriesCache::Key;
using Handle = SeriesCache::Handle;

class Keys {
 public:
  explicit Keys(const SeriesCache& cache) : cache_(cache) {}
  Key operator()(std::uint64_t number) const { return cache_.hash()({}, std::to_string(number)); }
  std::vector<Key> range(std::uint64_t first, std::uint64_t last) const {
    std::vector<Key> keys;
    for (; first < last; ++first) keys.push_back((*this)(first));
    return keys;
  }

 private:
  const SeriesCache& cache_;
};

std::vector<Handle> handles(std::uint64_t first, std::uint64_t last) {
  std::vector<Handle> handles;
  for (; first < last; ++first) handles.push_back(first + 1);
  return handles;
}

/// How many of the keys 0 to `last` the cache knows. None may have another's handle.
std::size_t known(const SeriesCache& cache, std::uint64_t last) {
  const auto view = cache.view();
  std::size_t count = 0;
  for (std::uint64_t i = 0; i < last; ++i) {
    const Handle handle = view.find(Keys(cache)(i));
    EXPECT_TRUE(handle == 0 || handle == i + 1) << handle;
    count += handle == 0 ? 0 : 1;
  }
  return count;
}

TEST(SeriesCache, FindsWhatItWasTold) {
  SeriesCache cache(10'000'000);
  EXPECT_EQ(known(cache, 10), 0U);
  for (std::uint64_t first = 0; first < 100'000; first += 1'000) {
    cache.remember(7, Keys(cache).range(first, first + 1'000), handles(first, first + 1'000));
  }
  EXPECT_EQ(cache.view().generation(), 7U);
  EXPECT_GE(known(cache, 100'000), 99'900U);
  EXPECT_EQ(cache.view().find(Keys(cache)(100'000)), 0U);
}

TEST(SeriesCache, SkipsWhatHasNoKeyOrNoHandle) {
  SeriesCache cache(100'000);
  const Keys key(cache);
  cache.remember(1, std::vector{key(0), Key{}, key(2), key(3)}, std::vector<Handle>{0, 2, 3});
  EXPECT_EQ(cache.view().find(key(0)), 0U);
  EXPECT_EQ(cache.view().find(Key{}), 0U);
  EXPECT_EQ(cache.view().find(key(2)), 3U);
  EXPECT_EQ(cache.view().find(key(3)), 0U);
}

TEST(SeriesCache, KeepsOneGenerationTheNewest) {
  SeriesCache cache(100'000);
  const Keys key(cache);
  cache.remember(1, key.range(0, 2), handles(0, 2));
  const auto before = cache.view();
  cache.remember(2, key.range(1, 3), handles(1, 3));
  EXPECT_EQ(cache.view().generation(), 2U);
  EXPECT_EQ(cache.view().find(key(0)), 0U);
  EXPECT_EQ(cache.view().find(key(1)), 2U);
  cache.remember(1, key.range(0, 1), handles(0, 1));
  EXPECT_EQ(cache.view().find(key(0)), 0U) << "a late writer brought old handles";
  EXPECT_EQ(before.generation(), 1U);
  EXPECT_EQ(before.find(key(0)), 1U);
}

TEST(SeriesCache, KeepsMostOfWhatItHasWhenMoreComesThanFits) {
  constexpr std::size_t kFits = 2'000;
  SeriesCache cache(kFits * 24);
  const Keys key(cache);
  for (int round = 0; round < 10; ++round) {
    for (std::uint64_t first = 0; first < 4 * kFits; first += 100) {
      cache.remember(1, key.range(first, first + 100), handles(first, first + 100));
    }
  }
  const std::size_t all = known(cache, 4 * kFits);
  EXPECT_GE(all, kFits * 8 / 10);
  EXPECT_LE(all, kFits);
  // Others come in time, or series that are gone would stay for good.
  const std::size_t first_ones = known(cache, kFits);
  EXPECT_LT(first_ones, kFits * 8 / 10);
  EXPECT_GT(first_ones, kFits / 10);
}

TEST(SeriesCache, HoldsNothingWithoutMemory) {
  for (const std::size_t bytes : {0U, 1U, 23U, 24U, 16 * 24U, 17 * 24U}) {
    SeriesCache cache(bytes);
    cache.remember(1, Keys(cache).range(0, 100), handles(0, 100));
    EXPECT_EQ(known(cache, 100) > 0, bytes > 16 * 24) << bytes;
  }
}

TEST(SeriesCache, GivesNobodyAnothersHandleWhileManyThreadsFillIt) {
  SeriesCache cache(24 * 3'000);
  std::vector<std::jthread> threads;
  for (std::uint64_t thread = 0; thread < 3; ++thread) {
    threads.emplace_back([&, thread] {
      for (std::uint64_t round = 0; round < 40; ++round) {
        const std::uint64_t first = (thread * 977 + round * 131) % 4'000;
        cache.remember(1 + round / 20, Keys(cache).range(first, first + 500), handles(first, first + 500));
        known(cache, 4'500);
      }
    });
  }
}

// The decoder with a cache.

std::string text_of(const std::vector<std::string>& dimensions, const std::string& name = "m") {
  std::string json = R"({"metrics":[)";
  for (const auto& set : dimensions) {
    json += (&set == dimensions.data() ? "" : ",");
    json += R"({"name":")" + name + R"(","value":1,"dimensions":)" + set + "}";
  }
  return json + "]}";
}

class DecoderWithCache : public testing::Test {
 protected:
  /// The handle of each point's series, 0 for those that came with their dimensions.
  std::vector<Handle> decode(const std::string& json, std::string_view tenant = "") {
    decoder_.decode(json, kNow, {}, tenant, cache_.view(), batch_);
    std::vector<Handle> found;
    for (const auto series : batch_.series_column()) found.push_back(batch_.series_at(series).handle);
    return found;
  }
  /// What a store would do: gives the series that have no handle the next ones.
  void store() {
    std::vector<Handle> given(batch_.series_count());
    for (auto& handle : given) handle = ++last_;
    cache_.remember(3, decoder_.keys(), given);
  }

  SeriesCache cache_{1'000'000};
  JsonDecoder decoder_{cache_};
  Batch batch_;
  Handle last_ = 100;
};

using Found = std::vector<Handle>;

TEST_F(DecoderWithCache, KnowsSeriesByTheirBytes) {
  const std::string text = text_of({R"({"a":"1"})", R"({"a":"2"})", R"({"a":"1"})", "{}"});
  EXPECT_EQ(decode(text), Found({0, 0, 0, 0}));
  EXPECT_EQ(batch_.series_count(), 3U);
  store();
  EXPECT_EQ(decode(text), Found({101, 102, 101, 103}));
  EXPECT_EQ(batch_.handle_generation(), 3U);
  EXPECT_EQ(batch_.handle_count(), batch_.series_count());
  EXPECT_EQ(decode(text_of({R"({"a":"3"})", R"({"a":"2"})", R"({"a": "1"})"})), Found({0, 102, 0}));
  EXPECT_EQ(batch_.series_at(batch_.series_column()[2]).dimensions, model::canonical_bytes({{"a", "1"}}));
}

TEST_F(DecoderWithCache, TellsTenantsAndMetricsApart) {
  const std::string text = text_of({R"({"a":"1"})"}, "mn");
  decode(text, "t");
  store();
  EXPECT_EQ(decode(text, "t"), Found({101}));
  EXPECT_EQ(decode(text, ""), Found({0}));
  EXPECT_EQ(decode(text, "tm"), Found({0}));
  EXPECT_EQ(decode(text_of({R"({"a":"1"})"}, "n"), "tm"), Found({0}));
  EXPECT_EQ(decode(text_of({R"({"a":"1"})"}, "m"), "t"), Found({0}));
}

TEST_F(DecoderWithCache, LearnsTheWaysInWhichASetIsWrittenOneByOne) {
  // Without dimensions and with none is the same set, too.
  for (const std::string& text : {text_of({R"({"a":"1","b":"2"})", R"({"b":"2","a":"1"})"}),
                                  std::string(R"({"metrics":[{"name":"m","value":1},)"
                                              R"({"name":"m","value":1,"dimensions":{}}]})")}) {
    decode(text);
    EXPECT_EQ(batch_.series_count(), 1U);
    store();
    const Found once = decode(text);
    EXPECT_EQ(std::count(once.begin(), once.end(), last_), 1);
    store();
    const Found twice = decode(text);
    EXPECT_EQ(std::count(twice.begin(), twice.end(), 0U), 0);
  }
}

TEST_F(DecoderWithCache, ReadsDimensionsThatAreTooLongForAKeyEachTime) {
  const auto longest = [](std::size_t bytes) { return R"({"a":")" + std::string(bytes - 8, 'x') + R"("})"; };
  const std::size_t most = model::KeyedHash::kMaxBytes;
  const std::string text = text_of({longest(most), longest(most + 1), longest(most + 1)});
  decode(text);
  EXPECT_EQ(batch_.series_count(), 2U);
  store();
  EXPECT_EQ(decode(text), Found({101, 0, 0}));
  EXPECT_EQ(decode(text, std::string(most + 1, 't')), Found({0, 0, 0}));
  EXPECT_EQ(decode(text_of({"{}"}, std::string(most + 1, 'n'))), Found({0}));
}

TEST_F(DecoderWithCache, TellsTheFirstMistakeThoughItReadsSeriesLate) {
  const std::string bad = R"({"a":"1","a":"2"})";
  for (const std::string& text : {text_of({"{}", bad, "1"}), text_of({"{}", bad, R"({"b":"\x"})"})}) {
    try {
      decode(text);
      ADD_FAILURE() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.field(), "metrics[1].dimensions.a");
    }
  }
}

}  // namespace
}  // namespace luminate::ingest
