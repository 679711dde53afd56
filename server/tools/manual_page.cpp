#include <algorithm>
#include <string>
#include <string_view>

#include "server/config/options.hpp"
#include "server/tools/command_tree.hpp"

namespace luminate::server::tools {
namespace {

/// Text as roff prints it: no request, no escape, and hyphens that can be copied into a shell.
std::string plain(std::string_view text) {
  std::string out;
  bool begins_line = true;
  for (const char c : text) {
    if (begins_line && (c == '.' || c == '\'')) out += "\\&";
    begins_line = c == '\n';
    switch (c) {
      case '\\':
        out += "\\e";
        break;
      case '-':
        out += "\\-";
        break;
      case '\'':
        out += "\\(aq";
        break;
      case '`':
        out += "\\(ga";
        break;
      case '^':
        out += "\\(ha";
        break;
      case '~':
        out += "\\(ti";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string bold(std::string_view text) {
  return "\\fB" + plain(text) + "\\fR";
}

std::string italic(std::string_view text) {
  return "\\fI" + plain(text) + "\\fR";
}

/// Paragraphs, and lines that are indented or continue such a line, which stay as they are.
std::string paragraphs(std::string_view text) {
  std::string out;
  bool literal = false;
  bool gap = false;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty()) {
      gap = !out.empty();
      continue;
    }
    const bool indented = line.starts_with("  ");
    if (indented != literal) {
      out += indented ? (out.empty() ? ".nf\n.RS 4\n" : ".PP\n.nf\n.RS 4\n") : ".RE\n.fi\n.PP\n";
    } else if (gap) {
      out += indented ? "\n" : ".PP\n";
    }
    gap = false;
    literal = indented;
    out += plain(indented ? line.substr(2) : line) + '\n';
  }
  return out + (literal ? ".RE\n.fi\n" : "");
}

std::string chapter(std::string_view title, std::string_view text) {
  return ".SH " + std::string(title) + '\n' + paragraphs(text);
}

std::string value_of(const Argument& argument) {
  return argument.choices().empty() ? italic(argument.value) : plain(argument.value);
}

std::string options_of(const CommandTree& command) {
  std::string out;
  for (const Argument& argument : command.arguments) {
    std::string names;
    for (const std::string& name : argument.names) names += (names.empty() ? "" : ", ") + bold(name);
    const std::string separator = argument.value.empty() || names.empty() ? "" : " ";
    out += ".TP\n" + names + separator + value_of(argument) + '\n' + plain(argument.about) + '\n';
  }
  return out;
}

std::string synopsis(const std::string& program, const CommandTree& command) {
  std::string out = bold(program + ' ' + command.name);
  if (std::any_of(command.arguments.begin(), command.arguments.end(),
                  [](const Argument& argument) { return !argument.is_positional(); })) {
    out += " [" + italic("option") + "...]";
  }
  for (const Argument& argument : command.arguments) {
    if (!argument.is_positional()) continue;
    out += argument.is_required ? ' ' + value_of(argument) : " [" + value_of(argument) + ']';
  }
  return out + '\n';
}

std::string keys() {
  std::string out;
  for (const config::Option& option : config::options()) {
    out += ".TP\n" + bold(option.name) + ": " + plain(option.default_value) + '\n' + plain(option.meaning) + ".\n" +
           "Environment: " + bold(option.variable()) +
           (option.flag.empty() ? std::string() : "; option: " + bold(option.flag)) + ".\n";
  }
  return out;
}

}  // namespace

std::string manual_page(const CommandTree& program, const ManualTexts& texts) {
  std::string out =
      ".\\\" Made by `" + program.name + " man`.\n.TH \"" + plain([&] {
        std::string upper = program.name;
        std::transform(upper.begin(), upper.end(), upper.begin(),
                       [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
        return upper;
      }()) +
      "\" 1 \"\" \"Luminate " + plain(texts.version) + "\" \"User Commands\"\n.nh\n.SH NAME\n" + plain(program.name) +
      " \\- " + plain(texts.summary) + "\n.SH SYNOPSIS\n" + bold(program.name) + " [" + italic("option") + "...]\n";
  for (const CommandTree& command : program.commands) out += ".br\n" + synopsis(program.name, command);
  out += chapter("DESCRIPTION", texts.description);
  out += ".SH OPTIONS\n" + options_of(program);
  out += ".SH SUBCOMMANDS\n";
  for (const CommandTree& command : program.commands) {
    out += ".SS " + plain(command.name) + '\n' + synopsis(program.name, command) + ".PP\n" + plain(command.about) +
           ".\n" + options_of(command);
    if (!command.notes.empty()) out += ".PP\n" + paragraphs(command.notes);
  }
  out += chapter("CONFIGURATION", texts.configuration) + keys();
  out += chapter("SIGNALS", texts.signals) + chapter("EXIT STATUS", texts.exit_status) + chapter("FILES", texts.files);
  return out + chapter("EXAMPLES", texts.examples) + chapter("SEE ALSO", texts.see_also);
}

}  // namespace luminate::server::tools
