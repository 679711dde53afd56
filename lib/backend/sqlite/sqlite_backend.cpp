#include "sqlite/sqlite_backend.hpp"

#include <luminate/error.hpp>

#include <filesystem>
#include <optional>

#include "sqlite/catalog.hpp"
#include "sqlite/discovery.hpp"
#include "sqlite/file_lock.hpp"
#include "sqlite/query_reader.hpp"
#include "sqlite/snapshot.hpp"
#include "sqlite/worker_pool.hpp"
#include "sqlite/writer.hpp"

namespace luminate::sqlite {
namespace {

class SqliteBackend final : public backend::Backend {
 public:
  SqliteBackend(const std::string& path, const Options& options) : pool_(path), workers_(options.queries.max_threads) {
    if (options.read_only) {
      // A missing or foreign file is told now, not by the first query.
      snapshot().begin([](const Catalog&) {});
    } else {
      lock_.emplace(path);
      writer_.emplace(path, options, catalog_);
    }
  }

  backend::WriteOutcome write(std::string_view tenant, const Batch& batch, const model::Call&) override {
    return writer().write(tenant, batch);
  }

  Result range(const query::Plan& plan, const model::Call& call) override { return query(plan, call); }
  Result aggregate(const query::Plan& plan, const model::Call& call) override { return query(plan, call); }
  Result rate(const query::Plan& plan, const model::Call& call) override { return query(plan, call); }

  std::vector<std::string> metrics(const backend::ListRequest& request, const model::Call& call) override {
    Snapshot view = snapshot();
    return list_metrics(view, request, call);
  }

  std::vector<std::string> dimension_keys(std::string_view metric, const backend::ListRequest& request,
                                          const model::Call& call) override {
    Snapshot view = snapshot();
    return list_dimension_keys(view, metric, request, call);
  }

  std::vector<std::string> dimension_values(std::string_view metric, std::string_view key,
                                            const backend::ListRequest& request, const model::Call& call) override {
    Snapshot view = snapshot();
    return list_dimension_values(view, metric, key, request, call);
  }

  std::uint64_t series_count(std::string_view tenant, std::optional<std::string_view> metric,
                             const model::Call&) override {
    Snapshot view = snapshot();
    return count_series(view, tenant, metric);
  }

  std::uint64_t remove(const backend::DeleteRequest& request, const model::Call& call) override {
    return writer().remove(request, call);
  }

  Health health(const model::Call&) override {
    Health health{.healthy = true, .backend = "sqlite", .status = "ok"};
    try {
      snapshot().begin([](const Catalog&) {});
      if (writer_) writer_->check_file();
    } catch (const Error& error) {
      health.healthy = false;
      health.status = error.what();
    }
    return health;
  }

  void close() override {
    // Readers first: the writer, closing last, folds its log into the file, which is then all there is.
    pool_.clear();
    if (writer_) writer_.reset();
    lock_.reset();
  }

 private:
  Result query(const query::Plan& plan, const model::Call& call) {
    Snapshot view = snapshot();
    return read_query(view, plan, workers_, call);
  }

  Snapshot snapshot() { return {pool_, catalog_, !writer_.has_value()}; }

  Writer& writer() {
    if (!writer_) {
      throw Error(ErrorCode::invalid_request, "the store was opened read-only; open it without ?mode=ro to write");
    }
    return *writer_;
  }

  // Made in this order, and unmade in the reverse one by close().
  std::optional<FileLock> lock_;
  Catalog catalog_;
  std::optional<Writer> writer_;  // Empty when read-only.
  ConnectionPool pool_;
  WorkerPool workers_;
};

/// The one name of a file, however it is spelt. The lock stands beside the file itself, so that a second way to it, by
/// a symbolic link, meets the same lock; and an absolute path still names it when the process changes its directory.
std::string canonical(const std::string& path) {
  namespace fs = std::filesystem;
  constexpr int kMaxLinks = 40;  // As many as the kernel follows.
  std::error_code error;
  fs::path name = fs::absolute(path, error);
  if (error) return path;
  // weakly_canonical() does not follow a link to a file that is not there yet; opening it makes the file at its target.
  for (int links = 0; links < kMaxLinks && fs::is_symlink(name, error) && !fs::exists(name, error); ++links) {
    name = name.parent_path() / fs::read_symlink(name, error);
  }
  const fs::path resolved = fs::weakly_canonical(name, error);
  return error ? name.string() : resolved.string();
}

}  // namespace

std::unique_ptr<backend::Backend> open_sqlite(const std::string& path, const Options& options) {
  return std::make_unique<SqliteBackend>(canonical(path), options);
}

}  // namespace luminate::sqlite
