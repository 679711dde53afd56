#include <luminate/store.hpp>

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <shared_mutex>
#include <stop_token>
#include <utility>

#include "backend/backend.hpp"
#include "ingest/json_decoder.hpp"
#include "ingest/series_cache.hpp"
#include "memory/memory_backend.hpp"
#include "model/retention.hpp"
#include "query/matcher.hpp"
#include "query/plan.hpp"
#include "sqlite/sqlite_backend.hpp"
#include "store/accepted_points.hpp"
#include "store/collect.hpp"
#include "store/store_url.hpp"

#ifdef LUMINATE_POSTGRES
#include "postgres/postgres_backend.hpp"
#endif

namespace luminate {
namespace {

using std::chrono::steady_clock;

std::int64_t system_now_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

std::unique_ptr<backend::Backend> open_backend(const store::StoreUrl& url, const Options& options) {
  switch (url.backend) {
    case store::BackendKind::memory:
      return backend::open_memory(options);
    case store::BackendKind::sqlite:
      return sqlite::open_sqlite(url.path, options);
    case store::BackendKind::postgres:
#ifdef LUMINATE_POSTGRES
      return postgres::open_postgres(url.path, options);
#else
      throw Error(ErrorCode::invalid_option, "this build has no PostgreSQL backend (LUMINATE_POSTGRES is off)", "url");
#endif
  }
  throw Error(ErrorCode::internal, "a store URL of no known kind");
}

}  // namespace

/// What all handles of one open store share.
struct Store::Shared {
  /// What decoding a request needs, kept from one request to the next.
  struct Scratch {
    explicit Scratch(const ingest::SeriesCache& cache) : decoder(cache) {}

    ingest::JsonDecoder decoder;
    Batch batch;
  };

  Shared(const store::StoreUrl& url, Options given)
      : options(std::move(given)),
        validator(options.points),
        backend(open_backend(url, options)),
        known_series(options.writes.max_series_cache_bytes) {}

  ~Shared() {
    // A forked child must not touch the parent's files, not even to close them.
    if (::getpid() != opener) {
      (void)backend.release();
    } else if (!closed) {
      close_backend();
    }
  }

  void close_backend() {
    try {
      backend->close();
    } catch (const Error& error) {
      if (options.logger) options.logger(LogLevel::warning, std::string("closing the store: ") + error.what());
    }
    backend.reset();
  }

  /// Keeps the store open while the returned lock lives. @throws Error store_closed.
  std::shared_lock<std::shared_mutex> enter() {
    if (::getpid() != opener) {
      throw Error(ErrorCode::store_closed,
                  "this process was forked from the one that opened the store; open it again after fork()");
    }
    std::shared_lock lock(open_mutex, std::defer_lock);
    if (!closed) lock.lock();
    if (closed) throw Error(ErrorCode::store_closed, "the store is closed");
    return lock;
  }

  // Both: @pre the caller has entered.
  WriteReport write(std::string_view tenant, const Batch& batch);
  WriteReport write_json(std::string_view tenant, std::string_view json);

  /// Runs what may take long with a token that close() stops too, as it would otherwise wait for it.
  template <class Work>
  auto until_closed(std::stop_token stop, const Work& work) {
    std::stop_source either;
    const auto request_stop = [&either] { either.request_stop(); };
    const std::stop_callback by_caller(std::move(stop), request_stop);
    const std::stop_callback by_close(closing.get_token(), request_stop);
    try {
      return work(model::Call{.stop = either.get_token()});
    } catch (const Error& error) {
      if (error.code() != ErrorCode::cancelled || !closed) throw;
      throw Error(ErrorCode::store_closed, "the store was closed meanwhile");
    }
  }

  std::int64_t now_ms() const { return options.clock ? options.clock() : system_now_ms(); }

  model::Call call(std::chrono::milliseconds timeout, std::stop_token stop = {}) const {
    return {steady_clock::now() + timeout, std::move(stop)};
  }

  std::unique_ptr<Scratch> take_scratch() {
    const std::lock_guard lock(scratch_mutex);
    if (scratches.empty()) return std::make_unique<Scratch>(known_series);
    auto scratch = std::move(scratches.back());
    scratches.pop_back();
    return scratch;
  }

