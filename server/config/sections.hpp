#pragma once

#include <span>
#include <string_view>

#include "server/config/options.hpp"

// The rows of the one table of options(), a section of the configuration each.
namespace luminate::server::config {

std::span<const Option> server_options();
std::span<const Option> auth_options();
std::span<const Option> rate_limits_options();
std::span<const Option> storage_options();  ///< But for those of the library, which Options::keys() has.
std::span<const Option> logging_options();
std::span<const Option> metrics_options();

/// What a scrape may have to bring. Quotes nothing of it. @throws ConfigError that names `name`.
void check_scrape_token(std::string_view name, std::string_view token);

}  // namespace luminate::server::config
