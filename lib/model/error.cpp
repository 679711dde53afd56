#include <luminate/error.hpp>

namespace luminate {

std::string_view to_string(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::invalid_metric_name:
      return "INVALID_METRIC_NAME";
    case ErrorCode::invalid_dimension_key:
      return "INVALID_DIMENSION_KEY";
    case ErrorCode::reserved_dimension:
      return "RESERVED_DIMENSION";
    case ErrorCode::invalid_dimension_value:
      return "INVALID_DIMENSION_VALUE";
    case ErrorCode::dimension_limit_exceeded:
      return "DIMENSION_LIMIT_EXCEEDED";
    case ErrorCode::invalid_timestamp:
      return "INVALID_TIMESTAMP";
    case ErrorCode::invalid_value:
      return "INVALID_VALUE";
    case ErrorCode::cardinality_exceeded:
      return "CARDINALITY_EXCEEDED";
    case ErrorCode::invalid_request:
      return "INVALID_REQUEST";
    case ErrorCode::invalid_query:
      return "INVALID_QUERY";
    case ErrorCode::invalid_option:
      return "INVALID_OPTION";
    case ErrorCode::batch_too_large:
      return "BATCH_TOO_LARGE";
    case ErrorCode::request_too_large:
      return "REQUEST_TOO_LARGE";
    case ErrorCode::query_timeout:
      return "QUERY_TIMEOUT";
    case ErrorCode::result_limit_exceeded:
      return "RESULT_LIMIT_EXCEEDED";
    case ErrorCode::cancelled:
      return "CANCELLED";
    case ErrorCode::storage_unavailable:
      return "STORAGE_UNAVAILABLE";
    case ErrorCode::storage_locked:
      return "STORAGE_LOCKED";
    case ErrorCode::storage_corrupt:
      return "STORAGE_CORRUPT";
    case ErrorCode::storage_version:
      return "STORAGE_VERSION";
    case ErrorCode::store_closed:
      return "STORE_CLOSED";
    case ErrorCode::internal:
      return "INTERNAL_ERROR";
  }
  return "UNKNOWN";
}

}  // namespace luminate
