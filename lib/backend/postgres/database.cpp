#include "postgres/database.hpp"

#include <algorithm>
#include <utility>

#include "postgres/migration.hpp"

namespace luminate::postgres {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kFirstPause{10};
constexpr std::chrono::milliseconds kLongestPause{500};
constexpr std::chrono::seconds kHealthTime{2};
constexpr std::chrono::seconds kReadersPatience{2};   // While the server is away.
constexpr std::chrono::seconds kEndlessPatience{10};  // Of calls without a deadline, which try this often at least.
constexpr unsigned kEndlessAttempts = 5;

constexpr const char* kTooSlow = "PostgreSQL did not take the write in time: it is busy, or something holds a lock";

}  // namespace

template <class Failure>
void Attempts::raise(Failure failure) const {
  if (in_doubt_) failure.mark_in_doubt();
  throw failure;
}

bool Attempts::again(Error& error) {
  in_doubt_ = in_doubt_ || error.in_doubt();
  if (in_doubt_) error.mark_in_doubt();
  const auto* sql = dynamic_cast<const SqlError*>(&error);
  if (error.code() == ErrorCode::query_timeout) {
    // Out of time while the server was away: that, and not the query, is what was wrong.
    if (last_) raise(*last_);
    if (access_ == Access::write) raise(Error(ErrorCode::storage_unavailable, kTooSlow));
  }
  if (sql == nullptr || !sql->worth_another_try()) return false;
  if (error.in_doubt() && repeat_ == Repeat::unless_in_doubt) return false;
  last_ = *sql;

  const auto now = Clock::now();
  auto pause = std::min(kLongestPause, kFirstPause * (1 << std::min(count_++, 6U)));
  if (!first_) first_ = now;
  if (sql->connection_lost() && !first_loss_) {
    first_loss_ = now;
    pause = {};  // One that broke while it lay idle; the pool makes another, and has a back-off of its own.
  }
  if (access_ == Access::read && first_loss_ && now - *first_loss_ >= kReadersPatience) return false;
  if (call_.deadline == Clock::time_point::max() && count_ >= kEndlessAttempts && now - *first_ >= kEndlessPatience) {
    return false;
  }
  pause -= std::chrono::milliseconds(std::uniform_int_distribution<std::int64_t>(0, pause.count() / 2)(random_));
  if (call_.deadline - now <= pause) return false;
  std::mutex mutex;
  std::unique_lock lock(mutex);
  std::condition_variable_any never;
  never.wait_until(lock, call_.stop, now + pause, [] { return false; });
  return true;
}

Database::Database(Settings settings, const Options& options) : options_(options), pool_(std::move(settings)) {}

Transaction Database::begin(Access access, const model::Call& call) {
  abilities(call);
  return Transaction(pool_, access, call);
}

const Abilities& Database::abilities(const model::Call& call) {
  if (prepared_.load(std::memory_order_acquire)) return abilities_;
  std::unique_lock lock(mutex_);
  const std::uint64_t failures_before = failures_;
  changed_.wait_until(lock, call.stop, call.deadline, [this] { return !preparing_; });
  if (prepared_.load(std::memory_order_relaxed)) return abilities_;
  if (failures_ != failures_before && last_) throw SqlError(*last_);
  call.check();
  if (preparing_) throw Error(ErrorCode::storage_unavailable, "the store's schema is still being prepared; try again");
  preparing_ = true;
  lock.unlock();
  try {
    const Abilities found = prepare_schema(pool_, options_, call);
    lock.lock();
    abilities_ = found;
    prepared_.store(true, std::memory_order_release);
  } catch (const SqlError& error) {
    lock.lock();
    last_ = error;
    ++failures_;
    preparing_ = false;
    changed_.notify_all();
    throw;
  } catch (...) {
    lock.lock();
    preparing_ = false;
    changed_.notify_all();
    throw;
  }
  preparing_ = false;
  changed_.notify_all();
  return abilities_;
}

Health Database::health(const model::Call& call) {
  const model::Call brief{.deadline = std::min(call.deadline, Clock::now() + kHealthTime), .stop = call.stop};
  Health health{.healthy = false, .backend = "postgresql", .status = "ok"};
  try {
    pool_.ping(brief);
    abilities(brief);
    health.healthy = true;
  } catch (const Error& error) {
    health.status = error.code() == ErrorCode::query_timeout ? "PostgreSQL does not answer" : error.what();
  }
  return health;
}

void Database::log(LogLevel level, const std::string& text) const {
  if (options_.logger) options_.logger(level, text);
}

}  // namespace luminate::postgres
