#pragma once

#include <luminate/query.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace re2 {
class RE2;
}

namespace luminate::query {

/// A compiled Filter. Immutable; any number of threads may use one. Copies share the compiled expression.
class Matcher {
 public:
  /// @param field where the filter stands in the query, for errors, such as "filters.region".
  /// @throws Error invalid_query: not RE2 syntax, an expression over 1,000 bytes, more than 1,000 operands.
  Matcher(const Filter& filter, const std::string& field);

  const std::string& key() const noexcept { return filter_.key; }
  const Filter& filter() const noexcept { return filter_; }

  /// Whether a series passes whose dimension `key()` has this value; empty when it lacks the dimension.
  bool matches(std::optional<std::string_view> value) const;

 private:
  Filter filter_;  ///< Operands sorted for any_of.
  std::shared_ptr<const re2::RE2> expression_;
};

/// Compiles filters given as in Query::filters. @throws as Matcher; reserved_dimension for the tenant dimension.
std::vector<Matcher> compile(const std::vector<Filter>& filters);

}  // namespace luminate::query
