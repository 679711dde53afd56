#include "server/config/sections.hpp"

#include <luminate/query.hpp>

#include <algorithm>
#include <array>

#include "server/auth/key.hpp"
#include "server/auth/verifier.hpp"
#include "server/config/option_values.hpp"

namespace luminate::server::config {
namespace {

constexpr std::size_t kMaxPathBytes = 4096;
constexpr std::size_t kMaxNameBytes = 1024;

void set_algorithm(Config& config, const Option& option, std::string_view value) {
  const auto algorithm = auth::parse_algorithm(value);
  if (!algorithm) refuse_value(option, value, "one of " + std::string(auth::kAlgorithmNames));
  config.auth.algorithm = *algorithm;
}

/// Quotes nothing of what it refuses.
void set_secret(Config& config, const Option& option, std::string_view value) {
  const std::string size = std::to_string(value.size());
  if (!value.empty() && value.size() < auth::kMinSecretBytes) {
    throw ConfigError(std::string(option.name) + " must have at least " + std::to_string(auth::kMinSecretBytes) +
                      " bytes, and has " + size + "; openssl rand -base64 48 makes a good one");
  }
  if (value.size() > auth::kMaxKeyBytes) {
    throw ConfigError(std::string(option.name) + " must have at most " + std::to_string(auth::kMaxKeyBytes) +
                      " bytes, and has " + size);
  }
  config.auth.jwt_secret = value;
}

void set_keys(Config& config, const Option& option, std::string_view value) {
  try {
    config.auth.keys = parse_named_keys(value);
  } catch (const ConfigError& error) {
    throw ConfigError(std::string(option.name) + ' ' + error.what());
  }
}

template <auto Field, std::size_t MaxBytes>
constexpr Option text(std::string_view name, std::string_view meaning) {
  return {name,
          "",
          meaning,
          "",
          [](Config& config, const Option& option, std::string_view value) {
            config.auth.*Field = read_text(option, value, MaxBytes);
          },
          [](const Config& config, const Option&) { return config.auth.*Field; }};
}

constexpr std::array kOptions{
    Option{"auth.enabled", "false", "whether requests need a token: true or false", "",
           [](Config& config, const Option& option, std::string_view value) {
             config.auth.enabled = read_flag(option, value);
           },
           [](const Config& config, const Option&) { return std::string(config.auth.enabled ? "true" : "false"); }},
    Option{"auth.algorithm", "HS256",
           "how tokens are signed that name no key: HS256, HS384, HS512, RS256, ES256, EdDSA", "", set_algorithm,
           [](const Config& config, const Option&) { return std::string(to_string(config.auth.algorithm)); }},
    Option{"auth.jwt_secret", "", "secret for HS256, HS384 and HS512: at least 32 random bytes", "", set_secret,
           [](const Config& config, const Option&) { return config.auth.jwt_secret; }, Option::Kind::secret},
    text<&Config::Auth::jwt_secret_file, kMaxPathBytes>(
        "auth.jwt_secret_file", "file that holds the secret; a line break at its end does not count"),
    text<&Config::Auth::jwt_public_key_path, kMaxPathBytes>(
        "auth.jwt_public_key_path", "file that holds the public key for RS256, ES256 or EdDSA, in PEM"),
    Option{"auth.keys", "", "keys by kid: a group of KID: ALGORITHM FILE, or KID ALGORITHM FILE, KID ... on one line",
           "", set_keys, [](const Config& config, const Option&) { return format_named_keys(config.auth.keys); },
           Option::Kind::group},
    text<&Config::Auth::issuer, kMaxNameBytes>("auth.issuer", "what the iss of tokens must be; empty for any"),
    text<&Config::Auth::audience, kMaxNameBytes>("auth.audience",
                                                 "what must be among the aud of tokens; empty for any"),
    Option{"auth.leeway", "0ms", "by how much the clocks of whoever issues tokens may differ; at most 1m", "",
           [](Config& config, const Option& option, std::string_view value) {
             config.auth.leeway = read_duration(option, value, std::chrono::milliseconds(0), auth::kMaxLeeway);
           },
           [](const Config& config, const Option&) { return format_duration(config.auth.leeway); }},
};

}  // namespace

std::span<const Option> auth_options() {
  return kOptions;
}

}  // namespace luminate::server::config
