#pragma once

#include <luminate/error.hpp>
#include <luminate/metric.hpp>
#include <luminate/options.hpp>
#include <luminate/progress.hpp>
#include <luminate/query.hpp>
#include <luminate/range_stream.hpp>
#include <luminate/refusals.hpp>
#include <luminate/result.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace luminate {

/// Names to list: those that start with `prefix`, at most `limit` of them.
struct Listing {
  std::string prefix{};
  std::size_t limit = 1'000;
  /// Only what has samples in this range. Empty: whatever the store knows.
  std::optional<TimeRange> time_range{};
};

/// Samples to delete: those of `metric` that are in the range and match all filters.
struct Deletion {
  std::string metric{};
  TimeRange time_range{std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()};
  std::vector<Filter> filters{};
  bool dry_run = false;  ///< Count, and delete nothing.
};

/// What to count: the series of `metric`, or of every metric.
struct CardinalityRequest {
  std::optional<std::string> metric{};
  std::size_t limit = 10;  ///< Entries of each list of the answer.
};

/// Where the series of a tenant are, and how many more its limits let in. Every list begins with the heaviest; equals
/// come in the order of their names.
struct Cardinality {
  struct Metric {
    std::string name{};
    std::uint64_t series = 0;
    std::uint64_t series_left = 0;  ///< Until max_series_per_metric.
  };
  struct Key {
    std::string metric{};
    std::string key{};
    std::uint64_t values = 0;  ///< Distinct ones; the list is ordered by this.
    std::uint64_t series = 0;  ///< That carry the key.
  };
  struct Value {
    std::string metric{};
    std::string key{};
    std::string value{};
    std::uint64_t series = 0;  ///< That carry it.
  };

  std::uint64_t metric_count = 0;  ///< Of the whole tenant, whatever was asked, like the next three.
  std::uint64_t series_count = 0;
  std::uint64_t metrics_left = 0;  ///< Until max_metrics.
  CardinalityLimits limits{};
  std::vector<Metric> metrics{};
  std::vector<Key> keys{};
  std::vector<Value> values{};
};

/// How much a tenant has.
struct TenantSeries {
  std::string tenant{};  ///< "" is the space without a tenant.
  std::uint64_t metrics = 0;
  std::uint64_t series = 0;
  friend bool operator==(const TenantSeries&, const TenantSeries&) = default;
};

/// What to visit: samples of `metric` that are in the range, of series that match all filters.
struct Scan {
  std::string metric{};
  TimeRange time_range{std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()};
  std::vector<Filter> filters{};
};

/// Samples of one series, ascending by time. Valid during the visit.
struct SeriesSamples {
  const Dimensions& dimensions;
  std::span<const std::int64_t> timestamps;
  std::span<const double> values;
};

/// By what the calls of a handle end, beside the limits of the store: see Store::limited().
struct CallLimits {
  /// Each call ends so long after its beginning, with `query_timeout`. Empty: no sooner than the store says.
  std::optional<std::chrono::milliseconds> timeout{};
  /// Once it is asked for, the calls under way and later ones end with `cancelled`.
  std::stop_token stop{};
};

/// How Store::backup and backup_file() go about it.
struct BackupOptions {
  bool overwrite = false;  ///< Replace a file that is there already.
  bool verify = true;      ///< Check the copy as check_file() does, before it gets its name.
  Watch watch{};           ///< Progress in bytes, copied and then checked.
};

struct Health {
  bool healthy = false;
  std::string backend{};  ///< "sqlite", "memory", ...
  std::string status{};   ///< "ok", or what is wrong, in one line.
};

/// What retention dropped.
struct RetentionReport {
  std::uint64_t samples = 0;  ///< As stored: one that was written twice may count twice until the two are merged.
  std::uint64_t series = 0;   ///< Those that have no samples any more.
  std::uint64_t metrics = 0;  ///< Those that have no series any more.
};

/// What Store::compact() did. A backend that has nothing to merge reports zeros.
struct CompactionReport {
  std::uint64_t merges = 0;
  std::uint64_t segments_before = 0;
  std::uint64_t segments_after = 0;
  std::uint64_t samples_before = 0;  ///< As stored: fewer come out where some replaced others.
  std::uint64_t samples_after = 0;
  std::uint64_t bytes_written = 0;  ///< Of merged segments.
};

