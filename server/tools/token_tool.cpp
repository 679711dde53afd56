#include <chrono>
#include <cstdio>
#include <stdexcept>

#include "server/auth/authenticator.hpp"
#include "server/auth/verifier.hpp"
#include "server/auth_setup.hpp"
#include "server/command_line.hpp"
#include "server/config/loader.hpp"
#include "server/tools/report.hpp"
#include "server/tools/tools.hpp"

namespace luminate::server::tools {
namespace {

using config::ConfigError;

/// The key that tokens are verified with, and what they call it.
struct Choice {
  std::optional<std::string> id;
  const auth::Key& key;
};

Choice choose(const auth::KeyRing& keys, const std::optional<std::string>& id) {
  if (keys.empty()) {
    throw ConfigError(
        "the configuration has no key to sign with: name its file by --config, or set LUMINATE_AUTH_JWT_SECRET; "
        "openssl rand -base64 48 makes a good secret");
  }
  if (id) {
    const auto found = keys.named().find(*id);
    if (found == keys.named().end()) throw ConfigError("auth.keys has no key '" + safe(*id) + "'");
    return {*id, found->second};
  }
  if (keys.default_key()) return {std::nullopt, *keys.default_key()};
  if (keys.size() == 1) return {keys.named().begin()->first, keys.named().begin()->second};
  throw ConfigError("auth.keys has several keys; say by --kid which one signs");
}

auth::Key signing_key(const auth::Key& configured, const std::optional<std::string>& file) {
  const std::string algorithm(to_string(configured.algorithm()));
  if (is_symmetric(configured.algorithm())) {
    if (file) throw ConfigError("--private-key is not for " + algorithm + ", which signs with the configured secret");
    return configured;
  }
  if (!file) throw ConfigError(algorithm + " needs --private-key: the configuration has the public key only");
  try {
    return auth::Key::from_private_pem(configured.algorithm(), read_key_file(*file));
  } catch (const auth::KeyError& error) {
    throw ConfigError("--private-key: " + safe(*file) + ' ' + error.what());
  }
}

}  // namespace

int issue_token(const TokenArguments& arguments) {
  config::Sources sources;
  sources.file = arguments.config;
  sources.environment = config::process_environment();
  const config::Config config = config::load(sources);
  const AuthSetup setup = set_up_auth(config.auth);
  for (const std::string& warning : setup.warnings) std::fprintf(stderr, "warning: %s\n", safe(warning).c_str());
  if (!config.auth.enabled) {
    std::fputs("warning: auth.enabled is false in this configuration: its server asks nobody for a token\n", stderr);
  }
  const Choice choice = choose(setup.verifier->keys(), arguments.key_id);

  const std::int64_t now = auth::Authenticator::system_clock();
  auth::Claims claims;
  claims.tenant = arguments.tenant.value_or("");
  claims.scopes = arguments.scopes;
  claims.issued_at_s = now;
  claims.expires_s = now + arguments.lifetime.count();
  if (!config.auth.issuer.empty()) claims.issuer = config.auth.issuer;
  if (!config.auth.audience.empty()) claims.audience = {config.auth.audience};
  const std::string token = sign_token(signing_key(choice.key, arguments.private_key), choice.id, claims);

  if (const auto verified = setup.verifier->verify(token, now); verified.principal == nullptr) {
    throw std::runtime_error("the server would refuse this token: " + std::string(verified.error.message) +
                             (arguments.private_key ? "; --private-key must be the other half of its key" : ""));
  }
  if (std::puts(token.c_str()) < 0 || std::fflush(stdout) != 0) {
    throw std::runtime_error("cannot write to standard output");
  }
  return exit_code::kSuccess;
}

}  // namespace luminate::server::tools
