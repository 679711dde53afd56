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
  for (;;) {
    call.check();
    if (!idle_.empty()) {
      Idle idle = std::move(idle_.back());
      idle_.pop_back();
      const bool suspect = idle.era != era_ || Clock::now() - idle.since > kFreshTime;
      lock.unlock();
      if (suspect ? alive(*idle.connection, call)
                  : idle.connection->settle(std::min(call.deadline, Clock::now() + kPingTime))) {
        return Lease(*this, std::move(idle.connection));
      }
      idle.connection.reset();
      lock.lock();
      --open_;
      changed_.notify_all();
      continue;
    }
    const auto now = Clock::now();
    const bool may_connect = open_ < settings_.pool_size && !trying_ && now >= closed_until_;
    if (may_connect) return Lease(*this, connect(lock, call));

    const auto until = open_ < settings_.pool_size && !trying_ ? std::min(call.deadline, closed_until_) : call.deadline;
    changed_.wait_until(lock, call.stop, until, [&] {
      return !idle_.empty() || (open_ < settings_.pool_size && !trying_ && Clock::now() >= closed_until_);
    });
    if (call.stop.stop_requested()) call.check();
    if (call.expired()) {
      throw SqlError(kTooManyConnections, "all " + std::to_string(settings_.pool_size) +
                                              " connections of the store's pool were in use all the time");
    }
  }
}

std::unique_ptr<Connection> ConnectionPool::connect(std::unique_lock<std::mutex>& lock, const model::Call& call) {
  ++open_;
  trying_ = failures_ > 0;
  const bool alone = trying_;
  lock.unlock();
  try {
    auto connection = std::make_unique<Connection>(settings_, call);
    lock.lock();
    failures_ = 0;
    if (alone) trying_ = false;
    changed_.notify_all();
    return connection;
  } catch (...) {
    lock.lock();
    --open_;
    if (alone) trying_ = false;
    // Twice as long each time; half of it by chance, so that many servers do not come back as one.
    const auto pause = std::min(kLongestPause, kFirstPause * (1 << std::min(failures_, 6U)));
    ++failures_;
    const auto part = std::uniform_int_distribution<std::int64_t>(pause.count() / 2, pause.count())(random_);
    closed_until_ = Clock::now() + std::chrono::milliseconds(part);
    changed_.notify_all();
    throw;
  }
}

bool ConnectionPool::alive(Connection& connection, const model::Call& call) const noexcept try {
  const auto until = std::min(call.deadline, Clock::now() + kPingTime);
  if (!connection.settle(until)) return false;
  connection.run({.sql = ""}, model::Call{.deadline = until, .stop = call.stop});
  return connection.idle();
} catch (...) {
  return false;
}

void ConnectionPool::give_back(std::unique_ptr<Connection> connection) noexcept {
  const bool in_order = !connection->broken();
  if (!in_order) connection.reset();
  const std::lock_guard lock(mutex_);
  if (in_order) {
    idle_.push_back({std::move(connection), Clock::now(), era_});
  } else {
    ++era_;
    --open_;
  }
  changed_.notify_all();
}

}  // namespace luminate::postgres
