#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "support/test_disk.hpp"

namespace luminate::test {

/// What happened to the files of a directory, in order. Shared memory is not part of it: no power cut spares that.
struct DiskEvent {
  enum class Kind { create, remove, write, truncate, sync, failed_sync, sync_directory };
  Kind kind;
  std::string name;         ///< Of the file, without its directory.
  std::int64_t offset = 0;  ///< Of a write; the new size of a truncate.
  std::vector<char> data{};
};

/// Records what SQLite does to files, and passes each call to another observer first, which may let it fail.
class DiskRecorder : public DiskObserver {
 public:
  explicit DiskRecorder(DiskObserver* faults = nullptr) : faults_(faults) {}

  Verdict before(const DiskCall& call) override;
  void after(const DiskCall& call) override;

  /// How many events there are: a moment, for what is to be remembered of it.
  std::size_t now() const;
  /// @pre nothing is being recorded any more.
  const std::vector<DiskEvent>& events() const { return events_; }

 private:
  DiskObserver* faults_;
  mutable std::mutex mutex_;
  std::vector<DiskEvent> events_;  // Guarded by mutex_.
};

/// What a disk holds after the power failed. Advances over the events and forgets, reorders and tears what was not
/// synced:
///  - a sync of a file makes all writes and truncates of that file before it durable, and nothing else;
///  - of the rest, any 512 bytes that were written may be there or not, each on its own or in pages of 4 KiB, in any
///    order; bytes beside a write that is cut short keep what they had (SQLite's "powersafe overwrite");
///  - where a file grew and the new bytes did not arrive there are zeros or garbage;
///  - that a file was made or removed is durable once its directory is synced; before that, each file by itself may be
///    found at any earlier state of its name;
///  - what a failed sync was to bring is lost or not, and no later sync brings it: it has to be written again.
class CutDisk {
 public:
  CutDisk(const std::vector<DiskEvent>& events, std::uint64_t seed) : events_(&events), random_(seed) {}

  /// Advances to the moment before event `until`; not back.
  void advance(std::size_t until);
  /// Writes one of the states in which the files may be found now, as the content of `directory`, which is empty.
  void write_image(const std::filesystem::path& directory);

 private:
  struct Change {
    bool truncates = false;
    std::int64_t offset = 0;
    const std::vector<char>* data = nullptr;
  };
  struct Inode {
    std::vector<char> durable{};
    std::vector<Change> pending{};
  };
  using InodeId = std::size_t;
  struct Name {
    std::optional<InodeId> durable{};
    std::vector<std::optional<InodeId>> pending{};  ///< What it named after each change since.
    std::optional<InodeId> current{};
  };
  /// How a disk treats what was not synced.
  struct Mood {
    double kept = 0;          ///< The chance of each piece.
    std::size_t piece = 512;  ///< Bytes.
    bool in_order = false;    ///< Everything up to a moment, nothing later.
    bool garbage = false;     ///< Where a file grew but no data came.
  };

  void apply(const DiskEvent& event);
  Mood random_mood();
  void apply_pending(std::vector<char>& bytes, const std::vector<Change>& pending, const Mood& mood);
  void write_piece(std::vector<char>& bytes, const Change& change, std::size_t from, std::size_t size,
                   const Mood& mood);
  bool chance(double probability) { return std::bernoulli_distribution(probability)(random_); }

  const std::vector<DiskEvent>* events_;
  std::size_t next_ = 0;
  std::mt19937_64 random_;
  std::vector<Inode> inodes_;
  std::map<std::string, Name> names_;
};

}  // namespace luminate::test
