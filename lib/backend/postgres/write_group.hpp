#pragma once

#include <luminate/metric.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "backend/backend.hpp"
#include "postgres/sample_rows.hpp"
#include "postgres/series_lru.hpp"
#include "postgres/series_resolver.hpp"

namespace luminate::postgres {

/// One call of Writer::write() on its way to the database.
struct Write {
  std::string_view tenant;
  const Batch* batch;
  std::chrono::steady_clock::time_point deadline;
  backend::WriteOutcome outcome{};
};

/// The writes that one transaction stores, and what their series are called: from the batches' handles, from the cache,
/// and, for the rest, from the database. Writes with handles of another generation are outdated, and left out.
class WriteGroup {
 public:
  WriteGroup(std::span<Write* const> writes, SeriesLru& cache);

  /// No write is left.
  bool empty() const noexcept { return members_.empty(); }
  std::size_t points() const noexcept { return points_; }
  /// Of all ids that are known so far; nothing when none are.
  std::optional<std::int64_t> generation() const noexcept { return generation_; }

  const Names& names() const noexcept { return names_; }
  /// Whether nothing has to be asked for.
  bool complete() const noexcept { return generation_.has_value() && names_.complete(); }

  /// Their points, sorted, but for those of series without an id.
  /// @param series_ids of names().series.
  std::vector<SampleRow> rows(std::span<const std::int64_t> series_ids) const;

  std::vector<std::string_view> tenants() const;

  /// Prepares the outcomes of the writes, given what names() have become. Nothing fails after that: see publish().
  void conclude(const Names& resolved, std::int64_t generation, const CardinalityLimits& limits);
  /// To be called once the transaction is committed.
  void publish() noexcept;

 private:
  static constexpr std::uint32_t kNone = 0xFFFF'FFFF;

  struct Member {
    Write* write;
    /// By the index of a series in the batch: its position in names().series; kNone where the batch has a handle, or no
    /// point.
    std::vector<std::uint32_t> positions{};
    backend::WriteOutcome outcome{};
  };

  void add(Write& write);
  std::uint32_t metric(std::string_view tenant, std::string_view name);
  std::uint32_t series(std::uint32_t metric, const Batch::Series& series);

  std::vector<Member> members_;
  std::size_t points_ = 0;
  std::optional<std::int64_t> generation_;
  Names names_;
  std::map<std::pair<std::string_view, std::string_view>, std::uint32_t> metric_index_;  ///< Of names_.metrics.
  model::IndexTable series_index_;                                                       ///< Of names_.series.
};

}  // namespace luminate::postgres
