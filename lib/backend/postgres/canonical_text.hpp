#pragma once

#include <luminate/metric.hpp>

#include <string>
#include <string_view>

#include "model/dimension_set.hpp"

namespace luminate::postgres {

/// Calls visit(key, value) for each dimension of {schema}.series.canonical: key, \x01, value, \x01, key, ...
template <class Visit>
void for_each_dimension(std::string_view canonical, const Visit& visit) {
  const auto next = [&canonical] {
    const std::size_t end = canonical.find('\x01');
    const std::string_view text = canonical.substr(0, end);
    canonical = end == std::string_view::npos ? std::string_view() : canonical.substr(end + 1);
    return text;
  };
  while (!canonical.empty()) {
    const std::string_view key = next();
    visit(key, next());
  }
}

inline Dimensions dimensions_of(std::string_view canonical) {
  Dimensions dimensions;
  for_each_dimension(canonical, [&](std::string_view key, std::string_view value) { dimensions.emplace(key, value); });
  return dimensions;
}

/// As the model has them.
inline std::string canonical_bytes_of(std::string_view canonical) {
  std::string bytes;
  for_each_dimension(canonical,
                     [&](std::string_view key, std::string_view value) { model::append_dimension(bytes, key, value); });
  return bytes;
}

}  // namespace luminate::postgres
