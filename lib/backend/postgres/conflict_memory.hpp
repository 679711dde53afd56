#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <span>
#include <string_view>
#include <vector>

#include "postgres/sample_rows.hpp"

namespace luminate::postgres {

/// Guesses which rows are in the database already, so that the others need not pay for being looked up there: storing a
/// row that may exist costs the server twice as much as one that does not. A wrong guess costs time and nothing else,
/// as the primary key finds it out. Any thread.
class ConflictMemory {
 public:
  /// @param max_bytes what it may take; it takes a power of two of slots, one for each of so many series.
  explicit ConflictMemory(std::size_t max_bytes);

  /// Whether a row is no newer than the newest that was stored of its series. Of a series of which nothing is known it
  /// is not.
  bool may_exist(const SampleRow& row) const noexcept;
  /// @param rows in order.
  void stored(std::span<const SampleRow> rows) noexcept;

  /// Whether to take all rows of a tenant for existing ones this time, as guesses about it were wrong: once, and each
  /// time they are wrong again twice as often. Counts as one of these times.
  bool distrusts(std::string_view tenant);
  void guessed_right(std::string_view tenant);
  void guessed_wrong(std::string_view tenant);

 private:
  /// A lossy table: a series has one slot, which it shares with others. Read and written by parts, without a lock; what
  /// two threads mix up is a wrong guess.
  struct Slot {
    std::int64_t series;
    std::int64_t newest_ms;
  };
  Slot& slot(std::int64_t series) const noexcept { return slots_[static_cast<std::size_t>(series) & mask_]; }

  /// Of the tenants that share a number.
  struct Doubt {
    std::uint32_t times_left = 0;
    std::uint32_t times = 0;  ///< How many it was the last time.
  };
  static constexpr std::uint32_t kMostTimes = 64;
  Doubt& doubt(std::string_view tenant) noexcept;

  struct Free {
    void operator()(void* memory) const noexcept { std::free(memory); }
  };
  std::unique_ptr<Slot[], Free> slots_;  ///< From calloc, so that memory is taken as it is used.
  std::size_t mask_ = 0;
  std::mutex mutex_;
  std::array<Doubt, 64> doubts_{};  ///< Guarded by mutex_.
};

}  // namespace luminate::postgres
