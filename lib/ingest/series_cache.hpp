#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <utility>

#include "model/keyed_hash.hpp"

namespace luminate::ingest {

/// Remembers, from one text to the next, what the store calls the series of a tenant, a metric name and the very bytes
/// of a dimensions object. What is found here needs no reading of its dimensions, no judging and no look-up.
///
/// Series are known by a keyed hash of these bytes, see model/keyed_hash.hpp: the bytes themselves would fill the
/// memory with a fifth as many. Handles count for one generation of the store's catalog; those of a newer one drive out
/// all that were there. When the memory is full, most of what is there stays, so that more series in turn than fit
/// still find many of them.
///
/// Any thread. Neither finding nor remembering waits for another thread.
class SeriesCache {
 public:
  using Key = model::KeyedHash::Value;
  using Handle = std::uint64_t;  ///< 0 is none.

  /// @param max_bytes the most memory; half as much again for moments while it grows. 0: remembers nothing.
  explicit SeriesCache(std::size_t max_bytes);
  ~SeriesCache();

  const model::KeyedHash& hash() const noexcept { return hash_; }

 private:
  struct Table;

 public:
  /// What is known, for one text.
  class View {
   public:
    /// Knows nothing.
    View() = default;

    /// Of the handles that find() returns.
    std::uint64_t generation() const noexcept;
    /// Says that find() will follow soon.
    void prefetch(const Key& key) const noexcept;
    Handle find(const Key& key) const noexcept;

   private:
    friend class SeriesCache;
    explicit View(std::shared_ptr<const Table> table) : table_(std::move(table)) {}
    std::shared_ptr<const Table> table_;
  };
  View view() const;

  /// Takes over what a store said about series: handles[i], if it is one, belongs to keys[i], if that is not zero.
  /// Never fails: the write that it comes from has been done.
  void remember(std::uint64_t generation, std::span<const Key> keys, std::span<const Handle> handles) noexcept;

 private:
  std::shared_ptr<Table> table_for(std::uint64_t generation, std::size_t more);

  const model::KeyedHash hash_;
  const std::size_t max_slots_;
  mutable std::mutex mutex_;
  std::shared_ptr<Table> table_;  ///< Guarded by mutex_; what it points to is not.
};

}  // namespace luminate::ingest
