#include "query/refuse.hpp"

#include <luminate/error.hpp>

namespace luminate::query {

void refuse(const std::string& field, const std::string& message) {
  throw Error(ErrorCode::invalid_query, field.empty() ? message : field + ": " + message, field);
}

}  // namespace luminate::query
