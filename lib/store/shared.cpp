#include "store/shared.hpp"

#include <unistd.h>

#include "memory/memory_backend.hpp"
#include "model/retention.hpp"
#include "sqlite/sqlite_backend.hpp"

#ifdef LUMINATE_POSTGRES
#include "postgres/postgres_backend.hpp"
#endif

namespace luminate {
namespace {

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

Options checked(Options options) {
  try {
    model::check_policies(options.retention.policies);
  } catch (const Error& error) {
    throw Error(ErrorCode::invalid_option, std::string("retention.policies: ") + error.what(), "retention.policies");
  }
  return options;
}

void check_size(const Batch& batch, const WriteLimits& limits) {
  if (batch.size() <= limits.max_batch_size) return;
  throw Error(ErrorCode::batch_too_large, "the batch has " + std::to_string(batch.size()) + " points, at most " +
                                              std::to_string(limits.max_batch_size) + " are allowed; split it");
}

}  // namespace

Store::Shared::Shared(const store::StoreUrl& url, Options given)
    : options(checked(std::move(given))),
      validator(options.points),
      opener(::getpid()),
      backend(open_backend(url, options)),
      known_series(options.writes.max_series_cache_bytes) {}

Store::Shared::~Shared() {
  // A forked child must not touch the parent's files and connections, not even to close them.
  if (::getpid() != opener) {
    for (store::OpenRange& range : ranges_) (void)range.cursor.release();
    (void)backend.release();
  } else if (!closed) {
    close_backend();
  }
}

void Store::Shared::close() {
  if (::getpid() != opener || closed.exchange(true)) return;
  closing.request_stop();
  const std::unique_lock lock(open_mutex);
  close_backend();
}

void Store::Shared::close_backend() {
  ranges_.clear();  // Streams that were left open notice at their next call; no call of theirs is under way.
  try {
    backend->close();
  } catch (const Error& error) {
    if (options.logger) options.logger(LogLevel::warning, std::string("closing the store: ") + error.what());
  }
  backend.reset();
}

void Store::Shared::check_process() const {
  if (::getpid() == opener) return;
  throw Error(ErrorCode::store_closed,
              "this process was forked from the one that opened the store; open it again after fork()");
}

std::shared_lock<std::shared_mutex> Store::Shared::enter() {
  check_process();
  std::shared_lock lock(open_mutex, std::defer_lock);
  if (!closed) lock.lock();
  if (closed) throw Error(ErrorCode::store_closed, "the store is closed");
  return lock;
}

std::list<store::OpenRange>::iterator Store::Shared::add(store::OpenRange range) {
  const std::lock_guard lock(ranges_mutex_);
  return ranges_.insert(ranges_.end(), std::move(range));
}

void Store::Shared::end(std::list<store::OpenRange>::iterator range) {
  std::list<store::OpenRange> ended;  // Ending a cursor may take a while: not under the mutex.
  const std::lock_guard lock(ranges_mutex_);
  ended.splice(ended.end(), ranges_, range);
}

WriteReport Store::Shared::write(std::string_view tenant, const Batch& batch, const model::Call& call) {
  check_size(batch, options.writes);
  store::AcceptedPoints accepted(batch, validator.check(batch, now_ms()));
  if (!accepted.batch().empty()) accepted.refuse(backend->write(tenant, accepted.batch(), call).refusals);
  return report(tenant, std::move(accepted));
}

WriteReport Store::Shared::report(std::string_view tenant, store::AcceptedPoints&& accepted) {
  WriteReport report = std::move(accepted).report();
  if (!report.errors.empty()) refusals.add(tenant, report.errors);
  return report;
}

WriteReport Store::Shared::write_json(std::string_view tenant, std::string_view json, const model::Call& call) {
  auto scratch = take_scratch();
  Batch& batch = scratch->batch;
  const std::int64_t now = now_ms();
  ingest::SeriesCache::View known = known_series.view();
  for (;;) {
    scratch->decoder.decode(json, now, options.writes, tenant, known, batch);
    store::AcceptedPoints accepted(batch, validator.check(batch, now));
    backend::WriteOutcome outcome;
    if (!accepted.batch().empty()) outcome = backend->write(tenant, accepted.batch(), call);
    if (outcome.outdated) {
      known = {};
      continue;
    }
    known_series.remember(outcome.generation, scratch->decoder.keys(), outcome.handles);
    accepted.refuse(outcome.refusals);
    WriteReport report = this->report(tenant, std::move(accepted));
    give_back(std::move(scratch));
    return report;
  }
}

std::unique_ptr<Store::Shared::Scratch> Store::Shared::take_scratch() {
  const std::lock_guard lock(scratch_mutex_);
  if (scratches_.empty()) return std::make_unique<Scratch>(known_series);
  auto scratch = std::move(scratches_.back());
  scratches_.pop_back();
  return scratch;
}

void Store::Shared::give_back(std::unique_ptr<Scratch> scratch) {
  constexpr std::size_t kKept = 8;
  const std::lock_guard lock(scratch_mutex_);
  if (scratches_.size() < kKept) scratches_.push_back(std::move(scratch));
}

std::int64_t Store::Shared::now_ms() const {
  if (options.clock) return options.clock();
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

}  // namespace luminate
