#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "conformance/answers_agree.hpp"
#include "conformance/backends.hpp"
#include "conformance/random_requests.hpp"

// Asks one random question after another of a backend and of the memory backend, which must agree. To see a failure
// again set LUMINATE_TEST_SEED to the seed that it names; to look longer set LUMINATE_TEST_REQUESTS.
namespace luminate::conformance {
namespace {

std::optional<std::uint64_t> from_environment(const char* name) {
  const char* text = std::getenv(name);
  if (text == nullptr) return std::nullopt;
  return std::strtoull(text, nullptr, 10);
}

/// What a call gave: its answer, or the error.
template <class Answer>
struct Outcome {
  std::optional<Answer> answer;
  std::string error;
};

template <class Call>
auto outcome_of(Call&& call) {
  Outcome<decltype(call())> outcome;
  outcome.error = test::error_of([&] { outcome.answer = call(); });
  return outcome;
}

std::string describe(const Query& query) {
  std::string all = "query of type " + std::to_string(static_cast<int>(query.type)) + " of " + query.metric;
  if (const auto* range = std::get_if<TimeRange>(&query.time_range)) {
    all += " [" + std::to_string(range->start_ms - test::kStart) + ", " + std::to_string(range->end_ms - test::kStart) +
           ")";
  }
  for (const auto& filter : query.filters) {
    all += " filter " + filter.key + " kind " + std::to_string(static_cast<int>(filter.kind));
    for (const auto& operand : filter.operands) all += " '" + operand + "'";
  }
  for (const auto& aggregation : query.aggregations) all += " " + aggregation.name();
  for (const auto& key : query.group_by) all += " by " + key;
  if (query.interval) all += " every " + std::to_string(query.interval->count()) + "ms";
  if (query.limit) all += " limit " + std::to_string(*query.limit);
  return all + (query.ascending ? " ascending" : "");
}

class Differential : public StoreTest {
 protected:
  /// Limits so low that random requests run into every one of them.
  static Options tight_options() {
    Options options = test::test_options();
    options.cardinality.max_series_per_metric = 70;
    options.cardinality.max_metrics = 4;
    options.queries.max_groups = 24;
    options.queries.max_rows = 900;
    options.queries.max_result_points = 400;
    options.writes.max_batch_size = 390;
    return options;
  }

  void run(std::uint64_t seed, std::uint64_t requests) {
    RandomRequests random(seed);
    open(tight_options());
    reference_ = Store::open("memory:", tight_options());
    open_reader();
    for (std::uint64_t i = 0; i < requests && !HasFailure(); ++i) {
      SCOPED_TRACE("request " + std::to_string(i) + ", LUMINATE_TEST_SEED=" + std::to_string(seed));
      const std::string tenant = random.tenant();
      const int kind = random.number(1, 1'000);
      if (kind <= 300) {
        write(random, tenant);
      } else if (kind <= 800) {
        query(random, tenant);
      } else if (kind <= 950) {
        list(random, tenant);
      } else if (kind <= 980) {
        remove(random, tenant);
      } else if (kind <= 990) {
        compact(random);
      } else {
        reader_.reset();
        reopen();
        open_reader();
      }
    }
  }

 private:
  static Store as(const Store& store, const std::string& tenant) {
    return tenant.empty() ? store : store.tenant(tenant);
  }

  /// Beside the store that writes, one in read-only mode, where the backend has it.
  void open_reader() {
    if (!GetParam().readers) return;
    Options options = tight_options();
    options.read_only = true;
    reader_ = Store::open(url(), options);
  }

  std::vector<std::pair<std::string, Store>> others(const std::string& tenant) {
    std::vector<std::pair<std::string, Store>> stores{{"writer", as(*store, tenant)}};
    if (reader_) stores.emplace_back("reader", as(*reader_, tenant));
    return stores;
  }

  void write(RandomRequests& random, const std::string& tenant) {
    const Batch batch = random.batch();
    const auto expected = outcome_of([&] { return as(reference_.value(), tenant).write(batch); });
    const auto found = outcome_of([&] { return as(*store, tenant).write(batch); });
    ASSERT_EQ(expected.error, found.error);
    if (expected.answer) {
      ASSERT_EQ(test::text(*expected.answer), test::text(*found.answer));
    }
  }

  void query(RandomRequests& random, const std::string& tenant) {
    const Query query = random.query();
    const auto expected = outcome_of([&] { return as(reference_.value(), tenant).query(query); });
    for (auto& [name, other] : others(tenant)) {
      const auto found = outcome_of([&, &other = other] { return other.query(query); });
      ASSERT_EQ(expected.error, found.error) << name << ", tenant '" << tenant << "', " << describe(query);
      if (!expected.answer) continue;
      const std::string differs = difference(query, *expected.answer, *found.answer);
      ASSERT_EQ(differs, "") << name << ", tenant '" << tenant << "', " << describe(query);
    }
  }

  void list(RandomRequests& random, const std::string& tenant) {
    const Listing listing = random.listing();
    const std::string metric = random.metric();
    const std::string key = random.key();
    const Store reference = as(reference_.value(), tenant);
    for (auto& [name, other] : others(tenant)) {
      SCOPED_TRACE(name + ", tenant '" + tenant + "', " + metric + "/" + key + ", prefix '" + listing.prefix + "'");
      ASSERT_EQ(reference.metrics(listing), other.metrics(listing));
      ASSERT_EQ(reference.dimension_keys(metric, listing), other.dimension_keys(metric, listing));
      ASSERT_EQ(reference.dimension_values(metric, key, listing), other.dimension_values(metric, key, listing));
      ASSERT_EQ(reference.series_count(metric), other.series_count(metric));
      ASSERT_EQ(reference.series_count(), other.series_count());
    }
  }

  void remove(RandomRequests& random, const std::string& tenant) {
    const Deletion deletion = random.deletion();
    const auto expected = outcome_of([&] { return as(reference_.value(), tenant).remove(deletion); });
    const auto found = outcome_of([&] { return as(*store, tenant).remove(deletion); });
    ASSERT_EQ(expected.error, found.error);
    ASSERT_EQ(expected.answer, found.answer) << deletion.metric << (deletion.dry_run ? ", dry run" : "");
  }

  /// Which changes no answer. It is left out for long stretches too, so that segments pile up.
  void compact(RandomRequests& random) {
    if (!random.chance(60)) return;
    const CompactionReport report = store->compact();
    ASSERT_LE(report.segments_after, report.segments_before);
    ASSERT_LE(report.samples_after, report.samples_before);
  }

  std::optional<Store> reference_;
  std::optional<Store> reader_;
};
LUMINATE_FOR_ALL_BACKENDS(Differential);

TEST_P(Differential, AgreesWithTheReferenceWhateverItIsAsked) {
  run(from_environment("LUMINATE_TEST_SEED").value_or(std::random_device()()),
      from_environment("LUMINATE_TEST_REQUESTS").value_or(GetParam().name == "postgresql" ? 1'000 : 4'000));
}

TEST_P(Differential, AgreesWithTheReferenceInWhatItWasAskedBefore) {
  run(1, GetParam().name == "postgresql" ? 500 : 1'000);
}

}  // namespace
}  // namespace luminate::conformance
