#pragma once

#include <memory>
#include <string>
#include <vector>

#include "server/auth/verifier.hpp"
#include "server/config/config.hpp"

namespace luminate::server {

/// What verifies tokens as a configuration says, and what its operator should know: files that others can read.
struct AuthSetup {
  std::shared_ptr<const auth::Verifier> verifier;
  std::vector<std::string> warnings;
  std::string scrape_token{};  ///< See read_scrape_token().
};

/// Reads all keys. @throws config::ConfigError that names the option and the file, and never shows a key.
AuthSetup set_up_auth(const config::Config::Auth& settings);

/// What a scrape has to bring; empty for nothing. Adds to `warnings` where others can read its file. @throws
/// config::ConfigError that names the option and the file, and never shows the token.
std::string read_scrape_token(const config::Config::Metrics& settings, std::vector<std::string>& warnings);

/// The content of a file that holds a key: at most 64 KiB. @throws auth::KeyError
std::string read_key_file(const std::string& path);

}  // namespace luminate::server
