#pragma once

#include <luminate/query.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace re2 {
class RE2;
}

namespace luminate::query {

/// A compiled Filter. Immutable; any number of threads may use one. Copies share the compiled expression.
class Matcher {
 public:
  /// @param field where the filter stands in the query, for errors, such as "filters.region".
  /// @throws Error invalid_query: not RE2 syntax, an expression over 1,000 bytes, more than 1,000 operands,
  /// an operand over 1,024 bytes or not in UTF-8, none where one is needed.
  Matcher(const Filter& filter, const std::string& field);

  const std::string& key() const noexcept { return filter_.key; }
  const Filter& filter() const noexcept { return filter_; }

  /// Whether a series passes whose dimension `key()` has this value; empty when it lacks the dimension.
  bool matches(std::optional<std::string_view> value) const;

  /// For an expression that cannot match every text: the first and the last one, bytewise, that it may match. Both may
  /// be wide of the mark, and need not be UTF-8.
  std::optional<std::pair<std::string, std::string>> match_bounds() const;

 private:
  Filter filter_;  ///< Operands sorted for any_of.
  std::shared_ptr<const re2::RE2> expression_;
};

/// Compiles filters given as in Query::filters. @throws as Matcher; invalid_query for more than 100 filters, more than
/// 1,000 operands or 10,000 bytes of expressions in all, or a key that is none; reserved_dimension for the tenant
/// dimension.
std::vector<Matcher> compile(const std::vector<Filter>& filters);

/// @throws Error invalid_query unless `key` is a dimension key, reserved_dimension when it is the tenant dimension.
void check_key(std::string_view key, const std::string& field);

}  // namespace luminate::query
