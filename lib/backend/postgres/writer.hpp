#pragma once

#include <luminate/metric.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "backend/backend.hpp"
#include "backend/backlog.hpp"
#include "backend/cardinality_watch.hpp"
#include "backend/grouped_calls.hpp"
#include "postgres/conflict_memory.hpp"
#include "postgres/database.hpp"
#include "postgres/partitions.hpp"
#include "postgres/series_lru.hpp"
#include "postgres/write_group.hpp"

namespace luminate::postgres {

/// Backend::write(). Any number of threads: each write is a transaction, on half of the pool's connections at most;
/// those that come while these are busy share the next one.
///
/// Rows that are new, as far as one can tell (ConflictMemory), go in by COPY, or few of them by a plain INSERT in one
/// round trip with BEGIN and COMMIT; rows that may be there already by INSERT ... ON CONFLICT. When a guess was wrong
/// the primary key refuses the transaction, and it is done again with ON CONFLICT for all.
/// bench/postgres_write_bench.cpp measures what each costs.
class Writer {
 public:
  Writer(Database& database, Partitions& partitions);
  ~Writer();

  /// @throws Error invalid_request for a read-only store and for times that PostgreSQL cannot hold; storage_unavailable
  /// also when too much waits already, or when it was not done within WriteLimits::max_wait.
  backend::WriteOutcome write(std::string_view tenant, const Batch& batch, const model::Call& call);

 private:
  enum class Guess { by_memory, all_may_exist };

  void check_times(const Batch& batch, const model::Call& call);
  void write_group(std::span<Write* const> writes);
  /// One transaction. False: the ids that were known are outdated, and nothing was stored.
  bool store(WriteGroup& group, Guess guess, const model::Call& call);
  /// What comes before rows in every transaction.
  std::vector<Statement> preparation(const model::Call& call);
  bool store_in_one_round_trip(WriteGroup& group, Guess guess, const model::Call& call);
  void insert(Transaction& transaction, std::vector<SampleRow>& rows, Guess guess) const;
  bool is_new(const SampleRow& row, Guess guess) const noexcept {
    return guess == Guess::by_memory && !memory_.may_exist(row);
  }

  Database& database_;
  Partitions& partitions_;
  const std::string schema_;
  SeriesLru cache_;
  ConflictMemory memory_;
  backend::CardinalityWatch watch_;
  backend::Backlog backlog_;
  backend::GroupedCalls<Write> writes_;
};

}  // namespace luminate::postgres
