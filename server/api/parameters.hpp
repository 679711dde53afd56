#pragma once

#include <luminate/metric.hpp>
#include <luminate/query.hpp>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "server/http/message.hpp"

namespace luminate::server::api {

/// The query parameters of a request, checked: each known, and there at most once. Every function throws Error
/// invalid_request whose field() is the parameter.
class Parameters {
 public:
  Parameters(const http::Request& request, std::initializer_list<std::string_view> known);

  std::optional<std::string_view> text(std::string_view name) const;
  /// A whole number in [minimum, maximum].
  std::size_t count(std::string_view name, std::size_t minimum, std::size_t maximum, std::size_t otherwise) const;
  /// "true" or "false"; false when absent.
  bool flag(std::string_view name) const;
  /// RFC 3339 or Unix milliseconds.
  std::optional<std::int64_t> instant(std::string_view name) const;
  /// From "start" and "end", each of which may be absent; empty when both are.
  std::optional<TimeRange> time_range() const;

 private:
  const http::Request& request_;
};

/// Refuses a body that is declared as something else than JSON: Error-shaped 415, or nothing.
std::optional<http::Response> refuse_content_type(const http::Request& request);

}  // namespace luminate::server::api
