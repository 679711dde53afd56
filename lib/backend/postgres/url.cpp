#include "postgres/url.hpp"

#include <libpq-fe.h>
#include <luminate/error.hpp>

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include "model/names.hpp"
#include "model/text.hpp"

namespace luminate::postgres {
namespace {

constexpr std::size_t kMaxUrlLength = 4096;

/// Quotes nothing: a mistake in a URL often makes a piece of the password look like another part of it.
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

void check_port(std::string_view port) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), value);
  if (!port.empty() && (error != std::errc() || end != port.data() + port.size() || value == 0 || value > 65535)) {
    reject(
        "has a port that is no number from 1 to 65535 (a /, ?, @, : or % in a password is written as % and two "
        "hexadecimal digits, such as %2F for /)");
  }
}

using Parsed = std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)>;

std::string value_of(const Parsed& parsed, std::string_view keyword) {
  for (const PQconninfoOption* option = parsed.get(); option->keyword != nullptr; ++option) {
    if (option->keyword == keyword) return option->val == nullptr ? "" : option->val;
  }
  return {};
}

std::vector<std::string> pieces(std::string_view list) {
  std::vector<std::string> all;
  while (!list.empty()) {
    const auto comma = list.find(',');
    all.emplace_back(list.substr(0, comma));
    if (comma != std::string_view::npos && comma + 1 == list.size()) all.emplace_back();
    list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
  }
  return all;
}

std::vector<Host> hosts_of(const Parsed& parsed) {
  const auto names = pieces(value_of(parsed, "host"));
  const auto addresses = pieces(value_of(parsed, "hostaddr"));
  const auto ports = pieces(value_of(parsed, "port"));
  const std::size_t count = std::max<std::size_t>({names.size(), addresses.size(), 1});
  if ((!names.empty() && names.size() != count) || (!addresses.empty() && addresses.size() != count) ||
      (ports.size() > 1 && ports.size() != count)) {
    reject("names " + std::to_string(count) + " hosts, but not as many ports or addresses");
  }
  std::vector<Host> hosts(count);
  for (std::size_t i = 0; i < count; ++i) {
    if (!names.empty()) hosts[i].name = names[i];
    if (!addresses.empty()) hosts[i].address = addresses[i];
    if (!ports.empty()) hosts[i].port = ports[ports.size() == 1 ? 0 : i];
    check_port(hosts[i].port);
  }
  return hosts;
}

std::string for_people(const Parsed& parsed, std::span<const Host> hosts) {
  std::string display = "postgresql://";
  if (const std::string user = value_of(parsed, "user"); !user.empty()) display += user + "@";
  for (const Host& host : hosts) {
    if (&host != hosts.data()) display += ",";
    display += host.name.empty() ? host.address : host.name;
    if (!host.port.empty()) display += ":" + host.port;
  }
  if (const std::string database = value_of(parsed, "dbname"); !database.empty()) display += "/" + database;
  return model::printable(display, 256);
}

/// Seconds, as libpq takes them: 0 is for ever, which nobody gets here.
std::optional<std::chrono::milliseconds> timeout_of(const Parsed& parsed) {
  const std::string text = value_of(parsed, "connect_timeout");
  if (text.empty()) return std::nullopt;
  int seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size() || seconds < 1 || seconds > 3600) {
    reject("has a connect_timeout that is no number of seconds from 1 to 3600");
  }
  return std::chrono::seconds(seconds);
}

/// Cuts a URL into its parts, so that nothing of a password is taken for something that a message may show.
struct Parts {
  std::string_view front;       ///< All before the parameters.
  std::string_view parameters;  ///< Behind the question mark.
};

Parts parts_of(std::string_view url) {
  if (url.size() > kMaxUrlLength) reject("is longer than " + std::to_string(kMaxUrlLength) + " bytes");
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
  const auto at = authority.rfind('@');
  const std::string_view user = at == std::string_view::npos ? std::string_view() : authority.substr(0, at);
  if (user.find('@') != std::string_view::npos || rest.substr(authority.size()).find('@') != std::string_view::npos) {
    reject("has an @ where none can be (in a user name or password @ is written %40, / is %2F and ? is %3F)");
  }
  if (url.find('#') != std::string_view::npos) reject("has a # (which is written %23)");
  decode(rest);
  const auto question = url.find('?');
  return {url.substr(0, question), question == std::string_view::npos ? "" : url.substr(question + 1)};
}

/// Takes `schema` out, and sees to it that libpq knows the others. @returns all but `schema`.
std::string for_libpq(std::string_view parameters, std::string& schema) {
  std::string kept;
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
      schema = decode(parameter.substr(equals + 1));
      continue;
    }
    // libpq is asked about each alone, as what it says about a mistake quotes it.
    const std::string alone = "postgresql://?" + std::string(parameter);
    const Parsed known(PQconninfoParse(alone.c_str(), nullptr), &PQconninfoFree);
    if (known == nullptr) {
      reject("has a parameter, number " + std::to_string(number) + ", that PostgreSQL does not know");
    }
    kept.append(kept.empty() ? "?" : "&").append(parameter);
  }
  return kept;
}

}  // namespace

Settings parse_url(std::string_view url, const Options& options) {
  Settings settings;
  settings.schema = options.postgres.schema;
  settings.read_only = options.read_only;
  settings.durability = options.durability;
  settings.pool_size = options.postgres.pool_size;
  settings.connect_timeout = options.postgres.connect_timeout;

  const Parts parts = parts_of(url);
  settings.conninfo = std::string(parts.front) + for_libpq(parts.parameters, settings.schema);
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
  std::vector<Host> hosts = hosts_of(parsed);
  settings.display = for_people(parsed, hosts);
  if (hosts.size() > 1) settings.hosts = std::move(hosts);
  settings.connect_timeout = timeout_of(parsed).value_or(settings.connect_timeout);
  return settings;
}

}  // namespace luminate::postgres
