#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace luminate::test {

/// What SQLite asks the file system for.
struct DiskCall {
  enum class Kind {
    open,            ///< `creates` says whether the file may be made.
    read,            ///
    write,           ///< `data` at `offset`.
    truncate,        ///< To `offset` bytes.
    sync,            ///
    size,            ///
    lock,            ///
    map,             ///< Shared memory: the index of the write-ahead log.
    remove,          ///
    exists,          ///
    sync_directory,  ///< Of the directory that holds `path`.
  };
  Kind kind;
  std::string_view path{};
  std::int64_t offset = 0;
  std::span<const std::byte> data{};
  bool creates = false;
};

/// Sees every call on its way to the disk, and decides what comes of it. Called from any thread.
class DiskObserver {
 public:
  struct Verdict {
    int code = 0;             ///< What SQLite is told instead of asking the disk; 0: ask it.
    std::size_t written = 0;  ///< Of a write that fails: how many bytes reach the file all the same.
    bool pretend = false;     ///< Tell SQLite that it is done, without asking the disk.
  };

  virtual ~DiskObserver() = default;
  virtual Verdict before(const DiskCall& /*call*/) { return {}; }
  /// What happened: `call` succeeded. A write that was cut short is told with what reached the file.
  virtual void after(const DiskCall& /*call*/) {}
};

/// While it lives, whatever opens an SQLite file in this process does so through it: an SQLite VFS that passes every
/// call on to the system's own. One at a time; no file may be open when it comes and when it goes.
class TestDisk {
 public:
  explicit TestDisk(DiskObserver& observer);
  ~TestDisk();
  TestDisk(const TestDisk&) = delete;
  TestDisk& operator=(const TestDisk&) = delete;
};

/// Syncs nothing: for tests that check what a store does and not what the disk does. Much faster.
class NoSync : public DiskObserver {
 public:
  Verdict before(const DiskCall& call) override { return {.pretend = call.kind == DiskCall::Kind::sync}; }
};

}  // namespace luminate::test
