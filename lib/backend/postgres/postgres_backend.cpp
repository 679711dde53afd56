#include "postgres/postgres_backend.hpp"

#include <chrono>
#include <optional>

#include "postgres/compaction.hpp"
#include "postgres/database.hpp"
#include "postgres/discovery.hpp"
#include "postgres/maintenance.hpp"
#include "postgres/partitions.hpp"
#include "postgres/querying.hpp"
#include "postgres/remover.hpp"
#include "postgres/retention.hpp"
#include "postgres/scanner.hpp"
#include "postgres/url.hpp"
#include "postgres/writer.hpp"

namespace luminate::postgres {
namespace {

using model::Call;

constexpr std::chrono::seconds kGreetingTime{60};  // A migration may take its time, or wait for another server's.

class PostgresBackend final : public backend::Backend {
 public:
  PostgresBackend(Settings settings, const Options& options)
      : options_(options),
        database_(std::move(settings), options_),
        partitions_(database_),
        writer_(database_, partitions_) {
    if (!options_.read_only) maintenance_.emplace(database_, partitions_);
  }

  backend::WriteOutcome write(std::string_view tenant, const Batch& batch, const Call& call) override {
    return writer_.write(tenant, batch, call);
  }

  std::unique_ptr<backend::RangeCursor> range(const query::Plan& plan, const Call& call) override {
    return postgres::range(database_, plan, call);
  }
  Result aggregate(const query::Plan& plan, const Call& call) override {
    return postgres::aggregate(database_, plan, call);
  }
  Result rate(const query::Plan& plan, const Call& call) override { return postgres::rate(database_, plan, call); }

  std::vector<std::string> metrics(const backend::ListRequest& request, const Call& call) override {
    return postgres::metrics(database_, request, call);
  }
  std::vector<std::string> dimension_keys(std::string_view metric, const backend::ListRequest& request,
                                          const Call& call) override {
    return postgres::dimension_keys(database_, metric, request, call);
  }
  std::vector<std::string> dimension_values(std::string_view metric, std::string_view key,
                                            const backend::ListRequest& request, const Call& call) override {
    return postgres::dimension_values(database_, metric, key, request, call);
  }
  std::uint64_t series_count(std::string_view tenant, std::optional<std::string_view> metric,
                             const Call& call) override {
    return postgres::series_count(database_, tenant, metric, call);
  }
  Cardinality cardinality(std::string_view tenant, const CardinalityRequest& request, const Call& call) override {
    return postgres::cardinality(database_, tenant, request, call);
  }
  std::vector<std::string> tenants(const Call& call) override { return postgres::tenants(database_, call); }
  std::vector<TenantSeries> series_by_tenant(std::optional<std::string_view> tenant, std::size_t limit,
                                             const Call& call) override {
    return postgres::series_by_tenant(database_, tenant, limit, call);
  }

  void scan(const backend::ScanRequest& request, const backend::ScanVisitor& visit, const Call& call) override {
    postgres::scan(database_, request, visit, call);
  }

  void backup(const std::string&, const BackupOptions&) override {
    throw Error(ErrorCode::invalid_request,
                "a postgresql: store is backed up by PostgreSQL's own tools, such as pg_dump or pg_basebackup");
  }

  std::uint64_t remove(const backend::DeleteRequest& request, const Call& call) override {
    return postgres::remove(database_, request, call);
  }

  void set_retention(std::string_view tenant, const RetentionPolicy& policy) override {
    postgres::set_retention(database_, tenant, policy);
  }
  bool remove_retention(std::string_view tenant, std::string_view pattern) override {
    return postgres::remove_retention(database_, tenant, pattern);
  }
  std::vector<RetentionPolicy> retention(std::string_view tenant) override {
    return postgres::retention(database_, tenant);
  }
  RetentionReport enforce_retention(std::string_view tenant, const Call& call) override {
    return postgres::enforce_retention(database_, partitions_, tenant, call);
  }

  CompactionReport compact(const Call& call) override { return postgres::compact(database_, partitions_, call); }
  StoreStatistics statistics() override {
    return postgres::statistics(database_, {std::chrono::steady_clock::now() + options_.queries.default_timeout, {}});
  }

  Health health(const Call& call) override { return database_.health(call); }

  void close() override { maintenance_.reset(); }

  /// Prepares the schema, unless the server cannot do that now.
  void greet();

 private:
  const Options options_;
  Database database_;
  Partitions partitions_;
  Writer writer_;
  std::optional<Maintenance> maintenance_;  // Last: its thread uses the others.
};

void PostgresBackend::greet() {
  try {
    database_.abilities({.deadline = std::chrono::steady_clock::now() + kGreetingTime, .stop = {}});
  } catch (const SqlError& error) {
    if (error.lasting()) throw;
    database_.log(LogLevel::warning, database_.pool().settings().display +
                                         " cannot be used yet, and calls fail until it can: " + error.what());
  }
}

}  // namespace

std::unique_ptr<backend::Backend> open_postgres(const std::string& url, const Options& options) {
  auto backend = std::make_unique<PostgresBackend>(parse_url(url, options), options);
  backend->greet();
  return backend;
}

}  // namespace luminate::postgres
