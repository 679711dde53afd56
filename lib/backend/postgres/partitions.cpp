#include "postgres/partitions.hpp"

#include <algorithm>
#include <cstdio>

#include "postgres/locks.hpp"

namespace luminate::postgres {
namespace {

using namespace std::chrono_literals;
using model::Call;

constexpr std::int64_t kDaysAhead = 2;

constexpr std::int64_t kRecentDays = 30;

// Beyond these a day is taken for a mistake in a clock.
constexpr std::int64_t kDaysBack = 20 * 366;
constexpr std::int64_t kDaysForth = 366;
constexpr std::int64_t kYear10000 = 2'932'897;  // Names of partitions have room for four digits.

constexpr std::size_t kMostAtOnce = 100;  ///< Made for one write, some milliseconds each.
constexpr auto kPatience = 500ms;         ///< For a lock; others wait behind whoever waits for one.
constexpr auto kTryAgain = 60s;
constexpr std::int64_t kFew = 200'000;  ///< Samples that move in about half a second.

/// "2025-11-21 00:00:00+00", or with a format of its own.
std::string day_text(std::int64_t day, const char* format = "%04d-%02u-%02u 00:00:00+00") {
  const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{day}}};
  char text[40];
  std::snprintf(text, sizeof text, format, static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()));
  return text;
}

std::string table_of(std::int64_t day) {
  return "{schema}." + partition_name(day);
}

/// A table like `sample`, its indexes included, that nobody sees yet.
Statement create_statement(std::int64_t day) {
  return {"CREATE TABLE " + table_of(day) + " (LIKE {schema}.sample INCLUDING ALL)"};
}

Statement attach_statement(std::int64_t day) {
  return {"ALTER TABLE {schema}.sample ATTACH PARTITION " + table_of(day) + " FOR VALUES FROM ('" + day_text(day) +
          "') TO ('" + day_text(day + 1) + "')"};
}

/// The days that have samples in the default partition.
std::vector<std::int64_t> stray_days(Transaction& transaction, std::int64_t from, std::int64_t to) {
  const Rows rows = transaction.run(
      "SELECT DISTINCT floor(extract(epoch FROM ts) / 86400)::bigint AS day FROM {schema}.sample_default"
      " WHERE ts >= $1 AND ts < $2 ORDER BY day",
      Parameters().add_time(from * kDayMs).add_time(to * kDayMs));
  std::vector<std::int64_t> days;
  for (std::size_t row = 0; row < rows.size(); ++row) days.push_back(rows.integer(row, 0));
  return days;
}

/// Whether a day can have a partition at all.
bool in_reach(std::int64_t day, std::int64_t today) {
  return day >= today - kDaysBack && day <= today + kDaysForth && day >= 0 && day < kYear10000;
}

bool holds(const std::vector<std::int64_t>& sorted, std::int64_t day) {
  return std::binary_search(sorted.begin(), sorted.end(), day);
}

}  // namespace

std::string partition_name(std::int64_t day) {
  return day_text(day, "sample_%04d%02u%02u");
}

std::vector<std::int64_t> partition_days(Transaction& transaction) {
  const Rows rows = transaction.run(
      "SELECT (to_date(substr(c.relname, 8), 'YYYYMMDD') - DATE '1970-01-01')::bigint AS day"
      " FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
      " WHERE i.inhparent = '{schema}.sample'::regclass AND c.relname ~ '^sample_[0-9]{8}$' ORDER BY day");
  std::vector<std::int64_t> days;
  for (std::size_t row = 0; row < rows.size(); ++row) days.push_back(rows.integer(row, 0));
  return days;
}

Statement lock_timeout(std::chrono::milliseconds timeout) {
  return {"SELECT set_config('lock_timeout', $1, true)", Parameters().add(std::to_string(timeout.count()) + "ms")};
}

Partitions::Partitions(Database& database, Limits limits) : database_(database), limits_(limits) {}

