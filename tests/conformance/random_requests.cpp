#include "conformance/random_requests.hpp"

#include <array>
#include <cmath>

#include "support/answers.hpp"

namespace luminate::conformance {
namespace {

using Kind = Aggregation::Kind;

// What the samples of each metric are like; a name that is not among them belongs to a metric nobody writes.
constexpr const char* kWholeNumbers = "whole";
constexpr const char* kDecimals = "decimals";
constexpr const char* kCounters = "counters";
constexpr const char* kAnyBits = "any_bits";

}  // namespace

bool is_exact(const Aggregation& aggregation, const std::string& metric) {
  switch (aggregation.kind) {
    case Kind::count:
    case Kind::min:
    case Kind::max:
    case Kind::first:
    case Kind::last:
      return true;
    case Kind::sum:
    case Kind::avg:
      return metric == kWholeNumbers;
    default:
      return false;
  }
}

std::string RandomRequests::tenant() {
  static constexpr std::array<const char*, 4> kTenants{"", "", "acme", "acme2"};
  return kTenants[static_cast<std::size_t>(number(0, 3))];
}

std::string RandomRequests::metric() {
  static constexpr std::array<const char*, 4> kMetrics{kWholeNumbers, kDecimals, kCounters, kAnyBits};
  return chance(2) ? "unknown" : kMetrics[static_cast<std::size_t>(number(0, 3))];
}

std::string RandomRequests::key() {
  static constexpr std::array<const char*, 4> kKeys{"host", "region", "app", "_x"};
  return chance(3) ? "absent" : kKeys[static_cast<std::size_t>(number(0, 3))];
}

std::string RandomRequests::value_of(const std::string& key) {
  if (key == "host") return "h" + std::to_string(number(0, 6));
  if (key == "region") return chance(50) ? "eu" : "us";
  if (key == "app") return chance(50) ? "\xC3\xA4pp" : "h1";  // A word that is a host too.
  return "v";
}

Dimensions RandomRequests::dimensions() {
  Dimensions dimensions;
  if (chance(85)) dimensions["host"] = value_of("host");
  if (chance(60)) dimensions["region"] = value_of("region");
  if (chance(15)) dimensions["app"] = value_of("app");
  if (chance(3)) dimensions["_x"] = value_of("_x");
  return dimensions;
}

double RandomRequests::value_for(const std::string& metric) {
  if (metric == kWholeNumbers) return number(-20, 1'000);
  if (metric == kDecimals) return number(-5'000, 100'000) / 100.0;
  if (metric == kCounters) return number(0, 100'000);
  const double magnitude = std::pow(10.0, number(-12, 12));
  return std::uniform_real_distribution<double>(-1, 1)(random_) * magnitude;
}

std::int64_t RandomRequests::timestamp() {
  // Few distinct ones, so that many are written twice; some far off.
  if (chance(3)) return test::kStart - 86'400'000LL * number(0, 6) + number(0, 1'000);
  return test::kStart + std::int64_t{number(0, 400)} * 9'000 + (chance(10) ? number(0, 8'999) : 0);
}

Batch RandomRequests::batch() {
  Batch batch;
  const int points = chance(5) ? number(0, 400) : number(1, 30);
  Point point{metric(), 0, 0, dimensions()};
  for (int i = 0; i < points; ++i) {
    if (chance(20)) point.name = metric();
    if (point.name == "unknown" && !chance(5)) point.name = kDecimals;
    if (chance(60)) point.dimensions = dimensions();
    point.timestamp_ms = timestamp();
    point.value = value_for(point.name);
    if (chance(1)) {
      Point bad = point;
      if (chance(50)) {
        bad.value = std::nan("");
      } else {
        bad.dimensions["host"] = "";
      }
      batch.add(bad);
    } else {
      batch.add(point);
    }
  }
  return batch;
}

TimeRange RandomRequests::time_range() {
  if (chance(30)) return {test::kNow - 80 * 86'400'000LL, test::kNow + 3'600'000};
  const std::int64_t start = timestamp();
  if (chance(3)) return {start, start};
  if (chance(10)) return {start, start + 1};
  // Often such that it ends at a sample.
  return {start, start + (chance(50) ? std::int64_t{number(1, 400)} * 9'000 : std::int64_t{number(1, 4'000)} * 1'000)};
}

Filter RandomRequests::filter() {
  Filter filter;
  filter.key = key();
  filter.kind = static_cast<Filter::Kind>(number(1, 4));
  const auto value = [&] { return chance(7) ? std::string(chance(50) ? "" : "none") : value_of(filter.key); };
  if (filter.kind == Filter::Kind::matches || filter.kind == Filter::Kind::matches_not) {
    static constexpr std::array<const char*, 8> kExpressions{"h[0-3]", ".*", "", "e?u?", "u.", "(?i)H1|eu", ".pp", "("};
    const int choice = number(0, 99);
    filter.operands = {kExpressions[choice == 0 ? 7 : static_cast<std::size_t>(choice) % 7]};
    return filter;
  }
  const int operands = filter.kind == Filter::Kind::any_of ? number(1, 4) : 1;
  for (int i = 0; i < operands; ++i) filter.operands.push_back(value());
  return filter;
}

std::vector<Aggregation> RandomRequests::aggregations(bool exactly_ordered) {
  std::vector<Aggregation> chosen;
  const int count = chance(70) ? 1 : number(2, 5);
  for (int i = 0; i < count; ++i) {
    Aggregation aggregation{static_cast<Kind>(number(1, 10))};
    if (i == 0 && exactly_ordered) {
      static constexpr std::array<Kind, 5> kExact{Kind::count, Kind::min, Kind::max, Kind::first, Kind::last};
      aggregation.kind = kExact[static_cast<std::size_t>(number(0, 4))];
    }
    if (aggregation.kind == Kind::quantile) {
      static constexpr std::array<double, 6> kQuantiles{0, 0.5, 0.95, 0.99, 1, 0.123};
      aggregation.q = kQuantiles[static_cast<std::size_t>(number(0, 5))];
    }
    bool known = false;
    for (const auto& other : chosen) known = known || other == aggregation;
    if (!known || chance(1)) chosen.push_back(aggregation);
  }
  return chosen;
}

Query RandomRequests::query() {
  Query query;
  query.type = static_cast<QueryType>(number(1, 3));
  query.metric = metric();
  query.time_range = time_range();
  if (chance(3)) query.time_range = RelativeRange{std::chrono::milliseconds(number(0, 7'200'000))};
  for (int filters = chance(50) ? 0 : number(1, 3); filters > 0; --filters) query.filters.push_back(filter());
  if (query.type == QueryType::range) {
    if (chance(60)) query.limit = number(1, chance(50) ? 10 : 400);
    return query;
  }
  const bool limited = chance(40);
  if (limited) query.limit = number(1, 8);
  // Which groups are the best is only certain where sums cannot differ in their last bits.
  if (query.type == QueryType::rate && limited) query.metric = kCounters;
  if (query.type == QueryType::aggregate) query.aggregations = aggregations(limited);
  for (int keys = chance(30) ? 0 : number(1, 3); keys > 0; --keys) {
    const std::string chosen = key();
    bool known = false;
    for (const auto& other : query.group_by) known = known || other == chosen;
    if (!known || chance(1)) query.group_by.push_back(chosen);
  }
  if (chance(60)) {
    static constexpr std::array<int, 6> kSeconds{1, 60, 61, 600, 3'600, 86'400};
    query.interval = std::chrono::seconds(kSeconds[static_cast<std::size_t>(number(0, 5))]);
  }
  query.ascending = chance(30);
  return query;
}

Deletion RandomRequests::deletion() {
  Deletion deletion;
  deletion.metric = metric();
  if (chance(80)) deletion.time_range = time_range();
  if (chance(70)) deletion.filters.push_back(filter());
  deletion.dry_run = chance(40);
  return deletion;
}

Listing RandomRequests::listing() {
  static constexpr std::array<const char*, 6> kPrefixes{"h", "r", "e", "any_bits", "\xC3", "x"};
  Listing listing;
  if (chance(30)) listing.prefix = kPrefixes[static_cast<std::size_t>(number(0, 5))];
  if (chance(30)) listing.limit = static_cast<std::size_t>(number(0, 4));
  if (chance(50)) listing.time_range = time_range();
  return listing;
}

}  // namespace luminate::conformance
