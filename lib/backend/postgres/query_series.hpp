#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
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

  /// Without a round trip, on the guess that they are few. Where they are not, statements on them give nothing, and
  /// guess_holds() tells that from there being nothing.
  static QuerySeries guessed_few(std::string_view tenant, std::string_view metric,
                                 std::span<const query::Matcher> matchers);
  bool guessed() const noexcept { return guessed_; }
  Statement guess_holds() const;  ///< A boolean.

  bool nothing() const noexcept { return filter_.nothing() || (listed_ && ids_.empty()); }
  /// Most of the store's series: then it is cheaper to read all samples than to ask of each whether it is wanted.
  bool most() const noexcept { return most_; }
  /// So few that each is best looked for in the index of samples.
  bool few() const noexcept;
  std::string few_ids(Parameters& parameters) const;  ///< Their ids, as an array. @pre few()
  std::uint64_t at_most() const noexcept;

  /// @param alias of {schema}.series in the statement.
  std::string condition(std::string_view alias, Parameters& parameters) const;

 private:
  explicit QuerySeries(SeriesFilter filter) : filter_(std::move(filter)), guessed_(true) {}
  void read_ids(const Rows& rows);
  std::string first_ids(Parameters& parameters) const;

  SeriesFilter filter_;
  bool guessed_ = false;
  bool listed_ = false;
  bool most_ = false;
  std::vector<std::int64_t> ids_;
};

}  // namespace luminate::postgres
