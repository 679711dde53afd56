#include "server/api/errors.hpp"

#include <string>

#include "server/api/json.hpp"

namespace luminate::server::api {
namespace {

std::string details_of(const Error& error) {
  JsonWriter details;
  details.begin_object();
  if (!error.field().empty()) details.key("field").value(std::string_view(error.field()));
  if (error.in_doubt()) details.key("inDoubt").value(true);
  details.end_object();
  return details.text();
}

}  // namespace

int status_of(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::invalid_metric_name:
    case ErrorCode::invalid_dimension_key:
    case ErrorCode::reserved_dimension:
    case ErrorCode::invalid_dimension_value:
    case ErrorCode::dimension_limit_exceeded:
    case ErrorCode::invalid_timestamp:
    case ErrorCode::invalid_value:
    case ErrorCode::cardinality_exceeded:
    case ErrorCode::invalid_request:
    case ErrorCode::invalid_query:
    case ErrorCode::invalid_option:
    case ErrorCode::batch_too_large:
    case ErrorCode::result_limit_exceeded:
      return 400;
    case ErrorCode::request_too_large:
      return 413;
    case ErrorCode::query_timeout:
      return 504;
    // Who cancelled it would not have clients try again by themselves, as they do after 503. HTTP has no status for
    // "you went away"; nobody reads that answer but the log.
    case ErrorCode::cancelled:
      return 409;
    case ErrorCode::storage_unavailable:
    case ErrorCode::storage_locked:
    case ErrorCode::store_closed:
      return 503;
    case ErrorCode::storage_corrupt:
    case ErrorCode::storage_version:
    case ErrorCode::internal:
      return 500;
  }
  return 500;
}

bool is_internal(ErrorCode code) noexcept {
  const int status = status_of(code);
  return status == 500 || status == 503;
}

std::string public_message(const Error& error, std::string_view request_id) {
  if (!is_internal(error.code())) return error.what();
  const std::string hint = "; the server's log has the details under request id " + std::string(request_id);
  switch (error.code()) {
    case ErrorCode::storage_unavailable:
    case ErrorCode::storage_locked:
      return "the storage is unavailable; try again later" + hint;
    case ErrorCode::store_closed:
      return "the server is shutting down; try again later";
    case ErrorCode::storage_corrupt:
    case ErrorCode::storage_version:
      return "the storage gave back damaged data" + hint;
    default:
      return "an internal error" + hint;
  }
}

http::Response answer_to(const Error& error, std::string_view request_id) {
  const int status = status_of(error.code());
  http::Response response =
      http::error_response(status, to_string(error.code()), public_message(error, request_id), details_of(error));
  if (status == 503) response.headers["Retry-After"] = "1";
  return response;
}

}  // namespace luminate::server::api
