#include "sqlite/snapshot.hpp"

#include <luminate/error.hpp>

#include <mutex>
#include <shared_mutex>

#include "sqlite/schema.hpp"

namespace luminate::sqlite {
namespace {

constexpr std::size_t kIdleConnections = 16;

}  // namespace

ConnectionPool::ConnectionPool(std::string path) : path_(std::move(path)) {
  idle_.reserve(kIdleConnections);  // Giving back happens in a destructor and must not need memory.
}

std::unique_ptr<Connection> ConnectionPool::take() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      auto connection = std::move(idle_.back());
      idle_.pop_back();
      return connection;
    }
  }
  auto connection = std::make_unique<Connection>(path_, Connection::Mode::read_only);
  prepare_for_reading(*connection, path_);
  return connection;
}

void ConnectionPool::give_back(std::unique_ptr<Connection> connection) noexcept {
  // One whose transaction could not be ended would keep its snapshot, and the log from beginning again.
  if (connection->in_transaction()) return;
  const std::lock_guard lock(mutex_);
  if (idle_.size() < kIdleConnections) idle_.push_back(std::move(connection));
}

void ConnectionPool::clear() {
  const std::lock_guard lock(mutex_);
  idle_.clear();
}

Snapshot::~Snapshot() {
  transaction_.reset();
  if (connection_ != nullptr) pool_.give_back(std::move(connection_));
}

void Snapshot::begin(const std::function<void(const Catalog&)>& resolve) {
  begin(std::nullopt, model::Call{}, resolve);
}

void Snapshot::begin(std::string_view tenant, std::string_view metric, const model::Call& call,
                     const std::function<void(const Catalog::Metric&)>& resolve) {
  begin(MetricKey(tenant, metric), call, [&](const Catalog& catalog) {
    if (const Catalog::Metric* found = catalog.find(tenant, metric)) resolve(*found);
  });
}

void Snapshot::begin(std::optional<MetricKey> metric, const model::Call& call,
                     const std::function<void(const Catalog&)>& resolve) {
  connection_ = pool_.take();
  {
    const std::shared_lock lock(catalog_.mutex());
    transaction_ = std::make_unique<Transaction>(*connection_, Transaction::Kind::read);
    // SQLite takes its snapshot at the first read, which is this one.
    const bool current = Catalog::read_version(*connection_) == catalog_.version() || !follow_;
    const Catalog::Metric* found = metric ? std::as_const(catalog_).find(metric->first, metric->second) : nullptr;
    if (current && (found == nullptr || found->series != nullptr)) return resolve(catalog_);
  }
  for (;;) {
    transaction_.reset();
    call.check();
    const std::unique_lock lock(catalog_.mutex());
    transaction_ = std::make_unique<Transaction>(*connection_, Transaction::Kind::read);
    // Looking through all metrics for news costs as much as there are; so not for each metric that is loaded.
    const bool current = Catalog::read_version(*connection_) == catalog_.version();
    if (follow_ && !current) catalog_.catch_up(*connection_);
    Catalog::Metric* found = metric ? catalog_.find(metric->first, metric->second) : nullptr;
    if (found == nullptr || found->series != nullptr || catalog_.load_some(*connection_, *found)) {
      return resolve(catalog_);
    }
  }
}

}  // namespace luminate::sqlite
