#include "postgres/url.hpp"

#include <luminate/error.hpp>

namespace luminate::postgres {

Settings parse_url(std::string_view, const Options&) {
  throw Error(ErrorCode::internal, "not there yet");
}

}  // namespace luminate::postgres
