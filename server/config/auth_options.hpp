#pragma once

#include <span>

#include "server/config/options.hpp"

namespace luminate::server::config {

/// The options of the section `auth`: rows of the one table of options().
std::span<const Option> auth_options();

}  // namespace luminate::server::config
