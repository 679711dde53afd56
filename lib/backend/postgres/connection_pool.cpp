#include "postgres/connection_pool.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace luminate::postgres {
namespace {

constexpr std::chrono::seconds kFreshTime{30};  // Idle for longer: asked for a sign of life before use.
constexpr std::chrono::seconds kPingTime{1};
constexpr std::chrono::milliseconds kFirstPause{20};
constexpr std::chrono::milliseconds kLongestPause{1000};

}  // namespace

ConnectionPool::ConnectionPool(Settings settings) : settings_(std::move(settings)), random_(std::random_device()()) {
  idle_.reserve(settings_.pool_size);  // So that giving back never needs memory.
}

ConnectionPool::Lease::~Lease() {
  if (connection_ != nullptr) pool_->give_back(std::move(connection_));
}

ConnectionPool::Lease ConnectionPool::take(const model::Call& call) {
  std::unique_lock lock(mutex_);
  const std::uint64_t failures_before = all_failures_;
  for (;;) {
    call.check();
    if (!idle_.empty()) {
      Idle idle = std::move(idle_.back());
      idle_.pop_back();
      const std::uint64_t era = era_;
      lock.unlock();
      if (in_order(idle, era, call)) return Lease(*this, std::move(idle.connection));
      idle.connection.reset();
      lock.lock();
      --open_;
      continue;
    }
    if (all_failures_ != failures_before) throw SqlError(*last_);
    if (may_connect()) return Lease(*this, connect(lock, call));

    // The end of a back-off wakes nobody; whoever gives a connection back, or fails to make one, does.
    const bool back_off = open_ < settings_.pool_size && !trying_;
    changed_.wait_until(lock, call.stop, back_off ? std::min(call.deadline, closed_until_) : call.deadline,
                        [&] { return !idle_.empty() || all_failures_ != failures_before || may_connect(); });
    const bool over = call.stop.stop_requested() || call.expired();
    if (!over) continue;
    changed_.notify_one();  // What this one was woken for, another may use.
    if (call.stop.stop_requested()) call.check();
    if (last_ && failures_ > 0) throw SqlError(*last_);
    throw Error(
        ErrorCode::storage_unavailable,
        "all " + std::to_string(settings_.pool_size) +
            " connections to PostgreSQL were in use all the time; raise postgres.pool_size or ask for less at once");
  }
}

std::unique_ptr<Connection> ConnectionPool::connect(std::unique_lock<std::mutex>& lock, const model::Call& call) {
  const std::uint64_t failures_before = all_failures_;
  const bool alone = failures_ > 0;
  ++open_;
  if (alone) trying_ = true;
  lock.unlock();
  const auto done = [&](bool connected) {
    lock.lock();
    if (alone) trying_ = false;
    if (!connected) --open_;
    if (connected) failures_ = 0;
  };
  try {
    auto connection = std::make_unique<Connection>(settings_, call);
    done(true);
    changed_.notify_all();  // There may be more where it comes from.
    return connection;
  } catch (const SqlError& error) {
    done(false);
    connect_failed(error, failures_before);
    changed_.notify_all();
    throw;
  } catch (...) {
    done(false);
    changed_.notify_all();
    throw;
  }
}

void ConnectionPool::connect_failed(const SqlError& error, std::uint64_t failures_before) {
  last_ = error;
  if (all_failures_++ != failures_before) return;  // Several tried at once: they count as one.
  // Twice as long each time; half of it by chance, so that many servers do not come back as one.
  const auto longest = std::min(kLongestPause, kFirstPause * (1 << std::min(failures_++, 6U)));
  std::uniform_int_distribution<std::int64_t> pause(longest.count() / 2, longest.count());
  closed_until_ = Clock::now() + std::chrono::milliseconds(pause(random_));
}

bool ConnectionPool::in_order(Idle& idle, std::uint64_t era, const model::Call& call) const noexcept try {
  Connection& connection = *idle.connection;
  const auto until = std::min(call.deadline, Clock::now() + kPingTime);
  if (!connection.settle(until)) return false;
  if (connection.quiet() && idle.era == era && Clock::now() - idle.since < kFreshTime) return true;
  connection.run({.sql = ""}, model::Call{.deadline = until, .stop = call.stop});
  return connection.idle();
} catch (...) {
  return false;
}

void ConnectionPool::give_back(std::unique_ptr<Connection> connection) noexcept {
  const bool kept = connection->reusable();
  const bool broken = connection->broken();
  if (!kept) connection.reset();
  const std::lock_guard lock(mutex_);
  if (kept) idle_.push_back({std::move(connection), Clock::now(), era_});
  if (!kept) --open_;
  if (broken) ++era_;
  changed_.notify_one();
}

std::optional<ConnectionPool::Lease> ConnectionPool::take_idle() {
  const std::lock_guard lock(mutex_);
  if (idle_.empty()) return std::nullopt;
  Lease lease(*this, std::move(idle_.back().connection));
  idle_.pop_back();
  return lease;
}

void ConnectionPool::ping(const model::Call& call) {
  const Statement nothing{.sql = ""};
  if (const auto lease = take_idle()) {
    try {
      (*lease)->run(nothing, call);
      return;
    } catch (const SqlError&) {  // It may have broken long ago: a new one tells.
      if (!(*lease)->broken()) throw;
    }
  }
  Connection(settings_, call).run(nothing, call);
  const std::lock_guard lock(mutex_);
  closed_until_ = {};
  changed_.notify_all();
}

}  // namespace luminate::postgres
