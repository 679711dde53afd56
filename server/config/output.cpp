#include "server/config/output.hpp"

#include <algorithm>

#include "server/config/options.hpp"
#include "server/config/secrets.hpp"

namespace luminate::server::config {
namespace {

/// A YAML scalar that reads back as `value`, whatever it holds: plain where that is safe, else double-quoted. A `${`
/// is doubled, for it stands in a value that was substituted already.
std::string yaml_scalar(std::string value) {
  for (std::size_t at = value.find("${"); at != std::string::npos; at = value.find("${", at + 3)) value.insert(at, "$");
  const bool plain = !value.empty() && value.find(": ") == std::string::npos && value.back() != ':' &&
                     std::all_of(value.begin(), value.end(),
                                 [](char c) {
                                   return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                                          std::string_view("._-/:?=&@+").find(c) != std::string_view::npos;
                                 }) &&
                     std::string_view("-:?@=&").find(value.front()) == std::string_view::npos;
  return plain ? value : '"' + escape_for_log(value) + '"';
}

std::string shown_value(const Config& config, const Option& option) {
  const std::string value = option.get(config, option);
  if (option.kind == Option::Kind::secret) return value.empty() ? "" : "***";
  return mask_secrets(value);
}

/// A default as Markdown shows it.
std::string code(std::string_view text) {
  return text.empty() ? "" : '`' + std::string(text) + '`';
}

}  // namespace

std::string to_yaml(const Config& config, bool with_meanings) {
  std::string text;
  std::string_view section;
  std::string_view group;
  for (const Option& option : options()) {
    if (option.section() != section) {
      if (!section.empty()) text += '\n';
      section = option.section();
      text += std::string(section) + ":\n";
    }
    if (option.group() != group) {
      group = option.group();
      if (!group.empty()) text += "  " + std::string(group) + ":\n";
    }
    const std::string indent(group.empty() ? 2 : 4, ' ');
    const std::string_view key = group.empty() ? option.key() : option.key().substr(group.size() + 1);
    if (with_meanings) text += indent + "# " + std::string(option.meaning) + '\n';
    text += indent + std::string(key) + ": " + yaml_scalar(shown_value(config, option)) + '\n';
  }
  return text;
}

std::string markdown_table() {
  std::string text = "| key | default | variable | flag | meaning |\n|---|---|---|---|---|\n";
  for (const Option& option : options()) {
    text += "| `" + std::string(option.name) + "` | " + code(option.default_value) + " | `" + option.variable() +
            "` | " + code(option.flag) + " | " + std::string(option.meaning) + " |\n";
  }
  return text;
}

}  // namespace luminate::server::config
