#include "postgres/url.hpp"

#include <libpq-fe.h>
#include <luminate/error.hpp>

#include <charconv>
#include <memory>
#include <optional>

#include "model/names.hpp"
#include "model/text.hpp"

namespace luminate::postgres {
namespace {

/// What is quoted in no message: a mistake in a URL often makes a piece of the password look like another part of it.
[[noreturn]] void reject(const std::string& what) {
  throw Error(ErrorCode::invalid_option,
              "the store URL " + what + "; it has the form postgresql://user:password@host:port/database?name=value",
              "url");
}

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string decode(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded.push_back(text[i]);
      continue;
    }
    const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
    if (high < 0 || low < 0) reject("has a % that no two hexadecimal digits follow (a % itself is written %25)");
    if (high == 0 && low == 0) reject("has a %00");
    decoded.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return decoded;
}

void check_ports(std::string_view hosts) {
  while (!hosts.empty()) {
    const auto comma = hosts.find(',');
    std::string_view host = hosts.substr(0, comma);
    hosts = comma == std::string_view::npos ? std::string_view() : hosts.substr(comma + 1);
    if (host.starts_with('[')) {
      const auto end = host.find(']');
      if (end == std::string_view::npos) reject("has a [ without ] before its port");
      host = host.substr(end + 1);
    }
    const auto colon = host.find(':');
    if (colon == std::string_view::npos) continue;
    const std::string_view port = host.substr(colon + 1);
    unsigned value = 0;
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), value);
    if (!port.empty() && (error != std::errc() || end != port.data() + port.size() || value == 0 || value > 65535)) {
      reject(
          "has a port that is no number from 1 to 65535 (a /, ?, @, : or % in a password is written as % and two "
          "hexadecimal digits, such as %2F for /)");
    }
  }
}

using Parsed = std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)>;

std::string value_of(const Parsed& parsed, std::string_view keyword) {
  for (const PQconninfoOption* option = parsed.get(); option->keyword != nullptr; ++option) {
    if (option->keyword == keyword) return option->val == nullptr ? "" : option->val;
  }
  return {};
}

std::string for_people(const Parsed& parsed) {
  std::string display = "postgresql://";
  if (const std::string user = value_of(parsed, "user"); !user.empty()) display += user + "@";
  std::string host = value_of(parsed, "host");
  if (host.empty()) host = value_of(parsed, "hostaddr");
  display += host;
  if (const std::string port = value_of(parsed, "port"); !port.empty()) display += ":" + port;
  if (const std::string database = value_of(parsed, "dbname"); !database.empty()) display += "/" + database;
  return model::printable(display, 256);
}

}  // namespace

Settings parse_url(std::string_view url, const Options& options) {
  if (url.size() > 4096) reject("is longer than 4096 bytes");
  if (!model::valid_utf8(url)) reject("is not UTF-8");
  for (const char c : url) {
    if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7F) reject("has a blank or a control character");
  }
  const auto slashes = url.find("://");
  if (slashes == std::string_view::npos ||
      (url.substr(0, slashes) != "postgresql" && url.substr(0, slashes) != "postgres")) {
    reject("does not begin with postgresql://");
  }
  const std::string_view rest = url.substr(slashes + 3);
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?"));
  const std::string_view behind = rest.substr(authority.size());
  const auto at = authority.rfind('@');
  const std::string_view user = at == std::string_view::npos ? std::string_view() : authority.substr(0, at);
  if (user.find('@') != std::string_view::npos || behind.find('@') != std::string_view::npos) {
    reject("has an @ where none can be (in a user name or password @ is written %40, / is %2F and ? is %3F)");
  }
  if (url.find('#') != std::string_view::npos) reject("has a # (which is written %23)");
  check_ports(at == std::string_view::npos ? authority : authority.substr(at + 1));
  decode(rest);

  Settings settings;
  settings.schema = options.postgres.schema;
  settings.read_only = options.read_only;
  settings.pool_size = options.postgres.pool_size;
  settings.connect_timeout = options.postgres.connect_timeout;

  const auto question = rest.find('?');
  settings.conninfo = std::string(url.substr(0, slashes + 3)) + std::string(rest.substr(0, question));
  std::string_view parameters = question == std::string_view::npos ? std::string_view() : rest.substr(question + 1);
  char separator = '?';
  for (int number = 1; !parameters.empty(); ++number) {
    const auto ampersand = parameters.find('&');
    const std::string_view parameter = parameters.substr(0, ampersand);
    parameters = ampersand == std::string_view::npos ? std::string_view() : parameters.substr(ampersand + 1);
    const auto equals = parameter.find('=');
    if (equals == std::string_view::npos || parameter.find('=', equals + 1) != std::string_view::npos) {
      reject("has a parameter, number " + std::to_string(number) +
             ", that is not name=value (a & is written %26, a = %3D)");
    }
    if (decode(parameter.substr(0, equals)) == "schema") {
      settings.schema = decode(parameter.substr(equals + 1));
      continue;
    }
    // libpq is asked about each alone: its own messages quote what they are about.
    const std::string alone = "postgresql://?" + std::string(parameter);
    const Parsed known(PQconninfoParse(alone.c_str(), nullptr), &PQconninfoFree);
    if (known == nullptr)
      reject("has a parameter, number " + std::to_string(number) + ", that PostgreSQL does not know");
    settings.conninfo += separator;
    settings.conninfo += parameter;
    separator = '&';
  }
  if (!model::is_schema_name(settings.schema)) {
    reject(
        "names a schema that is no name of a schema (a lower-case letter or _, then those and digits, at most 63 "
        "bytes, not beginning with pg_)");
  }

  const Parsed parsed(PQconninfoParse(settings.conninfo.c_str(), nullptr), &PQconninfoFree);
  if (parsed == nullptr) reject("cannot be read");
  if (const std::string database = value_of(parsed, "dbname");
      database.find('=') != std::string::npos || database.find("://") != std::string::npos) {
    reject("has a database name with = or :// in it");
  }
  settings.display = for_people(parsed);
  return settings;
}

}  // namespace luminate::postgres
