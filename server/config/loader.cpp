#include "server/config/loader.hpp"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <system_error>

#include "server/config/options.hpp"
#include "server/config/yaml_file.hpp"
#include "server/nearest.hpp"

namespace luminate::server::config {
namespace {

using Shape = YamlEntry::Shape;

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw ConfigError("cannot read " + path + ": " + std::generic_category().message(errno));
  // One byte more than is allowed, so that parse_yaml sees that there is more.
  std::string text(kMaxFileBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad() || (file.gcount() == 0 && !file.eof())) {
    throw ConfigError("cannot read " + path + ": it must be a file of at most 1 MiB");
  }
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

bool is_section(std::string_view name) {
  return std::any_of(options().begin(), options().end(), [&](const Option& o) { return o.section() == name; });
}

void apply_section(const YamlEntry& entry) {
  if (!is_section(entry.name)) throw ConfigError(explain_unknown(entry.name));
  if (entry.shape == Shape::value || entry.shape == Shape::list) {
    throw ConfigError(entry.name + " is a section: its keys stand on lines of their own below it, indented");
  }
}

/// "server.tls", whose keys are options themselves.
bool is_group(std::string_view name) {
  return std::any_of(options().begin(), options().end(), [&](const Option& o) {
    return !o.group().empty() && name == std::string(o.section()) + '.' + std::string(o.group());
  });
}

/// "NAME VALUE, NAME VALUE", as an option of the kind `group` takes it.
std::string join_items(const YamlEntry& entry, const Environment& environment) {
  std::string text;
  for (const YamlEntry& item : entry.items) {
    if (item.shape != Shape::value) throw ConfigError(item.name + " must be a single value");
    text += (text.empty() ? "" : ", ") + item.name.substr(entry.name.size() + 1) + ' ' +
            substitute(item.value, environment);
  }
  return text;
}

/// "\"NAME\" KEY=VALUE KEY=VALUE, \"NAME\" KEY=VALUE", as an option of the kind `table` takes it.
std::string join_groups(const YamlEntry& entry, const Environment& environment) {
  std::string text;
  for (const YamlEntry& group : entry.items) {
    text += (text.empty() ? "" : ", ") + quote_name(std::string_view(group.name).substr(entry.name.size() + 1));
    if (group.shape == Shape::value) text += ' ' + substitute(group.value, environment);
    if (group.shape == Shape::list) throw ConfigError(group.name + " must be a group of names and values");
    for (const YamlEntry& item : group.items) {
      if (item.shape != Shape::value) throw ConfigError(item.name + " must be a single value");
      const std::string value = substitute(item.value, environment);
      if (value.find_first_of(" ,") != std::string::npos) throw ConfigError(item.name + " must be a single word");
      text += ' ' + item.name.substr(group.name.size() + 1) + '=' + value;
    }
  }
  return text;
}

/// "A B, A B", as an option of the kind `list` takes it.
std::string join_list(const YamlEntry& entry, const Option& option, const Environment& environment) {
  const std::string what =
      "a group of " + std::string(option.item_keys.front()) + " and " + std::string(option.item_keys.back());
  std::string text;
  for (const YamlEntry& group : entry.items) {
    if (group.shape != Shape::group) throw ConfigError(group.name + " must be " + what);
    std::vector<std::string> values(option.item_keys.size());
    for (const YamlEntry& item : group.items) {
      const std::string_view key = std::string_view(item.name).substr(group.name.size() + 1);
      const auto known = std::find(option.item_keys.begin(), option.item_keys.end(), key);
      if (known == option.item_keys.end()) {
        throw ConfigError("unknown key " + printable(item.name.substr(0, 128)) + "; the nearest is " + group.name +
                          '.' + std::string(nearest(key, option.item_keys)));
      }
      std::string value = item.shape == Shape::value ? substitute(item.value, environment) : "";
      if (value.empty() || value.find_first_of(" ,\t\n") != std::string::npos) {
        throw ConfigError(item.name + " must be a single word");
      }
      values[static_cast<std::size_t>(known - option.item_keys.begin())] = std::move(value);
    }
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (values[i].empty()) throw ConfigError(group.name + " lacks " + std::string(option.item_keys[i]));
      text += (i > 0 ? " " : text.empty() ? "" : ", ") + values[i];
    }
  }
  return text;
}

void apply_key(const YamlEntry& entry, const Environment& environment, Config& config) {
  const Option* option = find_option(entry.name);
  if (option == nullptr && is_group(entry.name)) {
    if (entry.shape == Shape::nothing) return;
    throw ConfigError(entry.name + " is a group: its keys stand on lines of their own below it, indented");
  }
  if (option == nullptr) throw ConfigError(explain_unknown(entry.name));
  if (entry.shape == Shape::group && option->kind == Option::Kind::group) {
    return option->set(config, *option, join_items(entry, environment));
  }
  if (entry.shape == Shape::group && option->kind == Option::Kind::table) {
    return option->set(config, *option, join_groups(entry, environment));
  }
  if (entry.shape == Shape::list && option->kind == Option::Kind::list) {
    return option->set(config, *option, join_list(entry, *option, environment));
  }
  if (entry.shape != Shape::value) {
    const char* found = entry.shape == Shape::list ? "a list" : entry.shape == Shape::group ? "a group" : "nothing";
    throw ConfigError(entry.name + " must be a single value, not " + found);
  }
  option->set(config, *option, substitute(entry.value, environment));
}

/// Kubernetes announces a service called "luminate" to every pod beside it in variables of these forms.
bool is_service_link(std::string_view variable) {
  return variable == "LUMINATE_PORT" || variable.starts_with("LUMINATE_PORT_") ||
         variable.starts_with("LUMINATE_SERVICE_");
}

/// Variables that are not for the server: the Python package finds its library by LUMINATE_LIBRARY, and tests what they
/// need by LUMINATE_TEST_*.
bool is_of_others(std::string_view variable) {
  return variable == "LUMINATE_LIBRARY" || variable.starts_with("LUMINATE_TEST_") || is_service_link(variable);
}

void apply_entry(const YamlEntry& entry, const std::string& file, const Environment& environment, Config& config) {
  if (entry.shape == Shape::group && is_group(entry.name)) {
    for (const YamlEntry& item : entry.items) apply_entry(item, file, environment, config);
    return;
  }
  try {
    if (entry.name.find('.') == std::string::npos) {
      apply_section(entry);
    } else {
      apply_key(entry, environment, config);
    }
  } catch (const ConfigError& error) {
    throw ConfigError(file + ", line " + std::to_string(entry.line) + ": " + error.what());
  }
}

}  // namespace

