#include "sqlite/connection.hpp"

#include <sqlite3.h>
#include <luminate/error.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <utility>

namespace luminate::sqlite {
namespace {

constexpr int kBusyTimeoutMs = 5000;

// How long a checkpoint waits for readers, and everybody else for it.
constexpr int kCheckpointTimeoutMs = 500;

ErrorCode code_of(int sqlite_code) {
  switch (sqlite_code & 0xFF) {
    case SQLITE_CORRUPT:
      return ErrorCode::storage_corrupt;
    case SQLITE_NOTADB:
      return ErrorCode::storage_version;
    case SQLITE_MISUSE:
    case SQLITE_RANGE:
    case SQLITE_CONSTRAINT:
      return ErrorCode::internal;
    default:
      return ErrorCode::storage_unavailable;
  }
}

std::string_view advice(int sqlite_code) {
  switch (sqlite_code & 0xFF) {
    case SQLITE_FULL:
      return "the disk is full; free some space";
    case SQLITE_CANTOPEN:
      return "cannot open the file; check that its directory exists and may be written";
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return "the file or its directory may not be written; check their permissions";
    case SQLITE_CORRUPT:
      return "the file is damaged; restore it from a backup";
    case SQLITE_NOTADB:
      return "the file is no SQLite database; choose another path";
    case SQLITE_IOERR:
      return "the disk failed to read or write; check the system's log";
    default:
      return "SQLite failed";
  }
}

/// Why SQLite, which only says "unable to open database file", could not open `path`.
std::string open_advice(const std::string& path, Connection::Mode mode, int sqlite_code) {
  std::error_code ignored;
  const auto status = std::filesystem::status(path, ignored);
  if (std::filesystem::is_directory(status)) return "is a directory; give the path of a file in it";
  const bool missing = status.type() == std::filesystem::file_type::not_found &&
                       std::filesystem::is_directory(std::filesystem::path(path).parent_path(), ignored);
  if (mode != Connection::Mode::read_write && missing) {
    return "there is no such file to read; check the path, or let a writer make it first";
  }
  return std::string(advice(sqlite_code));
}

/// What SQLite takes for `path` with SQLITE_OPEN_URI.
std::string immutable_uri(const std::string& path) {
  std::string uri = "file:";
  for (const char c : path) {
    constexpr const char* kDigits = "0123456789ABCDEF";
    const auto byte = static_cast<unsigned char>(c);
    if (c == '%' || c == '?' || c == '#') {
      uri += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    } else {
      uri += c;
    }
  }
  return uri + "?immutable=1";
}

}  // namespace

Connection::Connection(const std::string& path, Mode mode) : path_(path) {
  const int flags = (mode == Mode::read_write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY) |
                    (mode == Mode::immutable ? SQLITE_OPEN_URI : 0) | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
  const std::string name = mode == Mode::immutable ? immutable_uri(path) : path;
  if (const int code = sqlite3_open_v2(name.c_str(), &handle_, flags, nullptr); code != SQLITE_OK) {
    const std::string reason = handle_ != nullptr ? sqlite3_errmsg(handle_) : sqlite3_errstr(code);
    sqlite3_close(handle_);
    throw Error(code_of(code), path + ": " + open_advice(path, mode, code) + " (" + reason + ")");
  }
  sqlite3_extended_result_codes(handle_, 1);
  sqlite3_busy_timeout(handle_, kBusyTimeoutMs);
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, nullptr);
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  // Installing a hook of our own replaces SQLite's automatic checkpoints.
  sqlite3_wal_hook(
      handle_,
      [](void* self, sqlite3*, const char*, int pages) {
        static_cast<Connection*>(self)->wal_pages_ = pages;
        return SQLITE_OK;
      },
      this);
}

Connection::~Connection() {
  if (log_doubtful_) {
    try {
      rewrite_log();
    } catch (const Error&) {
      // The log stays beside the file, as after a crash.
      sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    }
  }
  sqlite3_close(handle_);
}

bool Connection::in_transaction() const noexcept {
  return sqlite3_get_autocommit(handle_) == 0;
}

void Connection::execute(const char* sql) {
  if (const int code = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr); code != SQLITE_OK) fail(code, sql);
}

Statement Connection::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                                      &statement, nullptr);
  if (code != SQLITE_OK) fail(code, sql);
  return {*this, statement};
}

std::int64_t Connection::query_integer(std::string_view sql) {
  Statement statement = prepare(sql);
  if (!statement.step()) fail(SQLITE_CORRUPT, sql);
  return statement.integer(0);
}

/// When a sync fails, the system may drop what it could not write and still take it for written: it reads as before,
/// and the next sync succeeds without it. With durability `normal` the log would then be folded into the file although
/// a power cut leaves holes in it, and a file that is half changed. What is written again is synced again.
void Connection::rewrite_log() {
  sqlite3_file* log = nullptr;
  sqlite3_file_control(handle_, nullptr, SQLITE_FCNTL_JOURNAL_POINTER, static_cast<void*>(&log));
  if (log != nullptr && log->pMethods != nullptr) {
    sqlite3_int64 size = 0;
    int code = log->pMethods->xFileSize(log, &size);
    std::array<char, 65'536> piece{};
    for (sqlite3_int64 at = 0; code == SQLITE_OK && at < size; at += std::ssize(piece)) {
      const auto length = static_cast<int>(std::min<sqlite3_int64>(std::ssize(piece), size - at));
      code = log->pMethods->xRead(log, piece.data(), length, at);
      if (code == SQLITE_OK) code = log->pMethods->xWrite(log, piece.data(), length, at);
    }
    if (code != SQLITE_OK) fail(code, "writing the log again");
  }
  log_doubtful_ = false;
}

