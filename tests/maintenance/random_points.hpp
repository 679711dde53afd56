#pragma once

#include <gtest/gtest.h>
#include <luminate/store.hpp>

#include <bit>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <limits>
#include <map>
#include <random>
#include <string>
#include <tuple>

namespace luminate::test {

/// All that a store holds: the bits of each value by tenant, metric, dimensions and time.
using Content = std::map<std::tuple<std::string, std::string, Dimensions, std::int64_t>, std::uint64_t>;

inline Content content_of(const Store& store) {
  Content content;
  for (const std::string& tenant : store.tenants()) {
    const Store own = tenant.empty() ? store : store.tenant(tenant);
    for (const std::string& metric : own.metrics({.limit = 100'000})) {
      own.scan({.metric = metric}, [&](const SeriesSamples& samples) {
        for (std::size_t i = 0; i < samples.timestamps.size(); ++i) {
          content[{tenant, metric, samples.dimensions, samples.timestamps[i]}] =
              std::bit_cast<std::uint64_t>(samples.values[i]);
        }
      });
    }
  }
  return content;
}

/// Points as awkward as the rules allow.
class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}

  std::size_t below(std::size_t limit) { return engine_() % limit; }

  double value() {
    constexpr double kOdd[] = {0.0,
                               -0.0,
                               0.1,
                               1.0 / 3,
                               std::numeric_limits<double>::max(),
                               std::numeric_limits<double>::lowest(),
                               std::numeric_limits<double>::min(),
                               std::numeric_limits<double>::denorm_min(),
                               -std::numeric_limits<double>::denorm_min(),
                               9007199254740993.0,
                               1e22,
                               1e23};
    if (below(3) == 0) return kOdd[below(std::size(kOdd))];
    if (below(2) == 0) return std::round(static_cast<double>(below(100'000))) / 10;
    const double bits = std::bit_cast<double>(engine_());
    return std::isfinite(bits) ? bits : 1.5;
  }

  std::int64_t timestamp() {
    if (below(20) == 0)
      return std::numeric_limits<std::int64_t>::min() + 2'000'000'000'000 + static_cast<std::int64_t>(below(5));
    if (below(20) == 0) return std::numeric_limits<std::int64_t>::max() - 1 - static_cast<std::int64_t>(below(5));
    return static_cast<std::int64_t>(below(1'000'000)) - 500'000;
  }

  /// Valid, and as awkward as that allows.
  std::string text() {
    constexpr const char* kPieces[] = {"\"",
                                       ",",
                                       "'",
                                       "\\",
                                       " ",
                                       ";",
                                       "{",
                                       "}",
                                       "[",
                                       ":",
                                       "\xC3\xBC",
                                       "a",
                                       "\xE2\x82\xAC",
                                       "\xF0\x9F\x98\x80",
                                       "\xE2\x80\xA8",
                                       "%",
                                       "\\n",
                                       "\\u0041",
                                       "\"\"",
                                       "_tenant_id",
                                       "=",
                                       "#",
                                       "-0",
                                       "null"};
    std::string text;
    for (std::size_t i = 0, length = 1 + below(6); i < length; ++i) text += kPieces[below(std::size(kPieces))];
    return text;
  }

  Dimensions dimensions() {
    constexpr const char* kKeys[] = {"host", "name", "timestamp", "value", "tenant", "_x", "K9", "dimensions"};
    Dimensions dimensions;
    for (std::size_t i = 0, count = below(5); i < count; ++i) dimensions[kKeys[below(std::size(kKeys))]] = text();
    return dimensions;
  }

 private:
  std::mt19937_64 engine_;
};

inline void fill(Store& store, Random& random) {
  for (const std::string& tenant : {std::string(), std::string("acme"), random.text()}) {
    Store own = tenant.empty() ? store : store.tenant(tenant);
    for (int b = 0; b < 4; ++b) {
      Batch batch;
      for (int s = 0; s < 30; ++s) {
        const auto series =
            batch.series(random.below(2) == 0 ? "cpu" : "mem_" + std::to_string(random.below(3)), random.dimensions());
        for (std::size_t i = 0, count = random.below(20); i < count; ++i) {
          batch.add(series, random.timestamp(), random.value());
        }
      }
      ASSERT_EQ(own.write(batch).rejected, 0u);
    }
  }
}

}  // namespace luminate::test
