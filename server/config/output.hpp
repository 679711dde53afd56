#pragma once

#include <string>

#include "server/config/config.hpp"

namespace luminate::server::config {

/// The whole configuration as a YAML file, secrets masked, with or without what each key means.
std::string to_yaml(const Config& config, bool with_meanings);

/// Every key with its default and meaning as Markdown, for docs/configuration.md.
std::string markdown_table();

}  // namespace luminate::server::config
