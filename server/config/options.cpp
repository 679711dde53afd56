#include "server/config/options.hpp"

#include <luminate/error.hpp>

#include <algorithm>
#include <array>
#include <vector>

#include "server/config/option_values.hpp"
#include "server/config/sections.hpp"
#include "server/nearest.hpp"

namespace luminate::server::config {
namespace {

constexpr std::array<std::string_view, 10> kSections{
    "server",       "auth",        "storage",   "rate_limits", "cardinality_limits",
    "query_limits", "batch_write", "retention", "logging",     "metrics"};

// What the library takes as "PATTERN RETENTION, ...".
constexpr std::string_view kPolicies = "retention.policies";
constexpr std::array<std::string_view, 2> kPolicyKeys{"metric_pattern", "retention"};

std::vector<Option> make_table() {
  std::vector<Option> table;
  for (const auto section :
       {server_options, auth_options, storage_options, rate_limits_options, logging_options, metrics_options}) {
    const std::span<const Option> rows = section();
    table.insert(table.end(), rows.begin(), rows.end());
  }
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
    if (key.name != kPolicies) continue;
    table.back().kind = Option::Kind::list;
    table.back().item_keys = kPolicyKeys;
  }
  const auto rank = [](const Option& option) {
    return std::find(kSections.begin(), kSections.end(), option.section()) - kSections.begin();
  };
  std::stable_sort(table.begin(), table.end(), [&](const Option& a, const Option& b) { return rank(a) < rank(b); });
  return table;
}

/// Whether an option is called so, apart from its section and group.
bool is_key(const Option& option, std::string_view word) {
  return option.name.substr(option.name.rfind('.') + 1) == word;
}

}  // namespace

std::string_view Option::group() const {
  const std::size_t dot = key().find('.');
  return key().substr(0, dot == std::string_view::npos ? 0 : dot);
}

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
  const std::size_t dot = name.find('.');
  const std::string_view section = name.substr(0, dot);
  const bool known_section = std::find(kSections.begin(), kSections.end(), section) != kSections.end();
  const std::string unknown = (dot == std::string_view::npos ? "unknown section " : "unknown key ") + shown;
  std::vector<std::string_view> same_section;
  std::vector<std::string_view> all;
  for (const Option& option : options()) {
    // The right key in a wrong place is no typing error.
    if (is_key(option, name.substr(name.rfind('.') + 1)))
      return unknown + "; the nearest is " + std::string(option.name);
    if (option.section() == section) same_section.push_back(option.name);
    all.push_back(option.name);
  }
  for (const Option& option : options()) {
    if (!option.group().empty() && option.group() == name) {
      return unknown + "; the nearest is " + std::string(option.section()) + '.' + std::string(name);
    }
  }
  if (dot == std::string_view::npos) return unknown + "; the nearest is " + std::string(nearest(name, kSections));
  return unknown + "; the nearest is " + std::string(nearest(name, known_section ? same_section : all));
}

}  // namespace luminate::server::config
