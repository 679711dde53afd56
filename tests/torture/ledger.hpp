#pragma once

#include <luminate/store.hpp>

#include <set>
#include <string>
#include <vector>

namespace luminate::test {

/// Batches that can be told apart, and told whole from torn, once they are in a store. Each has a number, `kMetrics`
/// metrics with `points` points each, a second of its own, and its number for a value; every third brings new series.
struct Ledger {
  static constexpr int kMetrics = 2;
  static constexpr std::int64_t kSlotMs = 1'000;

  std::string name = "m";  ///< Metrics are called "<name>_a" and "<name>_b".
  int writer = 0;
  int points = 4;   ///< Of each metric; at most kSlotMs.
  int ballast = 0;  ///< Further points, which do not compress, of a metric "<name>_ballast".

  std::string metric(int which) const { return name + (which == 0 ? "_a" : "_b"); }
  Batch batch(int number) const;
  std::string json(int number) const;
  void write(Store& store, int number) const;
  /// Deletes one batch: from one metric, then from the other.
  void remove(Store& store, int number) const;

  using Numbers = std::set<int>;
  /// Which batches of this writer `metric` holds, in `found`. @returns what is wrong, or "": each must be whole,
  /// unaltered and there once.
  std::string read(const Store& store, int which, Numbers& found) const;
  /// Count, sum, minimum and maximum of the ballast.
  std::vector<double> read_ballast(const Store& store) const;
  /// "" when each metric holds every one of `answered`, and of the others only such as are in `in_doubt`.
  std::string check_each(const Store& store, const Numbers& answered, const Numbers& in_doubt = {}) const;
  /// The same, and the metrics agree. Not while a deletion is in doubt: it goes metric by metric.
  std::string check(const Store& store, const Numbers& answered, const Numbers& in_doubt = {}) const;

 private:
  std::string check_one(const Store& store, int which, Numbers& found, const Numbers& answered,
                        const Numbers& in_doubt) const;
};

/// "1-4 7 9", for messages.
std::string text(const Ledger::Numbers& numbers);

}  // namespace luminate::test
