#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace luminate {

/// The labels that tell the series of one metric apart, such as {{"customer_id", "c1"}, {"region", "eu"}}.
using Dimensions = std::map<std::string, std::string, std::less<>>;

/// The dimension that tells tenants apart. Clients may not send it; Store::tenant() sets it.
inline constexpr std::string_view kTenantDimension = "_tenant_id";

/// One measurement. Validator says which points are acceptable.
struct Point {
  std::string name{};
  std::int64_t timestamp_ms = 0;  ///< Unix time in milliseconds.
  double value = 0;
  Dimensions dimensions{};
};

/// Points on their way into a store, held as columns: each distinct series once, and for every point the index of its
/// series, its timestamp and its value.
///
///     luminate::Batch batch;
///     batch.add({"api_latency", now_ms, 12.5, {{"customer_id", "c1"}}});
///     auto series = batch.series("api_latency", {{"customer_id", "c2"}});   // name a series once ...
///     batch.add(series, now_ms, 13.0);                                      // ... then add to it for next to nothing
///     store.write(batch);
///
/// Anything may be added; what breaks a rule is rejected point by point when the batch is written. A batch belongs to
/// one thread at a time and may be cleared and used again, which keeps its memory. Moving from a batch empties it.
class Batch {
 public:
  /// Counts the distinct series of one batch from 0, in the order in which they were first named.
  using SeriesIndex = std::uint32_t;

  /// Identifies a dimension set: XXH3-128 of its canonical bytes. Equal sets have equal fingerprints.
  struct Fingerprint {
    std::uint64_t low = 0;
    std::uint64_t high = 0;
    friend bool operator==(const Fingerprint&, const Fingerprint&) = default;
  };

  /// A series as the batch holds it. Views are valid until the batch is next changed.
  struct Series {
    std::uint32_t metric = 0;     ///< Index for metric_name().
    std::string_view dimensions;  ///< Canonical bytes; see lib/model/dimension_set.hpp. Empty where there is a handle.
    Fingerprint fingerprint;      ///< Of `dimensions`.
    std::uint64_t handle = 0;     ///< What the store calls the series, if who filled the batch knew; else 0.
  };

  Batch();
  ~Batch();
  Batch(Batch&&) noexcept;
  Batch& operator=(Batch&&) noexcept;
  Batch(const Batch&);
  Batch& operator=(const Batch&);

  /// The index of a series, which is remembered if it is new to this batch.
  SeriesIndex series(std::string_view name, const Dimensions& dimensions);

  void add(const Point& point);
  /// @pre `series` came from series() of this batch since it was last cleared.
  void add(SeriesIndex series, std::int64_t timestamp_ms, double value);
  /// Appends a column of samples to one series. @throws Error invalid_request when the spans differ in length.
  void append(SeriesIndex series, std::span<const std::int64_t> timestamps_ms, std::span<const double> values);

  std::size_t size() const noexcept;  ///< Number of points.
  bool empty() const noexcept { return size() == 0; }
  std::size_t memory() const noexcept;  ///< Bytes that its points and series take.
  void clear() noexcept;

  /// The columns, one entry a point, in the order in which points were added. Valid until the batch is next changed.
  std::span<const SeriesIndex> series_column() const noexcept;
  std::span<const std::int64_t> timestamp_column() const noexcept;
  std::span<const double> value_column() const noexcept;

  std::size_t series_count() const noexcept;
  Series series_at(SeriesIndex index) const;
  std::size_t metric_count() const noexcept;
  std::string_view metric_name(std::uint32_t metric) const;

  /// Takes points out. Series and metrics stay. @param points positions, ascending.
  void remove_points(std::span<const std::size_t> points);

  // For decoders.

  /// series() for callers that hold canonical bytes already.
  SeriesIndex series_canonical(std::string_view name, std::string_view canonical_dimensions);
  /// The index of a metric, which is remembered if it is new to this batch.
  std::uint32_t metric(std::string_view name);
  /// A series by what the store calls it, for which nobody needs its dimensions. It may get several indices.
  /// @pre `metric` came from metric() since the batch was last cleared; `handle` is not 0.
  SeriesIndex series_by_handle(std::uint32_t metric, std::uint64_t handle);
  /// Which state of the store all handles belong to; 0 until it is set. See Backend::write().
  std::uint64_t handle_generation() const noexcept;
  void set_handle_generation(std::uint64_t generation);
  /// How many series have a handle.
  std::size_t handle_count() const noexcept;

 private:
  struct Columns;
  const Columns& read() const noexcept;
  Columns& change();

  std::unique_ptr<Columns> columns_;  ///< None in a batch that was moved from.
};

}  // namespace luminate
