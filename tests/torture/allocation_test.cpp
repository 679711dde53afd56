#include <gtest/gtest.h>
#include <luminate/store.hpp>

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <new>
#include <ostream>
#include <string>
#include <vector>

#include "support/answers.hpp"
#include "support/temporary_directory.hpp"
#include "support/test_disk.hpp"
#include "torture/failing_memory.hpp"
#include "torture/ledger.hpp"
#include "torture/scale.hpp"

// Each entry is called again and again, and each time another allocation fails, until none does: the library's own,
// then SQLite's. The call ends with std::bad_alloc or with an Error; nothing is leaked; the store works on, and holds
// what was answered.
namespace luminate {
namespace {

namespace fs = std::filesystem;
using test::FailingMemory;
using test::Ledger;

constexpr int kPrepared = 7;
const Ledger kLedger{.ballast = 20};

/// An open store, and what it said.
struct Shop {
  explicit Shop(const std::string& url) : store(Store::open(url, test::timeless_options())) {
    for (int number = 0; number < kPrepared; ++number) answered.insert(number);
  }

  Store store;
  Ledger ledger = kLedger;
  Ledger::Numbers answered;
  Ledger::Numbers in_doubt;
  int next = 100;
};

struct Entry {
  friend void PrintTo(const Entry& entry, std::ostream* out) { *out << entry.name; }

  const char* name;
  std::function<void(Shop&)> call;
  bool leaks = false;  ///< RE2 loses memory, and says so, when it runs out while it compiles an expression.
};

void write_next(Shop& shop, bool as_json) {
  const int number = shop.next++;
  shop.in_doubt.insert(number);
  if (as_json) {
    shop.store.write_json(shop.ledger.json(number));
  } else {
    shop.ledger.write(shop.store, number);
  }
  FailingMemory::disarm();
  shop.answered.insert(number);
}

void remove_next(Shop& shop, int number) {
  shop.in_doubt.insert(number);
  shop.answered.erase(number);
  shop.ledger.remove(shop.store, number);
}

Query all(Query query) {
  return query.between(test::kStart, test::kStart + 86'400'000);
}

void ask(Shop& shop, const Query& query) {
  const Result result = shop.store.query(query);
}

const std::vector<Entry>& entries() {
  using Kind = Aggregation::Kind;
  static const std::vector<Entry> list = {
      {"Write", [](Shop& shop) { write_next(shop, false); }},
      {"WriteJson", [](Shop& shop) { write_next(shop, true); }},
      {"WriteOfATenant", [](Shop& shop) { shop.store.tenant("acme").write(shop.ledger.batch(shop.next++)); }},
      {"Range", [](Shop& shop) { ask(shop, all(Query::range("m_a")).where("writer", "0")); }},
      {"Rate", [](Shop& shop) { ask(shop, all(Query::rate("m_a")).by({"generation"})); }},
      {"Aggregate",
       [](Shop& shop) {
         ask(shop, all(Query::aggregate("m_a", {{Kind::avg}, {Kind::stddev}})));
       }},
      {"AggregateOfGroups",
       [](Shop& shop) {
         ask(shop, all(Query::aggregate("m_a", {{Kind::sum}, {Kind::integral}, {Kind::first}, {Kind::last}}))
                       .by({"generation", "writer"})
                       .every(std::chrono::minutes(1))
                       .top(2));
       }},
      {"Quantile",
       [](Shop& shop) { ask(shop, all(Query::aggregate("m_a", {Aggregation::quantile(0.95)})).by({"generation"})); }},
      {"QueryWithAnExpression",
       [](Shop& shop) { ask(shop, all(Query::range("m_a")).where_matches("generation", "[0-2]|1.*")); }, true},
      {"QueryFromJson",
       [](Shop& shop) {
         ask(shop, Query::parse_json(R"({"queryType":"aggregate","metricName":"m_a","timeRange":{"relative":"1h"},)"
                                     R"("aggregation":"avg","groupBy":["writer"]})"));
       }},
      {"Metrics",
       [](Shop& shop) {
         (void)shop.store.metrics({.time_range = TimeRange{0, test::kNow}});
       }},
      {"DimensionKeys", [](Shop& shop) { (void)shop.store.dimension_keys("m_a"); }},
      {"DimensionValues", [](Shop& shop) { (void)shop.store.dimension_values("m_a", "generation"); }},
      {"SeriesCount", [](Shop& shop) { (void)shop.store.series_count("m_a"); }},
      {"Health", [](Shop& shop) { (void)shop.store.health(); }},
      {"Statistics", [](Shop& shop) { (void)shop.store.statistics(); }},
      {"Compact", [](Shop& shop) { shop.store.compact(); }},
      {"EnforceRetention",
       [](Shop& shop) {
         shop.store.set_retention({"*_ballast", std::chrono::milliseconds(1)});
         shop.store.enforce_retention();
       }},
      {"RemoveSome", [](Shop& shop) { remove_next(shop, 2); }},
      {"RemoveAllOfAMetric",
       [](Shop& shop) {
         shop.in_doubt.insert(shop.answered.begin(), shop.answered.end());
         shop.answered.clear();
         shop.store.remove({.metric = "m_a"});
       }},
  };
  return list;
}

/// "" when the call did its work or said, in one of the right ways, that it could not.
template <class Call>
std::string attempt(Call&& call) {
  try {
    call();
  } catch (const std::bad_alloc&) {
  } catch (const Error& error) {
    FailingMemory::disarm();
    // Damage, above all, is not what memory that ran out may be taken for.
    if (error.code() != ErrorCode::storage_unavailable) return error.what();
  }
  return "";
}

class PreparedStore : public testing::Test {
 protected:
  PreparedStore() {
    Store store = Store::open(url(), test::timeless_options());
    for (int number = 0; number < kPrepared; ++number) kLedger.write(store, number);
    store.close();
    fs::copy(path(), path() + ".prepared");
  }
  std::string path() const { return (directory_.path() / "store.db").string(); }
  std::string url() const { return "sqlite:" + path(); }
  void prepare() const {
    fs::remove(path() + "-wal");
    fs::copy(path() + ".prepared", path(), fs::copy_options::overwrite_existing);
  }