void Connection::checkpoint(Checkpoint kind) {
  if (log_doubtful_) rewrite_log();
  const int mode = kind == Checkpoint::passive ? SQLITE_CHECKPOINT_PASSIVE : SQLITE_CHECKPOINT_RESTART;
  sqlite3_busy_timeout(handle_, kCheckpointTimeoutMs);
  const int code = sqlite3_wal_checkpoint_v2(handle_, nullptr, mode, nullptr, nullptr);
  sqlite3_busy_timeout(handle_, kBusyTimeoutMs);
  if ((code & 0xFF) == SQLITE_IOERR) log_doubtful_ = true;
  if (code != SQLITE_OK && code != SQLITE_BUSY && code != SQLITE_LOCKED) fail(code, "checkpoint");
}

void Connection::checkpoint_on_close() {
  sqlite3_db_config(handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, nullptr);
}

void Connection::interrupt() noexcept {
  sqlite3_interrupt(handle_);
}

void Connection::fail(int code, std::string_view what) const {
  // Where SQLite maps or extends its shared memory, a full disk is an I/O error like any other.
  const bool full = (code & 0xFF) == SQLITE_IOERR && sqlite3_system_errno(handle_) == ENOSPC;
  throw Error(code_of(code), path_ + ": " + std::string(advice(full ? SQLITE_FULL : code)) + " (" +
                                 sqlite3_errmsg(handle_) + ", code " + std::to_string(code) +
                                 ", in: " + std::string(what) + ")");
}

Statement::~Statement() {
  sqlite3_finalize(statement_);
}

Statement::Statement(Statement&& other) noexcept
    : connection_(other.connection_), statement_(std::exchange(other.statement_, nullptr)) {}

Statement& Statement::bind(int index, std::int64_t value) {
  if (const int code = sqlite3_bind_int64(statement_, index, value)) connection_->fail(code, sqlite3_sql(statement_));
  return *this;
}

Statement& Statement::bind(int index, std::string_view text) {
  // A null pointer would bind NULL, not the empty text.
  const char* data = text.data() != nullptr ? text.data() : "";
  const int code = sqlite3_bind_text64(statement_, index, data, text.size(), SQLITE_STATIC, SQLITE_UTF8);
  if (code != SQLITE_OK) connection_->fail(code, sqlite3_sql(statement_));
  return *this;
}

Statement& Statement::bind(int index, std::span<const std::byte> blob) {
  const void* data = blob.data() != nullptr ? static_cast<const void*>(blob.data()) : "";
  const int code = sqlite3_bind_blob64(statement_, index, data, blob.size(), SQLITE_STATIC);
  if (code != SQLITE_OK) connection_->fail(code, sqlite3_sql(statement_));
  return *this;
}

bool Statement::step() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  connection_->fail(code, sqlite3_sql(statement_));
}

void Statement::reset() {
  sqlite3_reset(statement_);
}

void Statement::run() {
  step();
  reset();
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}

std::string_view Statement::text(int column) const {
  const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

std::span<const std::byte> Statement::blob(int column) const {
  const auto* data = static_cast<const std::byte*>(sqlite3_column_blob(statement_, column));
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

BlobReader::~BlobReader() {
  sqlite3_blob_close(blob_);
}

bool BlobReader::open(std::int64_t id) {
  // A handle that failed to move is of no use any more, so a new one is opened for the next row.
  if (blob_ != nullptr && sqlite3_blob_reopen(blob_, id) == SQLITE_OK) return true;
  sqlite3_blob_close(std::exchange(blob_, nullptr));
  const int code = sqlite3_blob_open(connection_->handle(), "main", table_, column_, id, 0, &blob_);
  if (code == SQLITE_OK) return true;
  sqlite3_blob_close(std::exchange(blob_, nullptr));
  if (code == SQLITE_ERROR) return false;
  connection_->fail(code, "opening a blob");
}

std::size_t BlobReader::size() const {
  return static_cast<std::size_t>(sqlite3_blob_bytes(blob_));
}

void BlobReader::read(std::size_t offset, std::span<std::byte> out) {
  const int code = sqlite3_blob_read(blob_, out.data(), static_cast<int>(out.size()), static_cast<int>(offset));
  if (code != SQLITE_OK) connection_->fail(code, "reading a blob");
}

Transaction::Transaction(Connection& connection, Kind kind) : connection_(&connection) {
  connection.end_abandoned_transaction();
  connection.execute(kind == Kind::write ? "BEGIN IMMEDIATE" : "BEGIN");
}

Transaction::~Transaction() {
  if (!open_) return;
  try {
    connection_->execute("ROLLBACK");
  } catch (const Error&) {
    // Some failures have rolled back already; there is nothing left to undo. Else end_abandoned_transaction() does it.
  }
}

void Transaction::commit() {
  try {
    connection_->execute("COMMIT");
    open_ = false;
  } catch (Error& error) {
    // The log may hold the commit although syncing it failed: after a crash it would count.
    throw Error(error).mark_in_doubt();
  }
}

}  // namespace luminate::sqlite
