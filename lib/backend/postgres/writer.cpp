#include "postgres/writer.hpp"

#include <luminate/error.hpp>
#include <luminate/query.hpp>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

#include "backend/storage_failed.hpp"
#include "postgres/sql_error.hpp"

namespace luminate::postgres {
namespace {

// A transaction takes no more writes once it has as many points.
constexpr std::size_t kGroupPoints = 10'000;

// Fewer rows are stored by INSERT, in one round trip: COPY needs three, and saves the server a sixth of the work.
constexpr std::size_t kCopyRows = 1'000;

// The part of the cache's memory that guesses about conflicts may take besides.
constexpr std::size_t kMemoryShare = 4;

// TimescaleDB counts from 1970 what PostgreSQL counts from 2000, and the end of a chunk, a day, must be a time too.
constexpr std::int64_t kEndOfChunks = kEndOfTime - 946'684'800'000 - kDayMs;

constexpr std::string_view kColumns = "{schema}.sample (series_id, ts, value)";
constexpr std::string_view kRows = " SELECT s, t, v FROM unnest($1, $2, $3) AS u(s, t, v)";
// What is there already is left alone, so that writing again what was written costs no new row. Zero equals minus zero.
constexpr std::string_view kOnConflict =
    " ON CONFLICT (series_id, ts) DO UPDATE SET value = excluded.value"
    " WHERE sample.value <> excluded.value OR sample.value = 0";

Statement insert_statement(std::span<const SampleRow> rows, bool replace) {
  Statement statement{std::string("INSERT INTO ").append(kColumns).append(kRows).append(replace ? kOnConflict : "")};
  add_rows(statement.parameters, rows);
  return statement;
}

/// Stores the rows if the generation is the one that their ids are of; in any case tells which it is.
Statement insert_if_current(std::span<const SampleRow> rows, std::int64_t generation, bool replace) {
  Statement statement{std::string("WITH g AS (SELECT value FROM {schema}.generation), stored AS (INSERT INTO ")
                          .append(kColumns)
                          .append(kRows)
                          .append(" WHERE (SELECT value FROM g) = $4")
                          .append(replace ? kOnConflict : "")
                          .append(") SELECT value FROM g")};
  add_rows(statement.parameters, rows);
  statement.parameters.add(generation);
  return statement;
}

Error not_done_in_time(std::chrono::milliseconds max_wait, const std::string& why) {
  return Error(ErrorCode::storage_unavailable, "the database does not keep up: the write " + why + " within " +
                                                   format_duration(max_wait) +
                                                   " (batch_write.max_wait); try again later");
}

std::chrono::steady_clock::time_point deadline_after(std::chrono::milliseconds wait) {
  const auto now = std::chrono::steady_clock::now();
  const auto most = std::chrono::steady_clock::time_point::max() - now;
  return wait < most ? now + wait : std::chrono::steady_clock::time_point::max();
}

std::size_t groups_at_a_time(std::size_t pool_size) {
  return std::max<std::size_t>(1, pool_size / 2);  // Queries need connections too.
}

}  // namespace

Writer::Writer(Database& database, Partitions& partitions)
    : database_(database),
      partitions_(partitions),
      schema_(database.pool().settings().schema),
      cache_(database.options().writes.max_series_cache_bytes),
      memory_(database.options().writes.max_series_cache_bytes / kMemoryShare),
      watch_(database.options().cardinality, database.options().logger),
      backlog_({.points = database.options().writes.max_waiting_points,
                .bytes = database.options().writes.max_waiting_bytes},
               "the database"),
      writes_({.group_weight = kGroupPoints,
               .parallel = groups_at_a_time(database.pool().settings().pool_size),
               .max_wait = database.options().writes.max_wait,
               .concerns_all = backend::storage_failed}) {}

Writer::~Writer() = default;

backend::WriteOutcome Writer::write(std::string_view tenant, const Batch& batch, const model::Call& call) {
  const auto max_wait = database_.options().writes.max_wait;
  if (database_.options().read_only || database_.pool().settings().read_only) {
    throw Error(ErrorCode::invalid_request,
                "the store was opened read-only; open it without Options::read_only to write");
  }
  if (batch.empty()) return {};
  const backend::Backlog::Share share(backlog_, {.points = batch.size(), .bytes = batch.memory()});
  const model::Call bounded{.deadline = std::min(call.deadline, deadline_after(max_wait)), .stop = call.stop};
  Write write{.tenant = tenant, .batch = &batch, .deadline = bounded.deadline};
  try {
    check_times(batch, bounded);
    partitions_.ensure(batch.timestamp_column(), bounded);
    const auto process = [this](std::span<Write* const> group) { write_group(group); };
    if (!writes_.run(write, batch.size(), process, bounded)) {
      call.check();
      throw not_done_in_time(max_wait, "did not get its turn");
    }
  } catch (const Error& error) {
    if (error.code() != ErrorCode::query_timeout || call.expired()) throw;
    Error late = not_done_in_time(max_wait, error.in_doubt() ? "was not confirmed" : "was not stored");
    if (error.in_doubt()) late.mark_in_doubt();
    throw late;
  }
  return std::move(write.outcome);
}

void Writer::check_times(const Batch& batch, const model::Call& call) {
  const auto times = batch.timestamp_column();
  std::int64_t end = kEndOfChunks;
  const auto outside = [&](std::int64_t time) { return time < kEarliestTime || time >= end; };
  auto found = std::ranges::find_if(times, outside);
  if (found == times.end()) return;
  if (!database_.abilities(call).hypertable) end = kEndOfTime;
  found = std::ranges::find_if(times, outside);
  if (found == times.end()) return;
  throw Error(ErrorCode::invalid_request, "point " + std::to_string(found - times.begin()) + " has the timestamp " +
                                              std::to_string(*found) + ", which PostgreSQL cannot hold: it takes " +
                                              std::to_string(kEarliestTime) + " to " + std::to_string(end - 1) +
                                              "; nothing was stored");
}

void Writer::write_group(std::span<Write* const> writes) {
  // Nobody's write is given up because another's, which came at the same time, had less time.
  const auto slowest = std::ranges::max_element(writes, {}, &Write::deadline);
  const model::Call call{.deadline = (*slowest)->deadline, .stop = {}};
  bool in_doubt = false;
  auto guess = Guess::by_memory;
  for (;;) {
    WriteGroup group(writes, cache_);
    if (group.empty()) return;
    const auto tenants = group.tenants();
    for (const std::string_view tenant : tenants) {
      if (guess == Guess::by_memory && memory_.distrusts(tenant)) guess = Guess::all_may_exist;
    }
    try {
      if (!store(group, guess, call)) continue;
    } catch (const SqlError& error) {
      const bool wrong_guess = error.state() == kUniqueViolation && guess == Guess::by_memory;
      in_doubt = in_doubt || error.in_doubt();
      if (!wrong_guess) {
        SqlError last = error;
        if (in_doubt) last.mark_in_doubt();
        throw last;
      }
      for (const std::string_view tenant : tenants) memory_.guessed_wrong(tenant);
      guess = Guess::all_may_exist;
      continue;
    }
    if (guess == Guess::by_memory) {
      for (const std::string_view tenant : tenants) memory_.guessed_right(tenant);
    }
    group.publish();
    return;
  }
}

bool Writer::store(WriteGroup& group, Guess guess, const model::Call& call) {
  if (group.complete() && group.points() < kCopyRows) return store_in_one_round_trip(group, guess, call);

  const CardinalityLimits& limits = database_.options().cardinality;
  Names names;
  std::int64_t generation = 0;
  const bool complete = group.names().complete();
  std::vector<SampleRow> rows;
  if (complete) rows = group.rows(group.names().series_ids);  // Now, while no transaction waits for it.
  const bool stored = database_.transact(Access::write, Repeat::always, call, [&](Transaction& transaction) {
    names = group.names();
    generation = look_up(transaction, schema_, names, preparation(call));
    if (group.generation() && generation != *group.generation()) return false;
    if (!names.complete()) create_missing(transaction, schema_, limits, names);
    if (!complete) rows = group.rows(names.series_ids);
    group.conclude(names, generation, limits);
    if (!rows.empty()) insert(transaction, rows, guess);
    return true;
  });
  cache_.renew(generation);
  if (!stored) return false;
  cache_.remember(generation, names.metrics, names.metric_ids);
  cache_.remember(generation, names.series, names.series_ids);
  watch_.note(names.growths);
  memory_.stored(rows);
  return true;
}

std::vector<Statement> Writer::preparation(const model::Call& call) {
  std::vector<Statement> statements;
  if (!database_.abilities(call).compression) return statements;
  // Rows of compressed chunks are decompressed where they conflict, a thousand at a time and 100,000 at most: about a
  // hundred late samples, if each is of another series.
  statements.push_back({"SELECT set_config('timescaledb.max_tuples_decompressed_per_dml_transaction', '0', true)"});
  return statements;
}

bool Writer::store_in_one_round_trip(WriteGroup& group, Guess guess, const model::Call& call) {
  const std::vector<SampleRow> rows = group.rows(group.names().series_ids);
  const bool replace = !std::ranges::all_of(rows, [&](const SampleRow& row) { return is_new(row, guess); });
  const std::int64_t expected = *group.generation();
  group.conclude(group.names(), expected, database_.options().cardinality);
  const std::int64_t generation =
      database_.transact(Access::write, Repeat::always, call, [&](Transaction& transaction) {
        std::vector<Statement> statements = preparation(call);
        statements.push_back(lock_metrics(schema_, group.names()));
        statements.push_back(insert_if_current(rows, expected, replace));
        const auto answers = transaction.commit_after(std::move(statements));
        return answers.back().integer(0, 0);
      });
  cache_.renew(generation);
  if (generation != expected) return false;
  memory_.stored(rows);
  return true;
}

/// Inserts the rows and commits.
void Writer::insert(Transaction& transaction, std::vector<SampleRow>& rows, Guess guess) const {
  const auto is_new = [&](const SampleRow& row) { return this->is_new(row, guess); };
  const auto count = static_cast<std::size_t>(std::ranges::count_if(rows, is_new));
  if (count < kCopyRows) {
    transaction.commit_after({insert_statement(rows, count < rows.size())});
    return;
  }
  std::stable_partition(rows.begin(), rows.end(), is_new);
  const std::span all(rows);
  CopyPieces pieces(all.first(count));
  transaction.copy_in("COPY {schema}.sample (series_id, ts, value) FROM STDIN (FORMAT binary)",
                      [&](std::string& piece) { pieces.next(piece); });
  if (count < rows.size()) transaction.commit_after({insert_statement(all.subspan(count), true)});
}

}  // namespace luminate::postgres
