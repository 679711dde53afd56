#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>

// What the program prints about its own command line: completion and the manual page, tried by those who read them.
namespace luminate::server {
namespace {

struct Outcome {
  int code = -1;
  std::string output;  ///< And what it complained of.
};

Outcome run(const std::string& command) {
  Outcome outcome;
  FILE* pipe = ::popen(("{ " + command + "; } 2>&1").c_str(), "r");
  if (pipe == nullptr) return outcome;
  char buffer[4096];
  for (std::size_t count = 0; (count = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) {
    outcome.output.append(buffer, count);
  }
  const int status = ::pclose(pipe);
  outcome.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return outcome;
}

bool is_there(const std::string& program) {
  return run("command -v " + program).code == 0;
}

const std::string kServer = LUMINATE_SERVER;

std::set<std::string> matches(const std::string& text, const std::string& expression) {
  std::set<std::string> found;
  const std::regex regex(expression, std::regex::multiline);
  for (std::sregex_iterator it(text.begin(), text.end(), regex), end; it != end; ++it) found.insert((*it)[1].str());
  return found;
}

/// As --help of the program, or of a subcommand, tells them.
std::set<std::string> options_in_help(const std::string& command) {
  return matches(run(kServer + " " + command + " --help").output, "^  (?:-h,)?(--[a-z-]+)");
}
std::set<std::string> commands_in_help() {
  const std::string help = run(kServer + " --help").output;
  const std::size_t begin = help.find("Subcommands:");
  return matches(help.substr(begin, help.find("Examples:") - begin), "^  ([a-z]+) ");
}

class Documentation : public ::testing::Test {
 protected:
  Documentation() {
    std::string pattern = (std::filesystem::temp_directory_path() / "luminate-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~Documentation() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& text) const {
    const std::string path = folder_ / name;
    std::ofstream(path) << text;
    return path;
  }

  /// What bash offers behind these words, the last of which is being typed.
  std::set<std::string> complete_in_bash(const std::string& words) const {
    const std::string script = write("complete.bash", "source <(" + kServer +
                                                          " completion bash)\n"
                                                          "cd \"$(dirname \"$0\")\" || exit\n"
                                                          "COMP_WORDS=(luminate-server \"$@\") COMP_CWORD=$#\n"
                                                          "complete -p luminate-server > /dev/null || exit\n"
                                                          "_luminate_server\n"
                                                          "printf '%s\\n' \"${COMPREPLY[@]}\"\n");
    std::set<std::string> offers;
    std::istringstream lines(run("bash " + script + " " + words).output);
    for (std::string line; std::getline(lines, line);) {
      if (!line.empty()) offers.insert(line);
    }
    return offers;
  }

  std::filesystem::path folder_;
};

TEST_F(Documentation, BashReadsTheCompletionWithoutComplaint) {
  const std::string script = write("script", run(kServer + " completion bash").output);
  const Outcome checked = run("bash -n " + script);
  EXPECT_EQ(checked.code, 0) << checked.output;
  EXPECT_EQ(checked.output, "");
}

TEST_F(Documentation, BashOffersWhatHelpTells) {
  const auto commands = commands_in_help();
  EXPECT_GE(commands.size(), 9U);
  EXPECT_EQ(complete_in_bash("''"), commands);
  auto options = options_in_help("");
  options.insert("-h");
  EXPECT_EQ(complete_in_bash("-"), options);
  for (const std::string& command : commands) {
    auto of_command = options_in_help(command);
    of_command.insert("-h");
    EXPECT_EQ(complete_in_bash(command + " -"), of_command) << command;
  }
}

TEST_F(Documentation, BashOffersValuesAndFiles) {
  using Offers = std::set<std::string>;
  write("a store.db", "");
  EXPECT_EQ(complete_in_bash("--log-format ''"), (Offers{"auto", "json", "text"}));
  EXPECT_EQ(complete_in_bash("--log-format = j"), (Offers{"json"})) << "as bash cuts --log-format=j";
  EXPECT_EQ(complete_in_bash("--log-format ="), (Offers{"auto", "json", "text"}));
  EXPECT_EQ(complete_in_bash("--config a"), (Offers{"a store.db"}));
  EXPECT_EQ(complete_in_bash("--port ''"), Offers{}) << "nobody can guess";
  EXPECT_EQ(complete_in_bash("--config check --log-format j"), (Offers{"json"})) << "a value is no subcommand";
  EXPECT_EQ(complete_in_bash("check a"), (Offers{"a store.db"}));
  EXPECT_EQ(complete_in_bash("export x.db --format c"), (Offers{"csv"}));
  EXPECT_EQ(complete_in_bash("completion z"), (Offers{"zsh"}));
}

TEST_F(Documentation, ZshCompletes) {
  if (!is_there("zsh")) GTEST_SKIP() << "there is no zsh (Debian package zsh)";
  const std::string completion = write("_luminate-server", run(kServer + " completion zsh").output);
  // A terminal in which somebody types and presses Tab. $1: the script, $2: what is typed.
  const std::string typist = write("typist", R"(zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "autoload -U compinit && compinit -D -u && source $1; unsetopt beep; PS1='REA''DY' RPS1="
zpty -r -m shell answer '*READY*'
zpty -w -n shell "luminate-server $2"$'\t END\n'
all=
while zpty -r shell answer; do all+=$answer; [[ $all == *END* ]] && break; done
print -r -- $all
)");
  const auto typed = [&](const std::string& words) {
    return run("timeout 30 zsh -f " + typist + " " + completion + " '" + words + "'").output;
  };
  EXPECT_NE(typed("bac").find("backup"), std::string::npos);
  EXPECT_NE(typed("--log-format js").find("json"), std::string::npos);
  EXPECT_NE(typed("export --all").find("--all-tenants"), std::string::npos);
  EXPECT_NE(typed("completion z").find("zsh"), std::string::npos);
}

TEST_F(Documentation, ReadersOfManualPagesFindNothingWrong) {
  const std::string page = write("luminate-server.1", run(kServer + " man").output);
  const bool groff = is_there("groff");
  const bool mandoc = is_there("mandoc");
  if (!groff && !mandoc) GTEST_SKIP() << "there is neither groff nor mandoc (Debian packages of these names)";
  if (groff) {
    EXPECT_EQ(run("groff -man -ww -Tutf8 -z " + page).output, "");
  }
  // A page without a date is the same page tomorrow.
  if (mandoc) {
    EXPECT_EQ(run("mandoc -Tlint -W warning " + page + " | grep -v 'missing date'").output, "");
  }
}

TEST_F(Documentation, TheManualPageTellsAllThatHelpDoes) {
  const std::string page = run(kServer + " man").output;
  const auto expect = [&](const std::string& word) {
    const std::string in_roff = std::regex_replace(word, std::regex("-"), "\\-");
    EXPECT_NE(page.find("\\fB" + in_roff), std::string::npos) << word;
  };
  for (const std::string& option : options_in_help("")) expect(option);
  for (const std::string& command : commands_in_help()) {
    expect("luminate-server " + command);
    for (const std::string& option : options_in_help(command)) expect(option);
  }
  const auto keys = matches(run(kServer + " --print-config-reference").output, "`([a-z_]+\\.[a-z_.]+)`");
  EXPECT_GT(keys.size(), 40U);
  for (const std::string& key : keys) expect(key);
}

TEST_F(Documentation, SystemdTakesTheUnitsAndFindsThemWellEnclosed) {
  if (!is_there("systemd-analyze")) GTEST_SKIP() << "there is no systemd-analyze (Debian package systemd)";
  const std::string units = std::string(LUMINATE_SOURCE_DIR) + "/packaging/systemd/luminate-server.";
  const std::string folder = folder_.string() + "/";
  // The program is not installed.
  ASSERT_EQ(run("sed 's|/usr/bin/luminate-server|" + kServer + "|' " + units + "service > " + folder +
                "luminate-server.service && cp " + units + "socket " + folder)
                .code,
            0);
  const Outcome verified =
      run("systemd-analyze verify --man=no " + folder + "luminate-server.service " + folder + "luminate-server.socket");
  EXPECT_EQ(verified.code, 0);
  EXPECT_EQ(verified.output, "");
  EXPECT_EQ(run("systemd-analyze security --offline=yes --threshold=20 " + folder + "luminate-server.service").code, 0)
      << "an exposure of more than 2.0";
}

TEST_F(Documentation, RefusesAShellThatItDoesNotKnow) {
  const Outcome refused = run(kServer + " completion fish");
  EXPECT_EQ(refused.code, 2);
  EXPECT_NE(refused.output.find("bash or zsh, not 'fish'"), std::string::npos) << refused.output;
}

}  // namespace
}  // namespace luminate::server
