#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "sqlite/connection.hpp"
#include "sqlite/fair_mutex.hpp"
#include "sqlite/metric_catalog.hpp"
#include "sqlite/word_table.hpp"

namespace luminate::sqlite {

/// What the file knows about metrics and series, in memory. Metrics are known from the start; the series of a metric
/// are loaded when it is first touched.
///
/// In the writing process the catalog leads: series are added here before they are committed, so that a snapshot never
/// holds a series that the catalog does not. In a reading process it follows the file: catch_up().
///
/// Every function wants mutex() held: shared for const ones, exclusive for the others. A reader begins its snapshot
/// and resolves its series in one go under the shared lock; removals are committed under the exclusive one. That is
/// what makes catalog and snapshot agree.
class Catalog {
 public:
  struct Metric {
    std::int64_t id = 0;
    bool committed = false;
    std::unique_ptr<MetricCatalog> series;   ///< Null until loaded.
    std::unique_ptr<MetricCatalog> loading;  ///< What load_some() has so far.
  };
  /// Orders by tenant, then by name.
  struct KeyLess {
    using is_transparent = void;
    template <class Left, class Right>
    bool operator()(const Left& left, const Right& right) const {
      const std::string_view tenant = left.first;
      if (const int order = tenant.compare(right.first)) return order < 0;
      return std::string_view(left.second) < std::string_view(right.second);
    }
  };
  using Key = std::pair<std::string, std::string>;
  using Metrics = std::map<Key, Metric, KeyLess>;

  /// Counts changes of the file's catalog, by the transactions that made them.
  struct Version {
    std::int64_t additions = 0;
    std::int64_t removals = 0;
    friend bool operator==(const Version&, const Version&) = default;
  };

  FairSharedMutex& mutex() const { return mutex_; }

  const Metric* find(std::string_view tenant, std::string_view name) const;
  Metric* find(std::string_view tenant, std::string_view name);
  Metrics::value_type* find_entry(std::string_view tenant, std::string_view name);
  /// Metrics of one tenant, ascending by name.
  std::pair<Metrics::const_iterator, Metrics::const_iterator> metrics_of(std::string_view tenant) const;

  /// Those of all tenants, one after another.
  std::pair<Metrics::const_iterator, Metrics::const_iterator> metrics() const {
    return {metrics_.begin(), metrics_.end()};
  }

  /// Brings everything that is loaded up to the state that `connection` sees.
  void catch_up(Connection& connection);
  /// Loads series of a metric for a few milliseconds, so that others get at the catalog in between: true once all are
  /// loaded. Each step may see another state of the file than the one before.
  bool load_some(Connection& connection, Metric& metric);

  /// The same to the end, for callers that do not hold mutex().
  void load(Connection& connection, std::string_view tenant, std::string_view name);

  const Version& version() const { return version_; }
  /// Counts how often series were taken out of memory: what was resolved under another generation may be gone.
  std::uint64_t generation() const { return generation_; }
  static Version read_version(Connection& connection);

  // For the writer, who adds to the catalog first, then saves what it added with its transaction, and then either
  // commits here too or, when the transaction failed, starts over from the file with reset().

  /// @pre find() does not know it. Its series are loaded (there are none).
  Metrics::value_type& add_metric(Connection& connection, std::string_view tenant, std::string_view name);
  /// Inserts the words, and of one metric the row and the series, that are not committed.
  void save_words(Connection& connection) const;
  static void save(Connection& connection, const Metrics::value_type& metric);
  void commit_additions(Metrics::value_type& metric);
  /// Takes a metric out of memory after series were deleted from the file: to be loaded again or, when it has none
  /// left, altogether.
  void forget(std::string_view tenant, std::string_view name, bool whole_metric);
  void reset(Connection& connection);

 private:
  /// Appends what `series` and the words lack. False: there is more than `most_rows`.
  bool extend(Connection& connection, std::int64_t metric_id, MetricCatalog& series, std::int64_t most_rows);

  mutable FairSharedMutex mutex_;
  Metrics metrics_;
  WordTable words_;
  WordTable::Id committed_words_ = 0;
  std::int64_t last_metric_id_ = 0;
  Version version_;
  std::uint64_t generation_ = 0;
};

}  // namespace luminate::sqlite
