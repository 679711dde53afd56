#include "server/config/options.hpp"
#include "server/config/secrets.hpp"

#include <luminate/error.hpp>
#include <luminate/query.hpp>

#include <algorithm>
#include <array>
#include <vector>

#include "server/config/auth_options.hpp"
#include "server/config/option_values.hpp"
#include "server/nearest.hpp"

namespace luminate::server::config {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kHour = std::chrono::hours(1);

/// A timeout of the HTTP server: a millisecond to an hour, or from nothing where that makes sense.
template <auto Field, int Minimum>
constexpr Option timeout(std::string_view name, std::string_view default_value, std::string_view meaning) {
  return {name,
          default_value,
          meaning,
          "",
          [](Config& config, const Option& option, std::string_view value) {
            config.server.*Field = read_duration(option, value, milliseconds(Minimum), kHour);
          },
          [](const Config& config, const Option&) { return format_duration(config.server.*Field); }};
}

bool is_host(std::string_view text) {
  // 253 is the longest host name that DNS knows.
  return !text.empty() && text.size() <= 253 && std::none_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) <= ' ' || c == '/' || c == 0x7F;
  });
}

void set_host(Config& config, const Option& option, std::string_view value) {
  if (!is_host(value)) refuse_value(option, value, "a host name or an IP address");
  config.server.host = value;
}

constexpr std::size_t kMaxHostNames = 100;

std::string join(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

void set_host_names(Config& config, const Option& option, std::string_view value) {
  std::vector<std::string> names;
  for (std::string_view rest = value; !rest.empty();) {
    std::string_view name = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), name.size() + 1));
    name.remove_prefix(std::min(name.size(), name.find_first_not_of(' ')));
    name = name.substr(0, name.find_last_not_of(' ') + 1);
    if (!is_host(name) || name.find(':') != std::string_view::npos || names.size() == kMaxHostNames) {
      refuse_value(option, value, "at most 100 host names, without ports and with commas between them");
    }
    names.emplace_back(name);
  }
  config.server.host_names = std::move(names);
}

void set_url(Config& config, const Option& option, std::string_view value) {
  if (value.empty() || value.size() > 4096 || value.find(':') == std::string_view::npos ||
      std::any_of(value.begin(), value.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; })) {
    refuse_value(option, mask_secrets(value),
                 "a storage URL, such as sqlite:/var/lib/luminate/metrics.db or postgresql://user@host/database");
  }
  config.storage_url = value;
}

template <class Value>
struct Name {
  std::string_view text;
  Value value;
};
constexpr std::array<Name<LogLevel>, 4> kLevels{
    {{"debug", LogLevel::debug}, {"info", LogLevel::info}, {"warning", LogLevel::warning}, {"error", LogLevel::error}}};
constexpr std::array<Name<LogFormat>, 3> kFormats{
    {{"auto", LogFormat::automatic}, {"text", LogFormat::text}, {"json", LogFormat::json}}};

template <auto Field, const auto& Names>
constexpr Option choice(std::string_view name, std::string_view default_value, std::string_view meaning,
                        std::string_view flag) {
  return {name,
          default_value,
          meaning,
          flag,
          [](Config& config, const Option& option, std::string_view value) {
            std::string expected;
            for (const auto& known : Names) {
              if (known.text == value) {
                config.logging.*Field = known.value;
                return;
              }
              expected += (expected.empty() ? "" : ", ") + std::string(known.text);
            }
            refuse_value(option, value, "one of " + expected);
          },
          [](const Config& config, const Option&) {
            for (const auto& known : Names) {
              if (known.value == config.logging.*Field) return std::string(known.text);
            }
            return std::string();
          }};
}

void set_slow_query(Config& config, const Option& option, std::string_view value) {
  if (value == "off") {
    config.logging.slow_query.reset();
  } else {
    config.logging.slow_query = read_duration(option, value, milliseconds(0), 24 * kHour);
  }
}