  test::TemporaryDirectory directory_ = test::TemporaryDirectory::in_memory();
  test::NoSync no_sync_;
  const test::TestDisk disk_{no_sync_};
};

class OutOfMemory : public PreparedStore, public testing::WithParamInterface<Entry> {
 protected:
  void call_until_it_succeeds(FailingMemory::Of whose, bool from_then_on, const Entry& entry) const;
};

void OutOfMemory::call_until_it_succeeds(FailingMemory::Of whose, bool from_then_on, const Entry& entry) const {
  prepare();
  Shop shop(url());
  for (long n = 1;; n += n < 200 ? 1 : test::kSanitizerDivisor) {
    FailingMemory::arm(whose, n, from_then_on);
    const std::string said = attempt([&] { entry.call(shop); });
    const bool failed = FailingMemory::disarm();
    ASSERT_EQ(said, "") << "allocation " << n;
    std::string wrong;
    try {
      wrong = shop.ledger.check_each(shop.store, shop.answered, shop.in_doubt);
    } catch (const Error& error) {
      wrong = error.what();
    }
    ASSERT_EQ(wrong, "") << "allocation " << n;
    if (!failed) break;
  }
  ASSERT_TRUE(shop.store.health().healthy);
  write_next(shop, false);
  ASSERT_EQ(shop.ledger.check_each(shop.store, shop.answered, shop.in_doubt), "");
  shop.store.close();
  shop.store = Store::open(url(), test::timeless_options());
  ASSERT_EQ(shop.ledger.check_each(shop.store, shop.answered, shop.in_doubt), "");
}

TEST_P(OutOfMemory, IsSaidAndGotOver) {
  for (const auto whose : {FailingMemory::Of::library, FailingMemory::Of::sqlite}) {
    const bool leaks = GetParam().leaks && whose == FailingMemory::Of::library;
    if (leaks && test::kSanitizerDivisor > 1) continue;  // LeakSanitizer would find it too.
    prepare();
    {
      // What other libraries make once and keep for good (simdjson does, and ends the program when it cannot).
      Shop shop(url());
      GetParam().call(shop);
      ASSERT_EQ(shop.ledger.check_each(shop.store, shop.answered, shop.in_doubt), "");
    }
    for (const bool from_then_on : {false, true}) {
      const long before = FailingMemory::live();
      call_until_it_succeeds(whose, from_then_on, GetParam());
      if (HasFatalFailure()) return;
      const long after = FailingMemory::live();
      EXPECT_TRUE(leaks || after == before) << "leaked " << after - before << " blocks";
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Entries, OutOfMemory, testing::ValuesIn(entries()),
                         [](const auto& entry) { return std::string(entry.param.name); });

/// Opening, with a write where it may, and closing.
struct Opening {
  friend void PrintTo(const Opening& opening, std::ostream* out) { *out << opening.name; }

  const char* name;
  bool on_new_file;
  bool read_only;
};

class OutOfMemoryWhileOpening : public PreparedStore, public testing::WithParamInterface<Opening> {
 protected:
  void open_and_close() const {
    Options options = test::timeless_options();
    options.read_only = GetParam().read_only;
    Store store = Store::open(url(), options);
    if (!options.read_only) Ledger{}.write(store, 0);
    store.close();
  }
  void prepare_file() const {
    prepare();
    if (GetParam().on_new_file) fs::remove(path());
  }
};

TEST_P(OutOfMemoryWhileOpening, IsSaidAndLeavesNothingBehind) {
  prepare_file();
  open_and_close();  // Makes what is made once and kept for good.
  for (int variant = 0; variant < 4; ++variant) {
    const auto whose = variant % 2 == 0 ? FailingMemory::Of::library : FailingMemory::Of::sqlite;
    const bool from_then_on = variant >= 2;
    for (long n = 1;; n += n < 200 ? 1 : test::kSanitizerDivisor) {
      prepare_file();
      const long before = FailingMemory::live();
      FailingMemory::arm(whose, n, from_then_on);
      const std::string said = attempt([&] { open_and_close(); });
      const bool failed = FailingMemory::disarm();
      const long after = FailingMemory::live();
      ASSERT_EQ(said, "") << "allocation " << n;
      ASSERT_EQ(after, before) << "leaked when allocation " << n << " failed";
      // The same file, as that attempt left it.
      open_and_close();
      if (!GetParam().read_only) {
        Ledger::Numbers expected;
        for (int number = 0; number < (GetParam().on_new_file ? 1 : kPrepared); ++number) expected.insert(number);
        ASSERT_EQ(Ledger{}.check(Store::open(url(), test::timeless_options()), expected), "") << "allocation " << n;
      }
      if (!failed) break;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Files, OutOfMemoryWhileOpening,
                         testing::Values(Opening{"New", true, false}, Opening{"Existing", false, false},
                                         Opening{"ReadOnly", false, true}),
                         [](const auto& opening) { return std::string(opening.param.name); });

}  // namespace
}  // namespace luminate
