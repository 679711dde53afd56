#include "server/tools/command_tree.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <algorithm>

namespace luminate::server::tools {
namespace {

Argument describe(const CLI::Option& option) {
  Argument argument;
  if (option.nonpositional()) {
    for (const std::string& name : option.get_lnames()) argument.names.push_back("--" + name);
    for (const std::string& name : option.get_snames()) argument.names.push_back("-" + name);
  }
  argument.about = option.get_description();
  argument.is_required = option.get_required();
  if (option.get_expected_max() == 0) return argument;
  argument.value = option.get_type_name();
  // Not what the library calls it, such as UINT:NONNEGATIVE.
  if (const std::size_t check = argument.value.find(':'); check != std::string::npos) argument.value.resize(check);
  if (argument.value == "UINT") argument.value = "NUMBER";
  if (argument.is_positional() && argument.value == "TEXT") argument.value = option.get_name(true);
  return argument;
}

}  // namespace

std::vector<std::string> Argument::choices() const {
  std::vector<std::string> words;
  if (value.find('|') == std::string::npos) return words;
  for (std::size_t begin = 0; begin <= value.size();) {
    const std::size_t end = std::min(value.find('|', begin), value.size());
    words.push_back(value.substr(begin, end - begin));
    begin = end + 1;
  }
  return words;
}

CommandTree describe(const CLI::App& app) {
  CommandTree tree;
  tree.name = app.get_name();
  tree.about = app.get_description();
  tree.notes = app.get_footer();
  for (const CLI::Option* option : app.get_options()) {
    if (option->nonpositional() && option->get_group().empty()) continue;  // Hidden.
    tree.arguments.push_back(describe(*option));
  }
  std::stable_partition(tree.arguments.begin(), tree.arguments.end(),
                        [](const Argument& argument) { return argument.is_positional(); });
  for (const CLI::App* command : app.get_subcommands({})) tree.commands.push_back(describe(*command));
  return tree;
}

}  // namespace luminate::server::tools