  void give_back(std::unique_ptr<Scratch> scratch) {
    constexpr std::size_t kKept = 8;
    const std::lock_guard lock(scratch_mutex);
    if (scratches.size() < kKept) scratches.push_back(std::move(scratch));
  }

  const Options options;
  const Validator validator;
  const pid_t opener = ::getpid();
  std::atomic<bool> closed = false;
  std::stop_source closing;
  std::shared_mutex open_mutex;  ///< Shared by calls under way, exclusive for close().
  std::unique_ptr<backend::Backend> backend;
  ingest::SeriesCache known_series;

  std::mutex scratch_mutex;
  std::vector<std::unique_ptr<Scratch>> scratches;  ///< Guarded by scratch_mutex.
};

Store::Store(std::shared_ptr<Shared> shared, std::string tenant)
    : shared_(std::move(shared)), tenant_(std::move(tenant)) {}

Store Store::open(std::string_view url, Options options) {
  const store::StoreUrl parsed = store::parse_store_url(url);
  options.read_only = options.read_only || parsed.read_only;
  return Store(std::make_shared<Shared>(parsed, std::move(options)), "");
}

Store Store::tenant(std::string_view tenant) const {
  const Point probe{.name = "tenant", .dimensions = {{"tenant", std::string(tenant)}}};
  if (const auto verdict = Validator(shared_->options.points).check(probe, 0)) {
    throw Error(ErrorCode::invalid_option,
                "the tenant's name breaks the rules of a dimension value: " + verdict->message, "tenant");
  }
  return Store(shared_, std::string(tenant));
}

namespace {

void check_size(const Batch& batch, const WriteLimits& limits) {
  if (batch.size() <= limits.max_batch_size) return;
  throw Error(ErrorCode::batch_too_large, "the batch has " + std::to_string(batch.size()) + " points, at most " +
                                              std::to_string(limits.max_batch_size) + " are allowed; split it");
}

}  // namespace

WriteReport Store::Shared::write(std::string_view tenant, const Batch& batch) {
  check_size(batch, options.writes);
  store::AcceptedPoints accepted(batch, validator.check(batch, now_ms()));
  if (!accepted.batch().empty()) accepted.refuse(backend->write(tenant, accepted.batch(), model::Call{}).refusals);
  return std::move(accepted).report();
}

WriteReport Store::Shared::write_json(std::string_view tenant, std::string_view json) {
  auto scratch = take_scratch();
  Batch& batch = scratch->batch;
  const std::int64_t now = now_ms();
  ingest::SeriesCache::View known = known_series.view();
  for (;;) {
    scratch->decoder.decode(json, now, options.writes, tenant, known, batch);
    store::AcceptedPoints accepted(batch, validator.check(batch, now));
    backend::WriteOutcome outcome;
    if (!accepted.batch().empty()) outcome = backend->write(tenant, accepted.batch(), model::Call{});
    if (outcome.outdated) {
      known = {};
      continue;
    }
    known_series.remember(outcome.generation, scratch->decoder.keys(), outcome.handles);
    accepted.refuse(outcome.refusals);
    WriteReport report = std::move(accepted).report();
    give_back(std::move(scratch));
    return report;
  }
}

WriteReport Store::write(const Batch& batch) {
  const auto open = shared_->enter();
  return shared_->write(tenant_, batch);
}

WriteReport Store::write_json(std::string_view json) {
  const auto open = shared_->enter();
  return shared_->write_json(tenant_, json);
}

Result Store::query(const Query& query, std::stop_token stop) const {
  const auto open = shared_->enter();
  const auto start = steady_clock::now();
  const query::Plan plan = query::make_plan(query, tenant_, shared_->options.queries, shared_->now_ms());
  const model::Call call = shared_->call(plan.timeout, std::move(stop));
  backend::Backend& backend = *shared_->backend;
  Result result = plan.type == QueryType::range  ? store::collect(*backend.range(plan, call))
                  : plan.type == QueryType::rate ? backend.rate(plan, call)
                                                 : backend.aggregate(plan, call);
  result.execution_time = std::chrono::duration_cast<std::chrono::microseconds>(steady_clock::now() - start);
  return result;
}

std::vector<std::string> Store::metrics(const Listing& listing) const {
  const auto open = shared_->enter();
  return shared_->backend->metrics({tenant_, listing.prefix, listing.limit, listing.time_range},
                                   shared_->call(shared_->options.queries.default_timeout));
}

std::vector<std::string> Store::dimension_keys(std::string_view metric, const Listing& listing) const {
  const auto open = shared_->enter();
  return shared_->backend->dimension_keys(metric, {tenant_, listing.prefix, listing.limit, listing.time_range},
                                          shared_->call(shared_->options.queries.default_timeout));
}

std::vector<std::string> Store::dimension_values(std::string_view metric, std::string_view key,
                                                 const Listing& listing) const {
  const auto open = shared_->enter();
  return shared_->backend->dimension_values(metric, key, {tenant_, listing.prefix, listing.limit, listing.time_range},
                                            shared_->call(shared_->options.queries.default_timeout));
}

std::uint64_t Store::series_count(std::optional<std::string_view> metric) const {
  const auto open = shared_->enter();
  return shared_->backend->series_count(tenant_, metric, shared_->call(shared_->options.queries.default_timeout));
}

Cardinality Store::cardinality(const CardinalityRequest& request) const {
  const auto open = shared_->enter();
  return shared_->backend->cardinality(tenant_, request, shared_->call(shared_->options.queries.default_timeout));
}

std::vector<std::string> Store::tenants() const {
  const auto open = shared_->enter();
  auto all = shared_->backend->tenants(shared_->call(shared_->options.queries.default_timeout));
  if (!tenant_.empty()) std::erase_if(all, [this](const std::string& each) { return each != tenant_; });
  return all;
}

void Store::scan(const Scan& what, const std::function<void(const SeriesSamples&)>& visit, std::stop_token stop) const {
  const auto open = shared_->enter();
  if (what.time_range.start_ms >= what.time_range.end_ms) {
    throw Error(ErrorCode::invalid_query, "the time range is empty: its start must be before its end", "timeRange");
  }
  const auto matchers = query::compile(what.filters);
  shared_->backend->scan({tenant_, what.metric, what.time_range, matchers}, visit, {.stop = std::move(stop)});
}

void Store::backup(const std::string& to, const BackupOptions& options) const {
  const auto open = shared_->enter();
  shared_->backend->backup(to, options);
}

std::uint64_t Store::remove(const Deletion& deletion) {
  const auto open = shared_->enter();
  if (deletion.time_range.start_ms >= deletion.time_range.end_ms) {
    throw Error(ErrorCode::invalid_query, "the time range to delete is empty: its start must be before its end",
                "timeRange");
  }
  const auto matchers = query::compile(deletion.filters);
  return shared_->backend->remove({tenant_, deletion.metric, deletion.time_range, matchers, deletion.dry_run},
                                  model::Call{});
}

void Store::set_retention(const RetentionPolicy& policy) {
  const auto open = shared_->enter();
  model::check_retention(policy);
  shared_->backend->set_retention(tenant_, policy);
}

bool Store::remove_retention(std::string_view pattern) {
  const auto open = shared_->enter();
  return shared_->backend->remove_retention(tenant_, pattern);
}

std::vector<RetentionPolicy> Store::retention() const {
  const auto open = shared_->enter();
  return shared_->backend->retention(tenant_);
}

RetentionReport Store::enforce_retention(std::stop_token stop) {
  const auto open = shared_->enter();
  return shared_->until_closed(
      std::move(stop), [&](const model::Call& call) { return shared_->backend->enforce_retention(tenant_, call); });
}

CompactionReport Store::compact(std::stop_token stop) {
  const auto open = shared_->enter();
  return shared_->until_closed(std::move(stop),
                               [&](const model::Call& call) { return shared_->backend->compact(call); });
}

StoreStatistics Store::statistics() const {
  const auto open = shared_->enter();
  return shared_->backend->statistics();
}

Health Store::health() const {
  const auto open = shared_->enter();
  // Whoever asks wants to know now; what takes longer is not well.
  constexpr std::chrono::seconds kLongest(5);
  return shared_->backend->health(
      shared_->call(std::min<std::chrono::milliseconds>(kLongest, shared_->options.queries.default_timeout)));
}

void Store::close() {
  if (::getpid() != shared_->opener || shared_->closed.exchange(true)) return;
  shared_->closing.request_stop();
  const std::unique_lock lock(shared_->open_mutex);
  shared_->close_backend();
}

}  // namespace luminate
