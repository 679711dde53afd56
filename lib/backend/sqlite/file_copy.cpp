#include "sqlite/file_copy.hpp"

#include <sqlite3.h>
#include <sys/stat.h>
#include <luminate/error.hpp>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <utility>

#include "file/pending_file.hpp"
#include "model/call.hpp"
#include "sqlite/canonical_path.hpp"
#include "sqlite/catalog.hpp"
#include "sqlite/connection.hpp"
#include "sqlite/file_check.hpp"
#include "sqlite/file_lock.hpp"
#include "sqlite/schema.hpp"

namespace luminate::sqlite {
namespace {

constexpr int kPagesAStep = 256;  // A megabyte: some hundred stops and reports a second.

/// A log or a journal that outlived its database would be played into the new file by whoever opens it.
void refuse_leftovers(const std::string& target) {
  for (const char* suffix : {"-wal", "-journal"}) {
    const std::string name = target + suffix;
    std::error_code error;
    const auto size = std::filesystem::file_size(name, error);
    if (error || size == 0) continue;
    throw Error(ErrorCode::invalid_request, name +
                                                " is there: it belongs to a store at this path, and would be mixed"
                                                " into the new one; open and close that store, or move both away");
  }
}

/// Takes all pages of the source's snapshot. SQLite's backup interface rather than VACUUM INTO: it copies pages as they
/// are, at the speed of the disk, where VACUUM would decode and insert every row anew. As the source is inside a read
/// transaction for the whole time, the pages are of one moment and the copy never begins again, however much is written
/// meanwhile. It only reads the source, so that it takes part in no checkpoint, from whichever process it runs: the one
/// writer stays the only one.
class PageCopy {
 public:
  PageCopy(Connection& source, Connection& target)
      : target_(target), backup_(sqlite3_backup_init(target.handle(), "main", source.handle(), "main")) {
    if (backup_ == nullptr) target_.fail(sqlite3_errcode(target_.handle()), "backup");
  }
  ~PageCopy() { sqlite3_backup_finish(backup_); }
  PageCopy(const PageCopy&) = delete;
  PageCopy& operator=(const PageCopy&) = delete;

  /// False when all is copied.
  bool step() {
    const int code = sqlite3_backup_step(backup_, kPagesAStep);
    if (code == SQLITE_OK) return true;
    if (code == SQLITE_DONE) {
      const int finished = sqlite3_backup_finish(std::exchange(backup_, nullptr));
      if (finished != SQLITE_OK) target_.fail(finished, "backup");
      return false;
    }
    target_.fail(code, "backup");
  }
  std::uint64_t pages_done() const {
    return static_cast<std::uint64_t>(sqlite3_backup_pagecount(backup_) - sqlite3_backup_remaining(backup_));
  }

 private:
  Connection& target_;
  sqlite3_backup* backup_;
};

/// Reports the bytes of two rounds, copying and checking, as one.
class Reporter {
 public:
  Reporter(const Watch& watch, std::uint64_t bytes, bool verify)
      : watch_(watch), bytes_(bytes), total_(verify ? 2 * bytes : bytes) {}

  void copied(std::uint64_t bytes) const { report(bytes); }
  void checked(const Progress& progress) const {
    report(bytes_ + (progress.total == 0
                         ? 0
                         : static_cast<std::uint64_t>(static_cast<double>(bytes_) * static_cast<double>(progress.done) /
                                                      static_cast<double>(progress.total))));
  }

 private:
  void report(std::uint64_t done) const {
    if (watch_.progress) watch_.progress({done, total_});
  }

  const Watch& watch_;
  const std::uint64_t bytes_;
  const std::uint64_t total_;
};

void copy_pages(Connection& source, const std::string& to, std::uint64_t page_size, const Reporter& reporter,
                const model::Call& call) {
  Connection target(to, Connection::Mode::read_write);
  // Nobody knows this file before it is renamed, and it is synced once, then.
  target.execute("PRAGMA journal_mode = OFF");
  target.execute("PRAGMA synchronous = OFF");
  PageCopy copy(source, target);
  while (copy.step()) {
    reporter.copied(copy.pages_done() * page_size);
    call.check();
  }
}

void verify(const std::string& copy, const std::string& from, const Reporter& reporter, const Watch& watch) {
  Connection immutable(copy, Connection::Mode::immutable);
  prepare_for_reading(immutable, copy);
  const CheckReport report = check_connection(
      immutable,
      {.watch = {.progress = [&](const Progress& progress) { reporter.checked(progress); }, .stop = watch.stop}});
  if (report.sound()) return;
  const auto first = std::ranges::find(report.findings, CheckFinding::Severity::damage, &CheckFinding::severity);
  throw Error(ErrorCode::storage_corrupt, "the copy of " + from + " does not pass its check (" +
                                              std::to_string(report.damages) + " damages" +
                                              (first == report.findings.end() ? "" : ", the first: " + first->what) +
                                              "); check " + from + " itself");
}

/// A copy may be read by whoever may read the original.
void copy_permissions(const std::string& from, const std::string& to) {
  struct stat status {};
  if (::stat(from.c_str(), &status) == 0) (void)::chmod(to.c_str(), status.st_mode & 0777);
}

}  // namespace

void back_up_file(const std::string& from, const std::string& to, const BackupOptions& options) {
  const model::Call call{.stop = options.watch.stop};
  const std::string source_path = canonical_path(from);
  const auto opened = open_to_read(source_path);
  Connection& source = *opened;
  const Transaction snapshot(source, Transaction::Kind::read);
  Catalog::read_version(source);  // The snapshot is taken by the first read.

  const std::string target_path = canonical_path(to);
  const auto existing = options.overwrite ? file::PendingFile::Existing::replace : file::PendingFile::Existing::refuse;
  std::optional<file::PendingFile> target(std::in_place, target_path, existing);
  const FileLock lock(target_path);  // Nobody makes or opens a store there meanwhile.
  refuse_leftovers(target_path);

  const auto page_size = static_cast<std::uint64_t>(source.query_integer("PRAGMA page_size"));
  const auto pages = static_cast<std::uint64_t>(source.query_integer("PRAGMA page_count"));
  const Reporter reporter(options.watch, pages * page_size, options.verify);
  copy_pages(source, target->path(), page_size, reporter, call);
  if (options.verify) verify(target->path(), from, reporter, options.watch);
  copy_permissions(source_path, target->path());
  call.check();
  target->commit();
}

}  // namespace luminate::sqlite
