#include "sqlite/sqlite_backend.hpp"

#include <luminate/error.hpp>

#include <optional>

#include "backend/whole_range.hpp"
#include "sqlite/canonical_path.hpp"
#include "sqlite/cardinality.hpp"
#include "sqlite/catalog.hpp"
#include "sqlite/compactor.hpp"
#include "sqlite/discovery.hpp"
#include "sqlite/file_copy.hpp"
#include "sqlite/file_lock.hpp"
#include "sqlite/file_space.hpp"
#include "sqlite/maintenance.hpp"
#include "sqlite/query_reader.hpp"
#include "sqlite/remover.hpp"
#include "sqlite/retention_enforcer.hpp"
#include "sqlite/retention_table.hpp"
#include "sqlite/rewriting.hpp"
#include "sqlite/sample_scanner.hpp"
#include "sqlite/snapshot.hpp"
#include "sqlite/statistics.hpp"
#include "sqlite/worker_pool.hpp"
#include "sqlite/writer.hpp"

namespace luminate::sqlite {
namespace {

class SqliteBackend final : public backend::Backend {
 public:
  SqliteBackend(const std::string& path, const Options& options)
      : path_(path), limits_(options.cardinality), pool_(path), workers_(options.queries.max_threads) {
    if (options.read_only) {
      // A missing or foreign file is told now, not by the first query.
      snapshot().begin([](const Catalog&) {});
    } else {
      lock_.emplace(path);
      writer_.emplace(path, options, catalog_);
      keeper_.emplace(path, *writer_, catalog_, options);
    }
  }

  backend::WriteOutcome write(std::string_view tenant, const Batch& batch, const model::Call& call) override {
    return writer().write(tenant, batch, call);
  }

  std::unique_ptr<backend::RangeCursor> range(const query::Plan& plan, const model::Call& call) override {
    return std::make_unique<backend::WholeRange>(query(plan, call));
  }
  Result aggregate(const query::Plan& plan, const model::Call& call) override { return query(plan, call); }
  Result rate(const query::Plan& plan, const model::Call& call) override { return query(plan, call); }

  std::vector<std::string> metrics(const backend::ListRequest& request, const model::Call& call) override {
    Snapshot view = snapshot();
    return list_metrics(view, request, call);
  }

  std::vector<std::string> dimension_keys(std::string_view metric, const backend::ListRequest& request,
                                          const model::Call& call) override {
    Snapshot view = snapshot();
    return list_dimension_keys(view, metric, request, call);
  }

  std::vector<std::string> dimension_values(std::string_view metric, std::string_view key,
                                            const backend::ListRequest& request, const model::Call& call) override {
    Snapshot view = snapshot();
    return list_dimension_values(view, metric, key, request, call);
  }

  std::uint64_t series_count(std::string_view tenant, std::optional<std::string_view> metric,
                             const model::Call&) override {
    Snapshot view = snapshot();
    return count_series(view, tenant, metric);
  }

  Cardinality cardinality(std::string_view tenant, const CardinalityRequest& request,
                          const model::Call& call) override {
    Snapshot view = snapshot();
    return count_cardinality(view, tenant, request, limits_, call);
  }

  std::vector<std::string> tenants(const model::Call&) override {
    Snapshot view = snapshot();
    return list_tenants(view);
  }

  std::vector<TenantSeries> series_by_tenant(std::optional<std::string_view> tenant, std::size_t limit,
                                             const model::Call& call) override {
    Snapshot view = snapshot();
    return count_by_tenant(view, tenant, limit, call);
  }

  void scan(const backend::ScanRequest& request, const backend::ScanVisitor& visit, const model::Call& call) override {
    Snapshot view = snapshot();
    scan_samples(view, request, visit, call);
  }

  void backup(const std::string& to, const BackupOptions& options) override { back_up_file(path_, to, options); }

  std::uint64_t remove(const backend::DeleteRequest& request, const model::Call& call) override {
    return remove_samples(keeper().rewriting, request, call);
  }

  void set_retention(std::string_view tenant, const RetentionPolicy& policy) override {
    writer().exclusively([&](Connection& connection) { save_retention(connection, tenant, policy); });
  }

  bool remove_retention(std::string_view tenant, std::string_view pattern) override {
    bool removed = false;
    writer().exclusively([&](Connection& connection) { removed = delete_retention(connection, tenant, pattern); });
    return removed;
  }

  std::vector<RetentionPolicy> retention(std::string_view tenant) override {
    Snapshot view = snapshot();
    view.begin([](const Catalog&) {});
    return read_retention(view.connection(), tenant);
  }

  RetentionReport enforce_retention(std::string_view tenant, const model::Call& call) override {
    const auto report = keeper().retention.enforce(tenant, RetentionEnforcer::Thoroughness::exact, call);
    give_back_space(
        writer(), pages_to_keep, [] {}, call.stop);
    return report;
  }

  CompactionReport compact(const model::Call& call) override {
    const auto report = keeper().compactor.compact(call);
    give_back_space(
        writer(), [](const FileSpace&) { return 0; }, [] {}, call.stop);
    return report;
  }

  StoreStatistics statistics() override {
    Snapshot view = snapshot();
    view.begin([](const Catalog&) {});
    StoreStatistics statistics = read_statistics(view.connection(), path_);
    if (writer_) add_counters(writer_->counters(), statistics);
    return statistics;
  }

  Health health(const model::Call&) override {
    Health health{.healthy = true, .backend = "sqlite", .status = "ok"};
    try {
      snapshot().begin([](const Catalog&) {});
      if (writer_) writer_->check_file();
    } catch (const Error& error) {
      health.healthy = false;
      health.status = error.what();
    }
    return health;
  }

  void close() override {
    // Readers first: the writer, closing last, folds its log into the file, which is then all there is.
    keeper_.reset();
    pool_.clear();
    if (writer_) writer_.reset();
    lock_.reset();
  }

 private:
  Result query(const query::Plan& plan, const model::Call& call) {
    Snapshot view = snapshot();
    return read_query(view, plan, workers_, call);
  }

  Snapshot snapshot() { return {pool_, catalog_, !writer_.has_value()}; }

  Writer& writer() {
    if (!writer_) {
      throw Error(ErrorCode::invalid_request, "the store was opened read-only; open it without ?mode=ro to write");
    }
    return *writer_;
  }

  /// Those who change what was written, and the thread that has them do it.
  struct Keeper {
    Keeper(const std::string& path, Writer& writer, Catalog& catalog, const Options& options)
        : rewriting(path, writer, catalog, options), maintenance(rewriting, compactor, retention) {
      writer.on_write([this](std::size_t segments) { maintenance.note_written(segments); });
    }
    Rewriting rewriting;
    Compactor compactor{rewriting};
    RetentionEnforcer retention{rewriting};
    Maintenance maintenance;  // Last: its thread uses the others.
  };

  Keeper& keeper() {
    (void)writer();
    return *keeper_;
  }

  const std::string path_;
  const CardinalityLimits limits_;
  // Made in this order, and unmade in the reverse one by close().
  std::optional<FileLock> lock_;
  Catalog catalog_;
  std::optional<Writer> writer_;  // Empty when read-only.
  ConnectionPool pool_;
  WorkerPool workers_;
  std::optional<Keeper> keeper_;  // Empty when read-only.
};

}  // namespace

std::unique_ptr<backend::Backend> open_sqlite(const std::string& path, const Options& options) {
  return std::make_unique<SqliteBackend>(canonical_path(path), options);
}

}  // namespace luminate::sqlite
