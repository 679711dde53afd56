#pragma once

#include <string>
#include <vector>

namespace CLI {  // NOLINT(readability-identifier-naming): a library of others.
class App;
}

namespace luminate::server::tools {

/// A flag, or something that stands by its place.
struct Argument {
  std::vector<std::string> names;  ///< "--help", "-h", as they are typed; none: it stands by its place.
  std::string value;               ///< "FILE", or choices, "debug|info"; empty: it takes none.
  std::string about;
  bool is_required = false;

  bool is_positional() const { return names.empty(); }
  /// What its value can be, where that is known.
  std::vector<std::string> choices() const;
  bool is_file() const { return value == "FILE"; }
};

/// The command line as data: what completion and the manual page are made of, so that they cannot differ from what is
/// parsed.
struct CommandTree {
  std::string name;
  std::string about;
  std::string notes;  ///< What its help says at the end.
  std::vector<Argument> arguments;
  std::vector<CommandTree> commands;
};

CommandTree describe(const CLI::App& app);

/// A script for bash, or zsh, that completes the command line. @param shell one of kShells.
std::string completion(const CommandTree& program, const std::string& shell);
inline constexpr const char* kShells = "bash|zsh";

/// Chapters of the manual page that the command line does not tell.
struct ManualTexts {
  std::string version;
  std::string summary;        ///< What the program is, in half a line.
  std::string description;    ///< This and the others: paragraphs, and lines that are indented and stay as they are.
  std::string configuration;  ///< Before the list of keys.
  std::string signals;
  std::string exit_status;
  std::string files;
  std::string examples;
  std::string see_also;
};

/// The manual page, in roff.
std::string manual_page(const CommandTree& program, const ManualTexts& texts);

}  // namespace luminate::server::tools
