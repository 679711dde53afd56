#pragma once

#include <span>
#include <string>
#include <string_view>

#include "server/config/config.hpp"

namespace luminate::server::config {

/// One thing that can be configured: the row of the table from which the YAML file, the environment, the command line,
/// --help, --print-config and docs/configuration.md are made.
struct Option {
  enum class Kind {
    plain,
    secret,  ///< Never shown.
    group,   ///< May stand in a file as a group of names and values too: set() gets them as "NAME VALUE, NAME VALUE".
    list,    ///< May stand in a file as a list of groups of `item_keys`: set() gets their values as "A B, A B".
    table,   ///< May stand in a file as a group of groups: set() gets them as "\"NAME\" KEY=VALUE KEY=VALUE, \"NAME\"
             ///< KEY=VALUE".
  };

  std::string_view name;  ///< "server.port": section, dot, key. Or of a group: "server.tls.key_file".
  std::string_view default_value;
  std::string_view meaning;
  std::string_view flag;  ///< "--port", or empty.
  /// @throws ConfigError that names the option, the value, and what would be right.
  void (*set)(Config&, const Option&, std::string_view value);
  /// The current value, as set() would take it.
  std::string (*get)(const Config&, const Option&);
  Kind kind = Kind::plain;
  /// What the flag's value is called, "PORT", or the choices that there are, "text|json".
  std::string_view value_name = "VALUE";
  std::span<const std::string_view> item_keys{};

  std::string_view section() const { return name.substr(0, name.find('.')); }
  std::string_view key() const { return name.substr(name.find('.') + 1); }
  /// "tls" of "server.tls.key_file"; empty for most.
  std::string_view group() const;
  /// "LUMINATE_SERVER_PORT".
  std::string variable() const;
};

/// All of them, section by section. The library's own are taken from luminate::Options::keys().
std::span<const Option> options();

/// The option of that name, or null.
const Option* find_option(std::string_view name);

/// Why there is no option `name`, and which one was probably meant: the end of an error's line.
std::string explain_unknown(std::string_view name);

}  // namespace luminate::server::config