constexpr std::array kOwn{
    Option{"server.host", "127.0.0.1",
           "address to listen on; one that others can reach needs auth.enabled, or --insecure", "--host", set_host,
           [](const Config& config, const Option&) { return config.server.host; }},
    Option{"server.port", "8080", "port to listen on; 0 takes a free one", "--port",
           [](Config& config, const Option& option, std::string_view value) {
             config.server.port = read_count<std::uint16_t>(option, value, 0, 65'535);
           },
           [](const Config& config, const Option&) { return std::to_string(config.server.port); }},
    timeout<&Config::Server::read_timeout, 1>("server.read_timeout", "30s",
                                              "time for a whole request head, and for a whole body, to arrive"),
    timeout<&Config::Server::write_timeout, 1>("server.write_timeout", "30s",
                                               "time for a client to take its answer, or a piece of a large one"),
    timeout<&Config::Server::idle_timeout, 1>("server.idle_timeout", "1m",
                                              "how long a connection may wait between requests"),
    timeout<&Config::Server::shutdown_timeout, 0>("server.shutdown_timeout", "30s",
                                                  "time for requests in flight to finish at shutdown"),
    Option{"server.max_connections", "512", "connections at once", "",
           [](Config& config, const Option& option, std::string_view value) {
             config.server.max_connections = read_count<std::size_t>(option, value, 1, 65'536);
           },
           [](const Config& config, const Option&) { return std::to_string(config.server.max_connections); }},
    Option{"server.host_names", "",
           "names beside localhost by which it may be asked while auth.enabled is false, such as a, b", "",
           set_host_names, [](const Config& config, const Option&) { return join(config.server.host_names); }},
    Option{"storage.url", "sqlite:./luminate.db",
           "the store: sqlite:PATH, postgresql://USER@HOST/DATABASE, or memory: (gone when the server ends)",
           "--storage-url", set_url, [](const Config& config, const Option&) { return config.storage_url; }},
    choice<&Config::Logging::level, kLevels>("logging.level", "info",
                                             "least severe lines to log: debug, info, warning, error", "--log-level"),
    choice<&Config::Logging::format, kFormats>("logging.format", "auto",
                                               "text, json (one object a line), or auto: text on a terminal, else json",
                                               "--log-format"),
    Option{"logging.slow_query", "1s", "queries that take at least this long are logged in full; off for none", "",
           set_slow_query,
           [](const Config& config, const Option&) {
             return config.logging.slow_query ? format_duration(*config.logging.slow_query) : std::string("off");
           }},
};

constexpr std::array<std::string_view, 8> kSections{"server",       "auth",        "storage",   "cardinality_limits",
                                                    "query_limits", "batch_write", "retention", "logging"};
constexpr std::array<std::string_view, 4> kLater{"rate_limits", "retention.policies", "metrics", "server.tls"};

std::vector<Option> make_table() {
  std::vector<Option> table(kOwn.begin(), kOwn.end());
  table.insert(table.end(), auth_options().begin(), auth_options().end());
  for (const Options::Key& key : Options::keys()) {
    table.push_back({key.name, key.default_value, key.meaning, "",
                     [](Config& config, const Option& option, std::string_view value) {
                       try {
                         config.store.set(option.name, value);
                       } catch (const Error& error) {
                         throw ConfigError(printable(error.what()));
                       }
                     },
                     [](const Config& config, const Option& option) { return config.store.get(option.name); }});
  }
  const auto rank = [](const Option& option) {
    return std::find(kSections.begin(), kSections.end(), option.section()) - kSections.begin();
  };
  std::stable_sort(table.begin(), table.end(), [&](const Option& a, const Option& b) { return rank(a) < rank(b); });
  return table;
}

}  // namespace

std::string Option::variable() const {
  std::string variable = "LUMINATE_";
  for (const char c : name) variable += c == '.' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  return variable;
}

std::span<const Option> options() {
  static const std::vector<Option> kTable = make_table();
  return kTable;
}

const Option* find_option(std::string_view name) {
  for (const Option& option : options()) {
    if (option.name == name) return &option;
  }
  return nullptr;
}

std::string explain_unknown(std::string_view name) {
  const std::string shown = printable(name.substr(0, 128));
  for (const std::string_view later : kLater) {
    if (name == later || (name.starts_with(later) && name[later.size()] == '.')) {
      return std::string(later) + " is not supported by this version; remove it";
    }
  }
  const std::size_t dot = name.find('.');
  const std::string_view section = name.substr(0, dot);
  const bool known_section = std::find(kSections.begin(), kSections.end(), section) != kSections.end();
  const std::string unknown = (dot == std::string_view::npos ? "unknown section " : "unknown key ") + shown;
  std::vector<std::string_view> same_section;
  std::vector<std::string_view> all;
  for (const Option& option : options()) {
    // The right key in a wrong place is no typing error.
    if (option.key() == name.substr(dot + 1)) return unknown + "; the nearest is " + std::string(option.name);
    if (option.section() == section) same_section.push_back(option.name);
    all.push_back(option.name);
  }
  if (dot == std::string_view::npos) return unknown + "; the nearest is " + std::string(nearest(name, kSections));
  return unknown + "; the nearest is " + std::string(nearest(name, known_section ? same_section : all));
}

}  // namespace luminate::server::config
