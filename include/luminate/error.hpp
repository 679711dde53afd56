#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace luminate {

/// What went wrong, as a number that never changes its meaning. The same codes are used for rejected points
/// (Verdict) and for calls that fail (Error); over HTTP they travel by name.
enum class ErrorCode : std::int32_t {
  // A point breaks a rule of the data model.
  invalid_metric_name = 1,
  invalid_dimension_key = 2,
  reserved_dimension = 3,
  invalid_dimension_value = 4,
  dimension_limit_exceeded = 5,
  invalid_timestamp = 6,
  invalid_value = 7,
  cardinality_exceeded = 8,
  // A call is not well-formed, or asks for more than a limit allows.
  invalid_request = 20,
  invalid_query = 21,
  invalid_option = 22,
  batch_too_large = 23,
  request_too_large = 24,
  // A query was given up.
  query_timeout = 30,
  result_limit_exceeded = 31,
  cancelled = 32,
  // The storage cannot do it.
  storage_unavailable = 40,  ///< Disk full, I/O error, server away: may work later.
  storage_locked = 41,       ///< Another process writes this store.
  storage_corrupt = 42,      ///< What was read is not what was written.
  storage_version = 43,      ///< Written by a newer version, or not a store at all.
  store_closed = 44,         ///< close() was called, or this is a forked child of the opener.
  internal = 99,             ///< A bug in Luminate.
};

/// The code's name as it appears in HTTP answers: `invalid_metric_name` is "INVALID_METRIC_NAME".
/// "UNKNOWN" for a number that is none of the above.
std::string_view to_string(ErrorCode code) noexcept;

/// Thrown for whatever the caller cannot get. Rejected points are not errors: see WriteReport.
/// what() is one line that says what was wrong, where, and what would be right.
class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& message) : std::runtime_error(message), code_(code) {}

  /// An error about one named part of the input, such as "timeRange.start".
  Error(ErrorCode code, const std::string& message, std::string field)
      : std::runtime_error(message), code_(code), field_(std::move(field)) {}

  ErrorCode code() const noexcept { return code_; }

  /// The offending part of the input, or empty.
  const std::string& field() const noexcept { return field_; }

  /// True when the same call may succeed later without any change.
  bool retryable() const noexcept { return code_ == ErrorCode::storage_unavailable; }

  /// True when a write may or may not have happened. Writing the same points again is always harmless.
  bool in_doubt() const noexcept { return in_doubt_; }
  Error& mark_in_doubt() noexcept {
    in_doubt_ = true;
    return *this;
  }

 private:
  ErrorCode code_;
  std::string field_;
  bool in_doubt_ = false;
};

}  // namespace luminate