void apply_yaml(std::string_view text, const std::string& name, const Environment& environment, Config& config) {
  std::vector<YamlEntry> entries;
  try {
    entries = parse_yaml(text);
  } catch (const ConfigError& error) {
    throw ConfigError(name + ", " + error.what());
  }
  for (const YamlEntry& entry : entries) apply_entry(entry, name, environment, config);
}

void apply_environment(const Environment& environment, Config& config) {
  std::vector<std::string> variables;
  for (const Option& option : options()) variables.push_back(option.variable());
  for (const auto& [variable, value] : environment) {
    if (!variable.starts_with("LUMINATE_") || is_of_others(variable)) continue;
    const auto known = std::find(variables.begin(), variables.end(), variable);
    if (known == variables.end()) {
      const std::vector<std::string_view> candidates(variables.begin(), variables.end());
      throw ConfigError("environment: unknown variable " + printable(variable.substr(0, 128)) + "; the nearest is " +
                        std::string(nearest(variable, candidates)));
    }
    const Option& option = options()[static_cast<std::size_t>(known - variables.begin())];
    try {
      option.set(config, option, value);
    } catch (const ConfigError& error) {
      throw ConfigError("environment, " + variable + ": " + error.what());
    }
  }
}

Config load(const Sources& sources) {
  Config config;
  if (sources.file) apply_yaml(read_file(*sources.file), *sources.file, sources.environment, config);
  apply_environment(sources.environment, config);
  for (const auto& [name, value] : sources.flags) {
    const Option* option = find_option(name);
    if (option == nullptr) throw ConfigError(explain_unknown(name));
    try {
      option->set(config, *option, value);
    } catch (const ConfigError& error) {
      throw ConfigError(std::string(option->flag) + ": " + error.what());
    }
  }
  config.insecure = sources.insecure;
  return config;
}

}  // namespace luminate::server::config
