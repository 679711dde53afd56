#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string_view>

namespace luminate::server {

/// JSON that is refused. what() goes on from the name of the text: "is not JSON: the error is at byte 3".
class StrictJsonError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Parses a text from outside. nlohmann's parser neither limits depth, which makes its destructor and dump() dangerous,
/// nor notices repeated keys, nor a byte order mark. @throws StrictJsonError for any of these, and for what is not
/// JSON.
nlohmann::json parse_strict_json(std::string_view text, std::size_t max_depth);

}  // namespace luminate::server
