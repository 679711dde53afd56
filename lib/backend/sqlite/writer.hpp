#pragma once

#include <luminate/options.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <set>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "backend/backend.hpp"
#include "backend/backlog.hpp"
#include "backend/cardinality_watch.hpp"
#include "backend/grouped_calls.hpp"
#include "sqlite/catalog.hpp"
#include "sqlite/connection.hpp"
#include "sqlite/file_identity.hpp"
#include "sqlite/patient_mutex.hpp"
#include "sqlite/segment_builder.hpp"

namespace luminate::sqlite {

/// The one place that changes a file: all writes, deletions and checkpoints go through its connection, under its mutex.
/// Any number of threads may call write(): each looks its series up and encodes its points without the mutex, and those
/// that come while a commit is under way share the next one.
class Writer {
 public:
  Writer(const std::string& path, const Options& options, Catalog& catalog);

  /// @throws Error storage_unavailable also when too much waits for the disk already, or the batch waited too long.
  backend::WriteOutcome write(std::string_view tenant, const Batch& batch, const model::Call& call);
  /// @throws Error storage_unavailable when somebody moved, deleted or replaced the file: no write would be found
  /// again.
  void check_file() const { file_.check(); }

  /// What was written since the file was opened.
  struct Counters {
    std::atomic<std::uint64_t> ingested_bytes = 0;   ///< Of segments that writes made.
    std::atomic<std::uint64_t> rewritten_bytes = 0;  ///< Of segments that took the place of others.
    std::atomic<std::uint64_t> merges = 0;
  };
  Counters& counters() { return counters_; }
  /// To be called after every write, under the mutex, with the number of segments it made. Set before the first write.
  void on_write(std::function<void(std::size_t)> listener) { on_write_ = std::move(listener); }

  /// Runs `work`, which changes segments or whatever else, alone with the file: on the one connection, under the mutex.
  void exclusively(const std::function<void(Connection&)>& work);
  /// A number that no segment has or had. @pre called by the work of exclusively().
  std::int64_t next_segment_id() { return next_segment_++; }
  /// Keeps the numbers of segments that are deleted from being used again. @pre as above, in a transaction.
  void save_segment_id();

 private:
  /// What the catalog said about a batch's series, and when.
  struct Resolution {
    std::vector<ResolvedSeries> series;
    bool complete = true;          ///< Every series that has points is known.
    std::uint64_t generation = 0;  ///< Of the catalog.
    bool outdated = false;         ///< The batch has handles of another generation: it must not be written.
  };

  /// One call of write() on its way to the disk.
  struct Write {
    std::string_view tenant;
    const Batch* batch;
    Resolution resolution{};
    std::vector<NewSegment> segments{};  ///< Filled before the commit where all series are known.
    std::vector<backend::Refusal> refusals{};
  };

  Resolution resolve(std::string_view tenant, const Batch& batch) const;
  using Grown = std::set<Catalog::Metrics::value_type*>;
  void encode_alone(Write& write) const;
  void write_group(std::span<Write* const> writes);
  void renew_if_outdated(Write& write) const;
  /// So that the catalog has all series of the metrics in question, and may tell which are new.
  void load_metrics(std::string_view tenant, const Batch& batch, std::span<const Batch::SeriesIndex> used);
  void add_missing(Write& write, Grown& grown);
  using Growths = std::vector<backend::CardinalityWatch::Growth>;
  /// What was new, where that may matter.
  Growths commit(std::vector<NewSegment>& segments, const Grown& grown);
  Growths growths(const Grown& grown) const;
  void catch_up_after_failure();
  void checkpoint_if_due();

  Catalog& catalog_;
  const CardinalityLimits limits_;
  backend::CardinalityWatch watch_;
  const std::chrono::milliseconds max_wait_;

  backend::Backlog backlog_;
  backend::GroupedCalls<Write> writes_;
  PatientMutex mutex_;
  Connection connection_;    // Guarded by mutex_, like what follows.
  const FileIdentity file_;  // Known before anything is written; needs no mutex.
  std::int64_t next_segment_;
  int checkpoint_at_;    ///< Pages in the log.
  bool failed_ = false;  ///< The catalog may hold series that the file does not.
  std::function<void(std::size_t)> on_write_;
  Counters counters_;  // Needs no mutex.
};

}  // namespace luminate::sqlite
