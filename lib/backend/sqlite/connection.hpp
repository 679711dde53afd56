#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_blob;
struct sqlite3_stmt;

namespace luminate::sqlite {

class Statement;

/// One SQLite connection, used by one thread at a time. Failures become luminate::Error: storage_corrupt for a damaged
/// file, storage_unavailable for the rest, with SQLite's own message at the end.
///
/// No connection ever checkpoints by itself: SQLite 3.7.0 to 3.51.2 can corrupt a WAL database when one connection's
/// commit meets another's checkpoint, so the writer alone does it, explicitly.
class Connection {
 public:
  enum class Mode {
    read_write,
    read_only,
    immutable,  ///< A file that nobody writes: no lock is taken, no file made beside it, and a log there is not read.
  };

  Connection(const std::string& path, Mode mode);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void execute(const char* sql);
  Statement prepare(std::string_view sql);
  /// The first column of the first row. @throws Error when there is none.
  std::int64_t query_integer(std::string_view sql);

  bool in_transaction() const noexcept;
  /// Ends a transaction whose end failed: without memory not even ROLLBACK can be run.
  void end_abandoned_transaction() {
    if (in_transaction()) execute("ROLLBACK");
  }

  enum class Checkpoint {
    passive,  ///< Copies what readers let it. The log begins again only when no reader was in it.
    restart,  ///< Waits for the readers of the log to finish, for the busy timeout at most, so that it begins again.
  };
  /// Copies the write-ahead log into the database file.
  void checkpoint(Checkpoint kind);
  /// Folds the log into the file when this connection closes as the last one of all processes.
  void checkpoint_on_close();
  /// Pages in the write-ahead log after the last commit of this connection.
  int wal_pages() const noexcept { return wal_pages_; }

  /// Makes the statement that runs fail. Any thread.
  void interrupt() noexcept;

  /// For the parts of SQLite that have a wrapper of their own.
  sqlite3* handle() noexcept { return handle_; }

  [[noreturn]] void fail(int code, std::string_view what) const;

 private:
  void rewrite_log();

  sqlite3* handle_ = nullptr;
  std::string path_;
  int wal_pages_ = 0;
  bool log_doubtful_ = false;  ///< A checkpoint failed: the log may not be on the disk as it reads.
};

/// A prepared statement. Text and blobs that are bound must live until the next reset().
class Statement {
 public:
  Statement(Connection& connection, sqlite3_stmt* statement) : connection_(&connection), statement_(statement) {}
  ~Statement();
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&&) = delete;

  Statement& bind(int index, std::int64_t value);
  Statement& bind(int index, std::string_view text);
  Statement& bind(int index, std::span<const std::byte> blob);

  bool step();  ///< True: a row is there. False: done.
  void reset();
  /// For statements without rows: step() and reset().
  void run();

  std::int64_t integer(int column) const;
  /// Valid until the next step() or reset().
  std::string_view text(int column) const;
  std::span<const std::byte> blob(int column) const;

 private:
  Connection* connection_;
  sqlite3_stmt* statement_;
};

/// Reads blobs of one column piece by piece, without their ends being fetched for the sake of their beginnings.
class BlobReader {
 public:
  /// `table` and `column` must outlive the reader.
  BlobReader(Connection& connection, const char* table, const char* column)
      : connection_(&connection), table_(table), column_(column) {}
  ~BlobReader();
  BlobReader(const BlobReader&) = delete;
  BlobReader& operator=(const BlobReader&) = delete;

  /// Goes to a row. False: there is none with this id.
  bool open(std::int64_t id);
  std::size_t size() const;
  /// @pre offset + out.size() <= size().
  void read(std::size_t offset, std::span<std::byte> out);

 private:
  Connection* connection_;
  const char* table_;
  const char* column_;
  sqlite3_blob* blob_ = nullptr;
};

/// BEGIN ... COMMIT; rolls back unless commit() was reached.
class Transaction {
 public:
  enum class Kind { read, write };
  Transaction(Connection& connection, Kind kind);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  /// @throws Error marked in_doubt when the commit may have reached the disk in spite of the failure.
  void commit();

 private:
  Connection* connection_;
  bool open_ = true;
};

}  // namespace luminate::sqlite
