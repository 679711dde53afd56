#pragma once

#include <stdexcept>

namespace luminate::server::config {

/// A configuration that cannot be used. what() is one line that says what, where, and what would be right.
class ConfigError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace luminate::server::config