std::int64_t Partitions::today() const {
  const auto& clock = database_.options().clock;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return day_of(clock ? clock() : std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

Partitions::Days Partitions::admitted(const Days& wanted, const Days& there) const {
  const std::int64_t now = today();
  Days days;
  for (const std::int64_t day : wanted) {
    if (holds(there, day) || !in_reach(day, now)) continue;
    const bool recent = day >= now - kRecentDays && day <= now + kDaysAhead;
    if (there.size() + days.size() < limits_.most + (recent ? limits_.kept : 0)) days.push_back(day);
  }
  return days;
}

Partitions::Days Partitions::unknown(std::span<const std::int64_t> timestamps_ms) {
  Days days;
  const std::int64_t today = this->today();
  std::int64_t begin = 0;  // Of the last day seen: most batches are within one.
  std::int64_t end = 0;
  for (const std::int64_t time : timestamps_ms) {
    if (time >= begin && time < end) continue;
    const std::int64_t day = day_of(time);
    if (!in_reach(day, today)) continue;
    begin = day * kDayMs;
    end = begin + kDayMs;
    if (days.empty() || days.back() != day) days.push_back(day);
  }
  std::sort(days.begin(), days.end());
  days.erase(std::unique(days.begin(), days.end()), days.end());
  const std::lock_guard lock(mutex_);
  const auto now = Clock::now();
  std::erase_if(days, [&](std::int64_t day) {
    const auto later = later_.find(day);
    return days_.contains(day) || (later != later_.end() && now < later->second);
  });
  return days;
}

void Partitions::ensure(std::span<const std::int64_t> timestamps_ms, const Call& call) {
  if (database_.abilities(call).hypertable) return;
  if (unknown(timestamps_ms).empty()) return;
  const std::lock_guard making(making_);
  Days wanted = unknown(timestamps_ms);  // Another thread may have made them meanwhile.
  if (wanted.empty()) return;
  if (wanted.size() > kMostAtOnce) wanted.resize(kMostAtOnce);
  try {
    make(wanted, call);
  } catch (const SqlError& error) {
    if (error.connection_lost()) throw;
    database_.log(LogLevel::debug, "no partition for " + partition_name(wanted.front()) + " yet: " + error.what());
  }
  // What has none now is left alone for a while, and goes to the default partition.
  const std::lock_guard lock(mutex_);
  for (const std::int64_t day : wanted) {
    if (!days_.contains(day)) later_[day] = Clock::now() + kTryAgain;
  }
}

void Partitions::forget(std::int64_t day) {
  const std::lock_guard lock(mutex_);
  days_.erase(day);
}

void Partitions::learn(const Days& there) {
  const std::lock_guard lock(mutex_);
  days_ = {there.begin(), there.end()};
  for (const std::int64_t day : there) later_.erase(day);
}

void Partitions::make(const Days& wanted, const Call& call) {
  Days there;
  database_.transact(Access::write, Repeat::always, call, [&](Transaction& transaction) {
    const std::string& schema = database_.pool().settings().schema;
    transaction.run({lock_timeout(kPatience), lock_statement(schema, Lock::partitions, LockMode::exclusive, 0)});
    there = partition_days(transaction);
    Days days = admitted(wanted, there);
    if (days.empty()) {
      tell_if_full(wanted, there);
      return;
    }
    const Days stray = stray_days(transaction, days.front(), days.back() + 1);
    std::erase_if(days, [&](std::int64_t day) { return holds(stray, day); });  // fill() sees to these.
    std::vector<Statement> statements;
    for (const std::int64_t day : days) {
      statements.push_back(create_statement(day));
      statements.push_back(attach_statement(day));
    }
    if (!statements.empty()) transaction.run(std::move(statements));
    there.insert(there.end(), days.begin(), days.end());
    std::sort(there.begin(), there.end());
  });
  learn(there);
}

void Partitions::tell_if_full(const Days& wanted, const Days& there) {
  const bool full = there.size() >= limits_.most + limits_.kept && !holds(there, wanted.back());
  if (full && !told_) {
    database_.log(LogLevel::warning, "the store has " + std::to_string(there.size()) +
                                         " partitions and gets no more: samples of other days go to sample_default; "
                                         "set retention policies, so that old partitions go");
  }
  told_ = full;
}

void Partitions::make_ahead(const Call& call) {
  if (database_.abilities(call).hypertable) return;
  const std::lock_guard making(making_);
  Days wanted;
  for (std::int64_t day = today(); wanted.size() <= kDaysAhead; ++day) wanted.push_back(day);
  make(wanted, call);
}

std::size_t Partitions::fill(const Call& call) {
  if (database_.abilities(call).hypertable) return 0;
  Days days;
  database_.transact(Access::read, Repeat::always, call, [&](Transaction& transaction) {
    const std::int64_t now = today();
    days = admitted(stray_days(transaction, std::max<std::int64_t>(now - kDaysBack, 0), now + kDaysForth + 1),
                    partition_days(transaction));
  });
  for (const std::int64_t day : days) move(day, call);
  return days.size();
}

void Partitions::move(std::int64_t day, const Call& call) {
  const std::lock_guard making(making_);
  Days there;
  database_.transact(Access::write, Repeat::always, call, [&](Transaction& transaction) {
    const std::string& schema = database_.pool().settings().schema;
    transaction.run({lock_timeout(kPatience), lock_statement(schema, Lock::partitions, LockMode::exclusive, 0)});
    there = partition_days(transaction);
    if (holds(there, day)) return;
    const TimeRange range{day * kDayMs, (day + 1) * kDayMs};
    const std::int64_t few =
        transaction
            .run(
                "SELECT count(*) FROM (SELECT FROM {schema}.sample_default WHERE ts >= $1 AND ts < $2"
                " LIMIT $3) AS first",
                Parameters().add_time(range.start_ms).add_time(range.end_ms).add(kFew + 1))
            .integer(0, 0);
    std::vector<Statement> statements;
    const Statement lock_all{"LOCK TABLE ONLY {schema}.sample IN ACCESS EXCLUSIVE MODE"};
    // Few are moved while everybody waits, in a moment. Else all go on but those who write to the default partition:
    // if any comes, it holds what is locked last, and this is tried again; once the day is over, none does.
    statements.push_back(few <= kFew ? lock_all
                                     : Statement{"LOCK TABLE {schema}.sample_default IN SHARE ROW EXCLUSIVE MODE"});
    statements.push_back(create_statement(day));
    // Spares the attachment a look at each of them.
    statements.push_back({"ALTER TABLE " + table_of(day) + " ADD CONSTRAINT day CHECK (ts >= '" + day_text(day) +
                          "' AND ts < '" + day_text(day + 1) + "')"});
    statements.push_back(
        {"WITH moved AS (DELETE FROM {schema}.sample_default WHERE ts >= $1 AND ts < $2 RETURNING series_id, ts, value)"
         " INSERT INTO " +
             table_of(day) + " (series_id, ts, value) SELECT series_id, ts, value FROM moved",
         Parameters().add_time(range.start_ms).add_time(range.end_ms)});
    statements.push_back(lock_all);
    statements.push_back(attach_statement(day));
    statements.push_back({"ALTER TABLE " + table_of(day) + " DROP CONSTRAINT day"});
    transaction.run(std::move(statements));
    there.insert(std::upper_bound(there.begin(), there.end(), day), day);
  });
  learn(there);
}

void Partitions::summarize(const Call& call) {
  if (database_.abilities(call).hypertable) return;
  const auto name = [&](std::int64_t day) { return database_.pool().settings().schema + "." + partition_name(day); };
  database_.transact(Access::write, Repeat::always, call, [&](Transaction& transaction) {
    transaction.run({lock_timeout(kPatience)});
    transaction.run(
        "SELECT brin_summarize_new_values(i.indexrelid) FROM pg_index i"
        " JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_am a ON a.oid = x.relam AND a.amname = 'brin'"
        " WHERE i.indrelid IN (to_regclass($1), to_regclass($2), '{schema}.sample_default'::regclass)",
        Parameters().add(name(today() - 1)).add(name(today())));
  });
}

}  // namespace luminate::postgres
