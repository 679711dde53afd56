#include "server/auth_setup.hpp"

#include <chrono>
#include <utility>

#include "server/config/sections.hpp"
#include "server/small_file.hpp"

namespace luminate::server {
namespace {

using auth::KeyError;
using config::ConfigError;

/// Editors and `echo` end a file with a line break, which nobody means to be part of a secret.
std::string without_line_break(std::string text) {
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  return text;
}

class Reader {
 public:
  /// A key in a file, for `option`. @param what "the key 'a' of auth.keys": what messages call it.
  auth::Key read(auth::Algorithm algorithm, const std::string& file, const std::string& what) {
    try {
      std::string text = read_key_file(file);
      if (!is_symmetric(algorithm)) return auth::Key::from_public_pem(algorithm, text);
      // Not an error: containers mount secrets so, in file systems of their own.
      if (others_can_read(file)) {
        warnings_.push_back(what + ": every user of this machine can read " + printable(file) +
                            ", and make tokens with it; chmod 600 it");
      }
      return auth::Key::from_secret(algorithm, without_line_break(std::move(text)));
    } catch (const KeyError& error) {
      throw ConfigError(what + ": " + printable(file) + ' ' + error.what());
    }
  }

  std::vector<std::string> take_warnings() { return std::move(warnings_); }

 private:
  std::vector<std::string> warnings_;
};

}  // namespace

std::string read_key_file(const std::string& path) {
  try {
    return read_small_file(path, auth::kMaxKeyBytes);
  } catch (const FileError& error) {
    throw KeyError(error.what());
  }
}

std::string read_scrape_token(const config::Config::Metrics& settings, std::vector<std::string>& warnings) {
  if (settings.token_file.empty()) return settings.token;
  const std::string file = printable(settings.token_file);
  std::string token;
  try {
    token = without_line_break(read_key_file(settings.token_file));
  } catch (const KeyError& error) {
    throw ConfigError("metrics.token_file: " + file + ' ' + error.what());
  }
  config::check_scrape_token("metrics.token_file: " + file, token);
  if (others_can_read(settings.token_file)) {
    warnings.push_back("metrics.token_file: every user of this machine can read " + file + "; chmod 600 it");
  }
  return token;
}

AuthSetup set_up_auth(const config::Config::Auth& settings) {
  auth::KeyRing keys;
  Reader reader;
  if (!settings.jwt_secret.empty()) {
    try {
      keys.set_default(auth::Key::from_secret(settings.algorithm, settings.jwt_secret));
    } catch (const KeyError& error) {
      throw ConfigError(std::string("auth.jwt_secret ") + error.what());
    }
  } else if (!settings.jwt_secret_file.empty()) {
    keys.set_default(reader.read(settings.algorithm, settings.jwt_secret_file, "auth.jwt_secret_file"));
  } else if (!settings.jwt_public_key_path.empty()) {
    keys.set_default(reader.read(settings.algorithm, settings.jwt_public_key_path, "auth.jwt_public_key_path"));
  }
  for (const config::NamedKey& named : settings.keys) {
    keys.add(named.id, reader.read(named.algorithm, named.file, "the key '" + printable(named.id) + "' of auth.keys"));
  }
  auth::TokenRules rules{settings.issuer, settings.audience, std::chrono::ceil<std::chrono::seconds>(settings.leeway)};
  return {std::make_shared<const auth::Verifier>(std::move(keys), std::move(rules)), reader.take_warnings(), {}};
}

}  // namespace luminate::server
