#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "server/tools/command_tree.hpp"

namespace luminate::server::tools {
namespace {

std::string joined(const std::vector<std::string>& words, std::string_view separator) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : std::string(separator)) + word;
  return text;
}

/// "backup,--force|backup,--no-verify", as `case` matches it; the program itself has no name there.
std::string pattern(const std::string& command, const Argument& argument) {
  std::string text;
  for (const std::string& name : argument.names) text += (text.empty() ? "" : "|") + command + ',' + name;
  return text;
}

std::vector<std::string> names_of_commands(const CommandTree& program) {
  std::vector<std::string> names;
  for (const CommandTree& command : program.commands) names.push_back(command.name);
  return names;
}

/// What may follow each option that takes a value, as branches of `case $command,$before`.
std::string bash_values(const std::string& name, const CommandTree& command) {
  std::string text;
  for (const Argument& argument : command.arguments) {
    if (argument.is_positional() || argument.value.empty()) continue;
    text += "    " + pattern(name, argument) + ") ";
    if (const auto choices = argument.choices(); !choices.empty()) {
      text += "words='" + joined(choices, " ") + "' ;;\n";
    } else {
      text += argument.is_file() ? "files=1 ;;\n" : "return ;;\n";
    }
  }
  return text;
}

/// What may stand where no option waits for a value, as a branch of `case $command`.
std::string bash_words(const std::string& name, const CommandTree& command) {
  std::vector<std::string> options;
  std::vector<std::string> words;
  bool takes_files = false;
  for (const Argument& argument : command.arguments) {
    options.insert(options.end(), argument.names.begin(), argument.names.end());
    if (!argument.is_positional()) continue;
    const auto choices = argument.choices();
    words.insert(words.end(), choices.begin(), choices.end());
    takes_files |= choices.empty();
  }
  for (const CommandTree& sub : command.commands) words.push_back(sub.name);
  return "      " + (name.empty() ? "''" : name) + ")\n        [[ $word == -* ]] && words='" + joined(options, " ") +
         "' || { words='" + joined(words, " ") + "'" + (takes_files ? "; files=1" : "") + "; } ;;\n";
}

std::string bash(const CommandTree& program) {
  const std::string function = "_luminate_server";
  std::string takes_value;
  for (const Argument& argument : program.arguments) {
    if (!argument.value.empty()) takes_value += (takes_value.empty() ? "" : "|") + joined(argument.names, "|");
  }
  std::string text = "# Completion of " + program.name + " for bash, made by `" + program.name +
                     " completion bash`: source it, or put it into\n"
                     "# /usr/share/bash-completion/completions under the program's name.\n" +
                     function +
                     "() {\n"
                     "  local word=${COMP_WORDS[COMP_CWORD]} before= command= words= files= i\n"
                     "  ((COMP_CWORD > 0)) && before=${COMP_WORDS[COMP_CWORD - 1]}\n"
                     "  # --option=value comes as three words.\n"
                     "  if [[ $word == = ]]; then\n"
                     "    word=\n"
                     "  elif [[ $before == = ]] && ((COMP_CWORD > 1)); then\n"
                     "    before=${COMP_WORDS[COMP_CWORD - 2]}\n"
                     "  fi\n"
                     "  for ((i = 1; i < COMP_CWORD; ++i)); do\n"
                     "    case ${COMP_WORDS[i]} in\n"
                     "      " +
                     takes_value +
                     ")\n"
                     "        [[ ${COMP_WORDS[i + 1]} == = ]] && ((++i))\n"
                     "        ((++i)) ;;\n"
                     "      " +
                     joined(names_of_commands(program), "|") +
                     ") command=${COMP_WORDS[i]} && break ;;\n"
                     "    esac\n"
                     "  done\n"
                     "  COMPREPLY=()\n"
                     "  case $command,$before in\n" +
                     bash_values("", program);
  for (const CommandTree& command : program.commands) text += bash_values(command.name, command);
  text += "    *) case $command in\n" + bash_words("", program);
  for (const CommandTree& command : program.commands) text += bash_words(command.name, command);
  return text +
         "    esac ;;\n"
         "  esac\n"
         "  [[ -n $words ]] && mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
         "  if [[ -n $files ]]; then\n"
         "    compopt -o filenames 2> /dev/null\n"
         "    mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -f -- \"$word\")\n"
         "  fi\n"
         "}\n"
         "complete -F " +
         function + ' ' + program.name + '\n';
}

/// In single quotes, and without what _arguments would take for its own.
std::string zsh_text(std::string_view text, std::string_view special) {
  std::string quoted;
  for (const char c : text) {
    if (c == '\'') {
      quoted += "'\\''";
      continue;
    }
    if (special.find(c) != std::string_view::npos) quoted += '\\';
    quoted += c;
  }
  return quoted;
}

std::string zsh_value(const Argument& argument) {
  const std::string action = argument.is_positional() && argument.choices().empty() ? "_files"
                             : argument.is_file()                                   ? "_files"
                             : argument.choices().empty()                           ? " "
                                                          : '(' + joined(argument.choices(), " ") + ')';
  return ':' + zsh_text(argument.value, ":\\") + ':' + action;
}

std::string zsh_arguments(const CommandTree& command, const std::string& indent) {
  std::string text;
  int place = 0;
  for (const Argument& argument : command.arguments) {
    const std::string about = zsh_text(argument.about, "[]:\\");
    if (argument.is_positional()) {
      text += indent + '\'' + std::to_string(++place) + (argument.is_required ? "" : ":") + zsh_value(argument) + "'";
    }
    for (const std::string& name : argument.names) {
      text += indent + "'*" + name + '[' + about + ']' + (argument.value.empty() ? "" : zsh_value(argument)) + "'";
    }
  }
  return text;
}

std::string zsh(const CommandTree& program) {
  const std::string break_line = " \\\n    ";
  std::string text = "#compdef " + program.name + "\n# Completion of " + program.name + " for zsh, made by `" +
                     program.name + " completion zsh`: put it as _" + program.name +
                     " into a folder of $fpath.\n"
                     "_" +
                     program.name +
                     "() {\n"
                     "  local context state state_descr line\n"
                     "  typeset -A opt_args\n"
                     "  local -a commands=(\n";
  for (const CommandTree& command : program.commands) {
    text += "    '" + command.name + ':' + zsh_text(command.about, ":\\") + "'\n";
  }
  text += "  )\n  _arguments" + zsh_arguments(program, break_line) + break_line + "'1: :->command'" + break_line +
          "'*:: :->arguments' && return\n"
          "  case $state in\n"
          "    command) _describe command commands ;;\n"
          "    arguments)\n"
          "      case $words[1] in\n";
  for (const CommandTree& command : program.commands) {
    text += "        " + command.name + ") _arguments" + zsh_arguments(command, " \\\n          ") + " ;;\n";
  }
  return text +
         "      esac ;;\n"
         "  esac\n"
         "}\n"
         // Autoloaded, the file is the function; sourced, it only defines it.
         "if [[ $funcstack[1] == _" +
         program.name + " ]]; then _" + program.name + " \"$@\"; else compdef _" + program.name + ' ' + program.name +
         "; fi\n";
}

}  // namespace

std::string completion(const CommandTree& program, const std::string& shell) {
  if (shell == "bash") return bash(program);
  if (shell == "zsh") return zsh(program);
  throw std::invalid_argument("no completion for " + shell);
}

}  // namespace luminate::server::tools
