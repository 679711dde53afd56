#pragma once

#include <luminate/result.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>

namespace luminate {

/// The answer to a range query, piece by piece, in memory that does not grow with it. Store::stream() gives one.
///
///     auto samples = store.stream(luminate::Query::range("api_latency").last(std::chrono::hours(1)));
///     while (auto piece = samples.next()) {
///       for (std::size_t i = 0; i < piece->value_column.size(); ++i) {
///         use(piece->series[piece->series_column[i]], piece->timestamp_column[i], piece->value_column[i]);
///       }
///     }
///
/// All pieces together are what Store::query() answers: samples of one moment, whatever is written meanwhile. That
/// moment has to be kept by the storage while the stream is open, so the query's timeout counts from its beginning to
/// its end, pauses of the caller included, wherever keeping it costs others (PostgreSQL: a connection, and old rows
/// that cannot be cleaned up). The memory and SQLite backends find the whole answer at once and keep it; pauses are
/// free.
///
/// Used by one thread at a time. Keeps the store open, as a handle does; destroy it to give the storage back early.
class RangeStream {
 public:
  RangeStream(RangeStream&& other) noexcept;
  RangeStream& operator=(RangeStream&& other) noexcept;
  ~RangeStream();

  /// The next samples, at least one, with series numbered anew in every piece; nothing behind the last.
  /// `truncated` is not set in pieces: truncated() says it.
  /// @throws Error as Store::query() does; store_closed once the store is closed, or in a forked child. After an error
  /// every further call throws it again.
  std::optional<RangeResult> next();

  // Known once next() gave nothing; false and zero until then.
  bool truncated() const noexcept;                ///< More samples matched than the limit let through.
  std::uint64_t points_scanned() const noexcept;  ///< As in Result.

  /// How long the store has worked on it so far; the caller's pauses are not in it.
  std::chrono::microseconds execution_time() const noexcept;

 private:
  friend class Store;
  struct State;
  explicit RangeStream(std::unique_ptr<State> state) noexcept;

  std::unique_ptr<State> state_;
};

}  // namespace luminate