/// The state of a whole store, all tenants together, and what was done since it was opened.
struct StoreStatistics {
  std::uint64_t file_bytes = 0;  ///< Of the database file.
  std::uint64_t free_bytes = 0;  ///< Of these, what holds nothing and is used again, or given back.
  std::uint64_t log_bytes = 0;   ///< Of the write-ahead log beside it.
  std::uint64_t metrics = 0;
  std::uint64_t series = 0;
  std::uint64_t segments = 0;
  std::uint64_t waiting_segments = 0;  ///< Of these, what writes made and no merge has taken yet.
  std::uint64_t samples = 0;           ///< As stored: overwritten ones count until they are merged.

  // Since this store was opened; a restart begins again from zero.
  std::uint64_t ingested_bytes = 0;   ///< Of segments that writes made.
  std::uint64_t compacted_bytes = 0;  ///< Of segments that merges, deletions and retention made.
  std::uint64_t compactions = 0;      ///< Merges that were committed.
  /// (ingested + compacted) / ingested bytes; 0 before the first write.
  double write_amplification = 0;
};

/// A metrics store: the way in for everybody.
///
///     auto store = luminate::Store::open("sqlite:metrics.db");
///     luminate::Batch batch;
///     batch.add({"api_latency", now_ms, 12.5, {{"customer_id", "c1"}}});
///     store.write(batch);                       // returned: durable
///     auto result = store.query(luminate::Query::aggregate("api_latency", {{Aggregation::Kind::avg}})
///                                   .last(std::chrono::hours(1)));
///
/// A Store is a handle: copies are cheap and share one open store, which closes with the last of them. All functions
/// may be called from any thread at any time. They throw Error; which codes stands at each, and any of them throws
/// `store_closed` after close() or in a forked child, `storage_unavailable` when the storage fails and
/// `storage_corrupt` when it gives back other bytes than were written.
class Store {
 public:
  /// Opens, and creates if need be, the store at `url`: `sqlite:PATH`, `sqlite:PATH?mode=ro` (another process may be
  /// writing), or `memory:` (gone with the handle). @throws Error invalid_option for a URL that is none of these,
  /// storage_locked when another process or another Store writes it, storage_version.
  static Store open(std::string_view url, Options options = {});

  /// This store as `tenant` sees it: writes, reads, counts and deletes touch that tenant's data only. A store without a
  /// tenant is a space of its own too, and sees no tenant's data. Closing either closes both.
  /// @throws Error invalid_option when `tenant` is no valid dimension value.
  Store tenant(std::string_view tenant) const;
  /// The tenant that this handle is narrowed to, or "".
  const std::string& tenant() const noexcept { return tenant_; }

  /// This store, each of whose calls ends by `limits` too; they replace those of an earlier limited().
  ///
  ///     store.limited({.timeout = std::chrono::seconds(2), .stop = request.stop}).write(batch);
  ///
  /// Queries give up within 50 ms. A write gives up while it waits for its turn; one whose commit is under way is
  /// finished and answered. What takes no time worth speaking of is refused only if it is too late at its beginning.
  Store limited(CallLimits limits) const;

  /// Stores the good points of a batch, all of them or none, durably before it returns, and reports the bad ones.
  /// A point with the series and timestamp of an earlier one replaces it. @throws Error batch_too_large.
  WriteReport write(const Batch& batch);

  /// Decodes and writes the JSON form of docs/http-api.md: {"metrics": [{name, timestamp, value, dimensions}, ...]}.
  /// @throws Error request_too_large, batch_too_large, invalid_request (nothing is stored; field() is a path such as
  /// "metrics[3].value").
  WriteReport write_json(std::string_view json);

  /// Runs a query over one consistent snapshot. @throws Error invalid_query, result_limit_exceeded; query_timeout when
  /// its time is up and cancelled when `stop` is asked for, both within 50 ms.
  Result query(const Query& query, std::stop_token stop = {}) const;

  /// The answer to a range query piece by piece, for answers that are not to be held as a whole. The limit on result
  /// points applies all the same. `stop` may be asked for until the stream has ended.
  /// @throws Error as query() does, here or from RangeStream::next(); invalid_query for other types of query.
  RangeStream stream(const Query& query, std::stop_token stop = {}) const;

