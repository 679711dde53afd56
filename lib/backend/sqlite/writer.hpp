#pragma once

#include <luminate/options.hpp>

#include <mutex>
#include <string_view>
#include <vector>

#include "backend/backend.hpp"
#include "sqlite/catalog.hpp"
#include "sqlite/connection.hpp"
#include "sqlite/file_identity.hpp"
#include "sqlite/segment_builder.hpp"

namespace luminate::sqlite {

/// The one place that changes a file: all writes, deletions and checkpoints go through its connection, under its mutex.
/// Any number of threads may call write(); what can be done without the mutex is.
class Writer {
 public:
  Writer(const std::string& path, const Options& options, Catalog& catalog);

  std::vector<backend::Refusal> write(std::string_view tenant, const Batch& batch);
  std::uint64_t remove(const backend::DeleteRequest& request, const model::Call& call);
  /// @throws Error storage_unavailable when somebody moved, deleted or replaced the file: no write would be found
  /// again.
  void check_file() const { file_.check(); }

 private:
  /// What the catalog said about a batch's series, and when.
  struct Resolution {
    std::vector<ResolvedSeries> series;
    bool complete = true;          ///< Every series that has points is known.
    std::uint64_t generation = 0;  ///< Of the catalog.
  };

  Resolution resolve(std::string_view tenant, const Batch& batch) const;
  std::vector<backend::Refusal> add_missing(std::string_view tenant, const Batch& batch, Resolution& resolution,
                                            std::vector<Catalog::Metrics::value_type*>& grown);
  void commit(std::vector<NewSegment>& segments, std::span<Catalog::Metrics::value_type* const> grown);
  void catch_up_after_failure();
  void checkpoint_if_due();

  Catalog& catalog_;
  const CardinalityLimits limits_;

  std::mutex mutex_;
  Connection connection_;    // Guarded by mutex_, like what follows.
  const FileIdentity file_;  // Known before anything is written; needs no mutex.
  std::int64_t next_segment_;
  int checkpoint_at_;    ///< Pages in the log.
  bool failed_ = false;  ///< The catalog may hold series that the file does not.
};

}  // namespace luminate::sqlite
