#include "postgres/retention_enforcer.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <map>
#include <span>

#include "model/retention.hpp"
#include "postgres/locks.hpp"
#include "postgres/remover.hpp"
#include "postgres/timescale.hpp"

namespace luminate::postgres {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kForever = std::numeric_limits<std::int64_t>::min();

// Others wait behind whoever waits for a lock.
constexpr auto kPatience = 500ms;
constexpr int kRefusals = 3;  ///< Then the rest is done in steps.

// A step shall take about so long: it holds the locks of what it deletes, and is lost when it is cancelled.
constexpr auto kStep = 300ms;
constexpr std::size_t kFirstSeries = 64;
constexpr std::size_t kMostSeries = 16'384;

std::int64_t now_ms(const Options& options) {
  using namespace std::chrono;
  return options.clock ? options.clock() : duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

bool lock_refused(const SqlError& error) {
  return error.state() == kLockNotAvailable || error.state() == kDeadlock;
}

}  // namespace

RetentionEnforcer::RetentionEnforcer(Database& database, Partitions& partitions, const model::Call& call)
    : database_(database),
      partitions_(partitions),
      call_(call),
      abilities_(database.abilities(call)),
      schema_(database.pool().settings().schema),
      now_ms_(now_ms(database.options())) {}

RetentionReport RetentionEnforcer::run(std::optional<std::string_view> tenant) {
  call_.check();
  std::vector<Metric> all;
  std::vector<Piece> pieces;
  database_.transact(Access::read, Repeat::always, call_, [&](Transaction& transaction) {
    all = metrics(transaction);
    const bool nothing_goes = std::all_of(all.begin(), all.end(), [](const Metric& m) { return m.cutoff == kForever; });
    pieces = nothing_goes ? std::vector<Piece>{} : this->pieces(transaction);
  });
  const auto ours = [&](const Metric& metric) { return !tenant || metric.tenant == *tenant; };

  // What is dropped whole is everybody's.
  if (std::all_of(all.begin(), all.end(), ours)) {
    for (const Piece& piece : pieces) {
      if (piece.to_ms <= nobodys(all)) drop_whole(piece);
    }
  }
  for (const Metric& metric : all) {
    if (ours(metric) && metric.cutoff != kForever) delete_old(metric, pieces);
  }
  return report_;
}

std::vector<RetentionEnforcer::Metric> RetentionEnforcer::metrics(Transaction& transaction) const {
  const std::vector<Rows> rows =
      transaction.run({{"SELECT id, tenant, name FROM {schema}.metric ORDER BY tenant, name"},
                       {"SELECT tenant, pattern, keep_ms FROM {schema}.retention ORDER BY tenant, pattern"}});
  std::map<std::string, std::vector<RetentionPolicy>, std::less<>> policies;
  for (std::size_t row = 0; row < rows[1].size(); ++row) {
    policies[std::string(rows[1].text(row, 0))].push_back(
        {std::string(rows[1].text(row, 1)), std::chrono::milliseconds(rows[1].integer(row, 2))});
  }
  std::vector<Metric> metrics;
  for (std::size_t row = 0; row < rows[0].size(); ++row) {
    Metric metric{rows[0].integer(row, 0), std::string(rows[0].text(row, 1)), 0};
    const auto own = policies.find(metric.tenant);
    const auto keep =
        model::keep_of(rows[0].text(row, 2), own == policies.end() ? std::span<const RetentionPolicy>{} : own->second,
                       database_.options().retention);
    metric.cutoff = model::retention_cutoff(now_ms_, keep);
    metrics.push_back(std::move(metric));
  }
  return metrics;
}

std::int64_t RetentionEnforcer::nobodys(const std::vector<Metric>& metrics) {
  if (metrics.empty()) return kForever;
  return std::min_element(metrics.begin(), metrics.end(),
                          [](const Metric& a, const Metric& b) { return a.cutoff < b.cutoff; })
      ->cutoff;
}

/// Ascending by time.
std::vector<RetentionEnforcer::Piece> RetentionEnforcer::pieces(Transaction& transaction) const {
  std::vector<Piece> pieces;
  if (!abilities_.hypertable) {
    for (const std::int64_t day : partition_days(transaction)) {
      pieces.push_back({"{schema}." + partition_name(day), day * kDayMs, (day + 1) * kDayMs});
    }
    return pieces;
  }
  for (const Chunk& chunk : chunks(transaction, schema_)) pieces.push_back({chunk.table, chunk.from_ms, chunk.to_ms});
  return pieces;
}

void RetentionEnforcer::drop_whole(const Piece& piece) {
  while (refusals_ < kRefusals) {
    call_.check();
    try {
      if (empty_whole(piece) && !abilities_.hypertable) drop_empty(piece);
      return;
    } catch (const SqlError& error) {
      if (!lock_refused(error)) throw;
      ++refusals_;
    }
  }
}

bool RetentionEnforcer::empty_whole(const Piece& piece) {
  std::uint64_t samples = 0;
  Forgotten forgotten;
  const bool done = database_.transact(Access::write, Repeat::always, call_, [&](Transaction& transaction) {
    samples = 0;
    forgotten = {};
    // Readers go on until it is counted. Writers of the piece wait: one of a metric that is new, and keeps it, either
    // was before and is seen below, or comes after the piece is empty.
    transaction.run({lock_timeout(kPatience),
                     lock_statement(schema_, Lock::partitions, LockMode::exclusive, 0),
                     lock_all_deleters(schema_),
                     {"LOCK TABLE " + piece.table + " IN SHARE ROW EXCLUSIVE MODE"}});
    if (piece.to_ms > nobodys(metrics(transaction))) return false;
    const Rows held = transaction.run("SELECT r.metric_id, s.series_id, count(*) FROM " + piece.table +
                                      " AS s JOIN {schema}.series AS r ON r.id = s.series_id GROUP BY 1, 2");
    SeriesOfMetrics candidates;
    for (std::size_t row = 0; row < held.size(); ++row) {
      candidates[held.integer(row, 0)].push_back(held.integer(row, 1));
      samples += static_cast<std::uint64_t>(held.integer(row, 2));
    }
    if (abilities_.hypertable) {
      drop_chunk(transaction, {piece.table, piece.from_ms, piece.to_ms});
      forgotten = forget(transaction, schema_, without_samples(transaction, candidates, true));
      return true;
    }
    // Not dropped at once: that waits for all who read or write anything. Only what reads this day waits here.
    const SeriesOfMetrics lost = without_samples(transaction, candidates, false, piece.table);
    transaction.run("TRUNCATE " + piece.table);
    forgotten = forget(transaction, schema_, lost);
    return true;
  });
  if (done) add(samples, forgotten);
  return done;
}

void RetentionEnforcer::drop_empty(const Piece& piece) {
  const bool dropped = database_.transact(Access::write, Repeat::always, call_, [&](Transaction& transaction) {
    transaction.run({lock_timeout(kPatience),
                     lock_statement(schema_, Lock::partitions, LockMode::exclusive, 0),
                     {"LOCK TABLE ONLY {schema}.sample IN ACCESS EXCLUSIVE MODE"}});
    // A writer may have come in between.
    if (!transaction.run("SELECT FROM " + piece.table + " LIMIT 1").empty()) return false;
    transaction.run("DROP TABLE " + piece.table);
    return true;
  });
  if (dropped) partitions_.forget(day_of(piece.from_ms));
}

std::vector<std::int64_t> RetentionEnforcer::series_with_old(const Metric& metric) {
  return database_.transact(Access::read, Repeat::always, call_, [&](Transaction& transaction) {
    const Rows rows = transaction.run(
        "SELECT r.id FROM {schema}.series AS r, LATERAL (SELECT FROM {schema}.sample AS s"
        " WHERE s.series_id = r.id AND s.ts < $2 LIMIT 1) AS old WHERE r.metric_id = $1 ORDER BY r.id",
        Parameters().add(metric.id).add_time(metric.cutoff));
    std::vector<std::int64_t> ids(rows.size());
    for (std::size_t row = 0; row < ids.size(); ++row) ids[row] = rows.integer(row, 0);
    return ids;
  });
}

void RetentionEnforcer::delete_old(const Metric& metric, const std::vector<Piece>& pieces) {
  const std::vector<std::int64_t> series = series_with_old(metric);
  if (series.empty()) return;
  // Day by day, and then what is in none of these.
  std::vector<TimeRange> ranges;
  for (const Piece& piece : pieces) {
    if (piece.from_ms < metric.cutoff) ranges.push_back({piece.from_ms, std::min(piece.to_ms, metric.cutoff)});
  }
  ranges.push_back({kForever, metric.cutoff});
  std::size_t at_once = kFirstSeries;
  for (const TimeRange& range : ranges) {
    for (std::size_t begin = 0; begin < series.size();) {
      const std::span<const std::int64_t> some =
          std::span(series).subspan(begin, std::min(at_once, series.size() - begin));
      const auto start = std::chrono::steady_clock::now();
      delete_step(metric, some, range.start_ms, range.end_ms);
      begin += some.size();
      const auto taken = std::chrono::steady_clock::now() - start;
      if (taken < kStep / 2) at_once = std::min(at_once * 2, kMostSeries);
      if (taken > kStep) at_once = std::max<std::size_t>(at_once / 2, 1);
    }
  }
}

void RetentionEnforcer::delete_step(const Metric& metric, std::span<const std::int64_t> series, std::int64_t from_ms,
                                    std::int64_t to_ms) {
  call_.check();
  std::uint64_t samples = 0;
  Forgotten forgotten;
  database_.transact(Access::write, Repeat::always, call_, [&](Transaction& transaction) {
    samples = 0;
    std::vector<Statement> statements;
    if (abilities_.hypertable) statements.push_back(unlimited_decompression());
    statements.push_back(lock_deleters_shared(schema_));
    statements.push_back(lock_deleters_of(schema_, std::span(&metric.id, 1)));
    statements.push_back(
        {"WITH gone AS (DELETE FROM {schema}.sample WHERE series_id = ANY($1) AND ts >= $2 AND ts < $3"
         " RETURNING series_id) SELECT series_id, count(*) FROM gone GROUP BY series_id",
         Parameters().add(series).add_time(from_ms).add_time(to_ms)});
    const Rows gone = std::move(transaction.run(std::move(statements)).back());
    SeriesOfMetrics candidates;
    for (std::size_t row = 0; row < gone.size(); ++row) {
      candidates[metric.id].push_back(gone.integer(row, 0));
      samples += static_cast<std::uint64_t>(gone.integer(row, 1));
    }
    forgotten = forget(transaction, schema_, without_samples(transaction, candidates, abilities_.hypertable));
  });
  add(samples, forgotten);
}

void RetentionEnforcer::add(std::uint64_t samples, const Forgotten& forgotten) {
  report_.samples += samples;
  report_.series += forgotten.series;
  report_.metrics += forgotten.metrics;
}

}  // namespace luminate::postgres