  /// Metric names, sorted.
  std::vector<std::string> metrics(const Listing& listing = {}) const;
  /// Dimension keys of a metric, sorted. None for a metric nobody wrote.
  std::vector<std::string> dimension_keys(std::string_view metric, const Listing& listing = {}) const;
  /// Values of a dimension, by the number of series that carry them, descending, then by name.
  std::vector<std::string> dimension_values(std::string_view metric, std::string_view key,
                                            const Listing& listing = {}) const;
  /// Number of series of a metric, or of all.
  std::uint64_t series_count(std::optional<std::string_view> metric = {}) const;

  /// Counts series by metric, by dimension key and by dimension value. Answered from the catalog: no sample is read.
  /// @throws Error query_timeout.
  Cardinality cardinality(const CardinalityRequest& request = {}) const;

  /// The tenants that have data, sorted; "" stands for the space without a tenant. Narrowed to a tenant: none but it.
  std::vector<std::string> tenants() const;

  /// The tenants that have data, at most `limit` of them: those with most series first, equals by name. Answered from
  /// the catalog: no sample is read. Narrowed to a tenant: none but it.
  std::vector<TenantSeries> series_by_tenant(std::size_t limit = 1'000) const;

  /// The points that were refused since the store was opened, in this process; narrowed to a tenant: its own. Costs
  /// writes nothing that refuse none. Asks no storage and waits for none; answers after close() too.
  Refusals refusals() const;

  /// Visits all samples of one moment, in bounded memory and however many they are: no time range is too long and no
  /// limit on results applies. The samples of a series come in the order of time, over one or more visits; the order of
  /// series is not defined. `visit` must not call this store. What it throws ends the scan.
  /// @throws Error invalid_query for a bad filter or an empty range, cancelled.
  void scan(const Scan& what, const std::function<void(const SeriesSamples&)>& visit, std::stop_token stop = {}) const;

  /// Copies the store of one moment, every write answered before it included, into a new file that can be opened as a
  /// store, while writes go on; see backup_file() in maintenance.hpp. @throws Error invalid_request for a backend that
  /// has no file, or a target that exists; cancelled.
  void backup(const std::string& to, const BackupOptions& options = {}) const;

  /// Deletes samples, durably, and returns how many. Series without samples are forgotten.
  /// @throws Error invalid_query for a bad filter or an empty range.
  std::uint64_t remove(const Deletion& deletion);

  /// Sets how long this tenant's metrics are kept, durably; a policy of the same pattern is replaced. Of the policies
  /// that fit a metric, those of Options::retention among them, the one with the longest pattern holds; among equals
  /// the tenant's own, then the first by letters. For a metric that none fits, Options::retention has a default.
  /// Samples go at the next clean-up (Options::retention) or enforce_retention().
  /// @throws Error invalid_request for a pattern that is no metric name with `*` in it, for a time to keep that is
  /// negative or beyond a century, and for one policy more than 1,000.
  void set_retention(const RetentionPolicy& policy);
  /// @returns whether there was such a policy.
  bool remove_retention(std::string_view pattern);
  /// This tenant's own policies, by pattern.
  std::vector<RetentionPolicy> retention() const;
  /// Options::retention, as the store was opened: what holds for metrics that no policy of their tenant fits better.
  const RetentionLimits& retention_limits() const noexcept;
  /// Drops now whatever this tenant's policies let go: every sample older than its metric is kept. Where much is to be
  /// dropped, writes go on in between. @throws Error cancelled; what was dropped until then is.
  RetentionReport enforce_retention(std::stop_token stop = {});

  /// Merges what was written before the call into as few segments as there can be and gives free space back to the file
  /// system. It happens by itself in time; this is for those who want it now. Reads and writes go on meanwhile.
  /// @throws Error cancelled; what was merged until then stays so.
  CompactionReport compact(std::stop_token stop = {});

  /// Counts what is there, without reading samples.
  StoreStatistics statistics() const;

  Health health() const;

  /// Finishes what is under way, but for streams, which end here, and releases the storage. Later calls, those of open
  /// streams among them, throw `store_closed`. Idempotent.
  void close();

 private:
  friend class RangeStream;
  struct Shared;
  Store(std::shared_ptr<Shared> shared, std::string tenant, CallLimits limits);

  std::shared_ptr<Shared> shared_;
  std::string tenant_;
  CallLimits limits_;
};

}  // namespace luminate
