#include "server/auth_setup.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <system_error>
#include <utility>

#include "server/config/sections.hpp"

namespace luminate::server {
namespace {

using auth::KeyError;
using config::ConfigError;

[[noreturn]] void fail(const std::string& what) {
  throw KeyError("cannot be read: " + what);
}

/// A file that is open.
class File {
 public:
  // Not blocking: a named pipe would keep the server from starting, or a reload from ending.
  explicit File(const std::string& path) : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
    if (descriptor_ < 0) fail(std::generic_category().message(errno));
  }
  ~File() { ::close(descriptor_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  struct stat status() const {
    struct stat status {};
    if (::fstat(descriptor_, &status) != 0) fail(std::generic_category().message(errno));
    return status;
  }

  std::string read_all() const {
    std::string text;
    std::array<char, 4096> buffer{};
    for (ssize_t count = 0; (count = ::read(descriptor_, buffer.data(), buffer.size())) != 0;) {
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) fail(std::generic_category().message(errno));
      text.append(buffer.data(), static_cast<std::size_t>(count));
      if (text.size() > auth::kMaxKeyBytes) {
        fail("it must have at most " + std::to_string(auth::kMaxKeyBytes) + " bytes");
      }
    }
    return text;
  }

 private:
  int descriptor_;
};

/// Editors and `echo` end a file with a line break, which nobody means to be part of a secret.
std::string without_line_break(std::string text) {
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  return text;
}

bool others_can_read(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && (status.st_mode & S_IROTH) != 0;
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
  const File file(path);
  if (!S_ISREG(file.status().st_mode)) fail("it is no ordinary file");
  return file.read_all();
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
