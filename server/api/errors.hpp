#pragma once

#include <luminate/error.hpp>

#include <string>
#include <string_view>

#include "server/http/message.hpp"

namespace luminate::server::api {

/// The status that an error of the library travels with.
int status_of(ErrorCode code) noexcept;

/// True where the error's text is for the operator's log, and clients get a general one.
bool is_internal(ErrorCode code) noexcept;

/// What clients are told of an error, in one line.
std::string public_message(const Error& error, std::string_view request_id);

/// The answer to a request that failed. `request_id` is named where the text is kept from the client.
http::Response answer_to(const Error& error, std::string_view request_id);

}  // namespace luminate::server::api
