#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "postgres/parameters.hpp"
#include "postgres/transaction.hpp"
#include "query/matcher.hpp"

namespace luminate::postgres {

/// The series of one metric that pass filters, as a condition on rows of {schema}.series. What PostgreSQL cannot decide
/// (RE2 expressions) is decided here when the object is made, over the distinct values of the dimension.
///
///     const SeriesFilter filter(transaction, Access::read, tenant, metric, matchers);
///     if (filter.nothing()) return {};
///     Parameters parameters;
///     const std::string sql = "SELECT r.id FROM {schema}.series AS r WHERE " + filter.condition("r", parameters);
///
/// Holds for the transaction's snapshot. In a transaction that writes, whose statements see one state after another, a
/// series with a value that was not there yet may be left out; one that does not pass is never taken.
class SeriesFilter {
 public:
  /// One round trip, and one more for each expression.
  SeriesFilter(Transaction& transaction, Access access, std::string_view tenant, std::string_view metric,
               std::span<const query::Matcher> matchers);

  /// Without a round trip: the caller asks for the metric by find_metric(), in one go with statements that have
  /// condition() in them, and hands over what comes back. @pre no expressions among the matchers.
  SeriesFilter(std::string_view tenant, std::string_view metric, std::span<const query::Matcher> matchers);
  static bool decided_by_server(std::span<const query::Matcher> matchers);
  Statement find_metric() const;
  void found_metric(const Rows& rows);

  /// There is no such metric, or nothing can pass.
  bool nothing() const noexcept { return nothing_; }
  /// Every series of the metric passes.
  bool everything() const noexcept { return conditions_.empty() && equal_.empty() && !nothing_; }
  std::int64_t metric_id() const { return metric_id_.value(); }
  std::uint64_t metric_series() const noexcept { return metric_series_; }  ///< Before the filters.

  /// Adds its parameters to `parameters` and returns, say, "r.metric_id = $1 AND r.dimensions @> $2".
  /// @param alias of {schema}.series in the statement.
  std::string condition(std::string_view alias, Parameters& parameters) const;

 private:
  /// On the value of one dimension, which is '' where a series lacks it.
  struct Condition {
    enum class Kind { one_of, none_of };
    Kind kind;
    std::string key;
    std::vector<std::string> values;
  };

  void add_list(const query::Matcher& matcher);
  void add_expression(Transaction& transaction, Access access, const query::Matcher& matcher);
  void add(Condition condition);

  std::string tenant_;
  std::string metric_;
  std::optional<std::int64_t> metric_id_;
  std::uint64_t metric_series_ = 0;
  bool nothing_ = false;
  std::vector<std::string> equal_;  ///< Each {"key":"value"}: what the dimensions contain.
  std::vector<Condition> conditions_;
};

}  // namespace luminate::postgres
