#include "server/config/secrets.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <vector>

namespace luminate::server::config {
namespace {

struct Span {
  std::size_t begin;
  std::size_t end;
};

constexpr std::array<std::string_view, 4> kSecretNames{"password", "passwd", "secret", "token"};

// Of a postgresql: URL, what may be seen. Any other may be a mistyped "password".
constexpr std::array<std::string_view, 22> kPublicNames{"application_name",
                                                        "channel_binding",
                                                        "connect_timeout",
                                                        "dbname",
                                                        "gssencmode",
                                                        "host",
                                                        "hostaddr",
                                                        "keepalives",
                                                        "keepalives_idle",
                                                        "load_balance_hosts",
                                                        "options",
                                                        "passfile",
                                                        "port",
                                                        "schema",
                                                        "sslcert",
                                                        "sslkey",
                                                        "sslmode",
                                                        "sslrootcert",
                                                        "sslsni",
                                                        "target_session_attrs",
                                                        "tcp_user_timeout",
                                                        "user"};

int hex_digit(char c) {
  const std::size_t digit = std::string_view("0123456789abcdef").find(static_cast<char>(c | 0x20));
  return digit == std::string_view::npos ? -1 : static_cast<int>(digit);
}

/// Whether a parameter's value is secret by its name, which may be percent-encoded.
bool is_secret(std::string_view name, bool of_postgres) {
  std::string decoded;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const int high = name[i] == '%' && i + 2 < name.size() ? hex_digit(name[i + 1]) : -1;
    const int low = high >= 0 ? hex_digit(name[i + 2]) : -1;
    if (low >= 0) i += 2;
    decoded += low >= 0 ? static_cast<char>(high * 16 + low) : name[i];
  }
  std::transform(decoded.begin(), decoded.end(), decoded.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (of_postgres) return std::find(kPublicNames.begin(), kPublicNames.end(), decoded) == kPublicNames.end();
  return std::any_of(kSecretNames.begin(), kSecretNames.end(),
                     [&](std::string_view known) { return decoded.ends_with(known); });
}

/// Where the secrets of a text are, in order and apart.
std::vector<Span> secrets_of(std::string_view text) {
  std::vector<Span> spans;
  const bool of_postgres =
      text.find("postgresql://") != std::string_view::npos || text.find("postgres://") != std::string_view::npos;
  std::size_t from = 0;
  if (const std::size_t scheme = text.find("://"); scheme != std::string_view::npos) {
    // A password may hold any character when its writer forgot to percent-encode it: all up to the last @ counts.
    const std::size_t at = text.rfind('@');
    const std::size_t colon = text.find(':', scheme + 3);
    if (at != std::string_view::npos && colon < at) {
      spans.push_back({colon + 1, at});
      from = at;
    }
  }
  // Parameters are behind the ?, but those of a text that is no URL anywhere.
  if (of_postgres) from = std::min(text.find('?', from), text.size());
  for (std::size_t equals = text.find('=', from); equals != std::string_view::npos; equals = text.find('=', from)) {
    const std::size_t before = text.find_last_of("?& ", equals);
    const std::size_t name = before == std::string_view::npos || before < from ? from : before + 1;
    from = equals + 1;
    if (!is_secret(text.substr(name, equals - name), of_postgres)) continue;
    from = std::min(text.find_first_of("& ", equals), text.size());
    spans.push_back({equals + 1, from});
  }
  return spans;
}

}  // namespace

std::string mask_secrets(std::string_view text) {
  std::string masked;
  std::size_t done = 0;
  for (const Span& span : secrets_of(text)) {
    masked += text.substr(done, span.begin - done);
    masked += "***";
    done = span.end;
  }
  return masked += text.substr(done);
}

void hide_secrets(int argc, char** argv) noexcept try {
  for (int i = 1; i < argc; ++i) {
    for (const Span& span : secrets_of(argv[i])) std::fill(argv[i] + span.begin, argv[i] + span.end, '*');
  }
} catch (...) {  // Out of memory: the program will not come far.
}

}  // namespace luminate::server::config
