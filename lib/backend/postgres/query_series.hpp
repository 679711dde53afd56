#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "postgres/series_filter.hpp"
#include "postgres/transaction.hpp"
#include "query/plan.hpp"

namespace luminate::postgres {

/// The series that a query is about, as a condition on {schema}.series from which the planner knows how many they are:
/// the ids themselves where they are not very many, the filters otherwise.
class QuerySeries {
 public:
  /// One round trip; with expressions two, and one more for each. Also sets the server up for long work, where it may
  /// become that, for this transaction.
  QuerySeries(Transaction& transaction, std::string_view tenant, std::string_view metric,
              std::span<const query::Matcher> matchers, std::size_t max_memory_bytes);

  bool nothing() const noexcept { return filter_.nothing() || (listed_ && ids_.empty()); }
  /// Most of the store's series: then it is cheaper to read all samples than to ask of each whether it is wanted.
  bool most() const noexcept { return most_; }
  /// Their ids, where they are so few that each is best looked for in the index of samples; else empty.
  std::span<const std::int64_t> few() const noexcept;
  std::uint64_t at_most() const noexcept { return listed_ ? ids_.size() : filter_.metric_series(); }

  /// @param alias of {schema}.series in the statement.
  std::string condition(std::string_view alias, Parameters& parameters) const;

 private:
  void read_ids(const Rows& rows);

  SeriesFilter filter_;
  bool listed_ = false;
  bool most_ = false;
  std::vector<std::int64_t> ids_;
};

}  // namespace luminate::postgres
