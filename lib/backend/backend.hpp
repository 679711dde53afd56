#pragma once

#include <luminate/metric.hpp>
#include <luminate/options.hpp>
#include <luminate/result.hpp>
#include <luminate/store.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/call.hpp"
#include "query/matcher.hpp"
#include "query/plan.hpp"

namespace luminate::backend {

/// A series that a write would have created beyond a cardinality limit.
struct Refusal {
  Batch::SeriesIndex series = 0;  ///< In the batch that was written.
  std::string message;
};

/// What became of a batch.
struct WriteOutcome {
  std::vector<Refusal> refusals{};
  /// What the backend calls the batch's series, by their index; 0 for those that it has no handle for, or no points of.
  /// Empty when the batch brought a handle for each, or the backend gives none.
  std::vector<std::uint64_t> handles{};
  std::uint64_t generation = 0;  ///< Of `handles`.
  /// The handles in the batch mean nothing any more, and nothing was stored: write it again without any.
  bool outdated = false;
};

/// What discovery is asked: names of one tenant that begin with `prefix`, at most `limit`, in the order that
/// Store documents; with a time range only those that have samples in it.
struct ListRequest {
  std::string_view tenant;
  std::string_view prefix;
  std::size_t limit = 0;
  std::optional<TimeRange> time_range;
};

struct DeleteRequest {
  std::string_view tenant;
  std::string_view metric;
  TimeRange time_range;
  std::span<const query::Matcher> matchers;
  bool dry_run = false;
};

struct ScanRequest {
  std::string_view tenant;
  std::string_view metric;
  TimeRange time_range;
  std::span<const query::Matcher> matchers;
};
using ScanVisitor = std::function<void(const SeriesSamples&)>;

/// The answer to a range query, piece by piece. One thread at a time; keeps its snapshot until it is destroyed.
class RangeCursor {
 public:
  virtual ~RangeCursor() = default;
  /// The next samples in order, at least one, with their series numbered anew; nothing behind the last.
  virtual std::optional<RangeResult> next() = 0;

  // What is known once next() gave nothing.
  virtual bool truncated() const = 0;
  virtual std::uint64_t points_scanned() const = 0;
};

/// Where points live. Every implementation gives the same answers; tests/conformance holds them to it.
///
/// All functions may be called from any thread at any time, and throw Error. Data of one tenant is invisible to every
/// call for another; the empty tenant is one of them. A read sees one consistent snapshot, and every write that was
/// answered before it began.
class Backend {
 public:
  virtual ~Backend() = default;

  /// Stores all points of a valid batch, but those of refused series, durably and as one: a crash leaves all or none.
  /// The last write of a (series, timestamp) wins, within the batch too. Series that no point refers to are not made.
  /// New series are made, or refused, in the order in which points first name them.
  ///
  /// A batch may name series by the handles that an earlier write gave for them, all of one generation. Handles hold
  /// until some series ceases to exist; then the generation is another, a larger one.
  virtual WriteOutcome write(std::string_view tenant, const Batch& batch, const model::Call& call) = 0;

  // The answers to a plan of the respective type; execution_time is left to the caller.

  /// Plan and backend outlive the cursor, which goes by `call` as long as it lives.
  virtual std::unique_ptr<RangeCursor> range(const query::Plan& plan, const model::Call& call) = 0;
  virtual Result aggregate(const query::Plan& plan, const model::Call& call) = 0;
  virtual Result rate(const query::Plan& plan, const model::Call& call) = 0;

  virtual std::vector<std::string> metrics(const ListRequest& request, const model::Call& call) = 0;
  virtual std::vector<std::string> dimension_keys(std::string_view metric, const ListRequest& request,
                                                  const model::Call& call) = 0;
  virtual std::vector<std::string> dimension_values(std::string_view metric, std::string_view key,
                                                    const ListRequest& request, const model::Call& call) = 0;
  virtual std::uint64_t series_count(std::string_view tenant, std::optional<std::string_view> metric,
                                     const model::Call& call) = 0;

  virtual Cardinality cardinality(std::string_view tenant, const CardinalityRequest& request,
                                  const model::Call& call) = 0;

  /// Those that have metrics, sorted.
  virtual std::vector<std::string> tenants(const model::Call& call) = 0;

  /// As Store::series_by_tenant(): of one tenant, or of all.
  virtual std::vector<TenantSeries> series_by_tenant(std::optional<std::string_view> tenant, std::size_t limit,
                                                     const model::Call& call) = 0;

  /// Visits samples as Store::scan() documents it.
  virtual void scan(const ScanRequest& request, const ScanVisitor& visit, const model::Call& call) = 0;

  /// Copies the store as Store::backup() documents it.
  virtual void backup(const std::string& to, const BackupOptions& options) = 0;

  /// Deletes samples and returns how many matched: all or none, unless so much has to be rewritten that a backend does
  /// it in parts. A series without samples ceases to exist, and so does
  /// a metric without series.
  virtual std::uint64_t remove(const DeleteRequest& request, const model::Call& call) = 0;

  /// The policies of one tenant, by pattern. What they say is checked before, but for their number: set_retention()
  /// throws invalid_request for one more than kMaxRetentionPolicies.
  virtual void set_retention(std::string_view tenant, const RetentionPolicy& policy) = 0;
  virtual bool remove_retention(std::string_view tenant, std::string_view pattern) = 0;
  virtual std::vector<RetentionPolicy> retention(std::string_view tenant) = 0;
  /// Drops every sample of the tenant that is older than its metric is kept.
  virtual RetentionReport enforce_retention(std::string_view tenant, const model::Call& call) = 0;

  /// Brings storage into its best shape and gives free space back.
  virtual CompactionReport compact(const model::Call& call) = 0;
  virtual StoreStatistics statistics() = 0;

  virtual Health health(const model::Call& call) = 0;

  /// Idempotent. No other call is under way or will follow.
  virtual void close() = 0;
};

}  // namespace luminate::backend
