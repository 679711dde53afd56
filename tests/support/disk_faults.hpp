#pragma once

#include <atomic>

#include "support/test_disk.hpp"

namespace luminate::test {

/// A disk that fails from its n-th call on, or at that call only.
class DiskFaults : public DiskObserver {
 public:
  enum class Kind {
    io_error,     ///< Whatever is asked fails: EIO.
    full,         ///< What takes space fails: ENOSPC.
    short_write,  ///< The same, and half of the data of a write arrives.
    sync_error,   ///< Syncs fail, of files and of directories.
  };

  /// @param call counts the calls that `kind` can meet, from 1.
  void arm(Kind kind, int call, bool from_then_on);
  /// The disk is well again.
  void heal() { armed_ = false; }
  /// Of the calls that the fault of the last arm() could meet, how many came.
  int calls() const { return calls_; }
  /// How many of them failed.
  int failures() const { return failures_; }

  Verdict before(const DiskCall& call) override;

 private:
  std::atomic<bool> armed_ = false;
  Kind kind_ = Kind::io_error;
  int fails_at_ = 0;
  bool from_then_on_ = false;
  std::atomic<int> calls_ = 0;
  std::atomic<int> failures_ = 0;
};

}  // namespace luminate::test
