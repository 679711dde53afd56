#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>
#include <string>

namespace luminate::server {

struct PromtoolOutcome {
  int code = -1;
  std::string output;
};

/// Runs promtool by the shell, which reads `arguments`.
inline PromtoolOutcome promtool(const std::string& arguments) {
  PromtoolOutcome outcome;
  std::FILE* const pipe = ::popen(("promtool " + arguments + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return outcome;
  for (int c = 0; (c = std::fgetc(pipe)) != EOF;) outcome.output += static_cast<char>(c);
  const int status = ::pclose(pipe);
  outcome.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return outcome;
}

inline bool has_promtool() {
  static const bool kThere = promtool("--version").code == 0;
  return kThere;
}

}  // namespace luminate::server

/// First line of a test that needs promtool. Where CI is set there has to be one.
#define LUMINATE_NEEDS_PROMTOOL()                                                         \
  if (::luminate::server::has_promtool()) {                                               \
  } else if (::getenv("CI") != nullptr) {                                                 \
    FAIL() << "there is no promtool; packaging/install-dependencies monitoring gets one"; \
  } else                                                                                  \
    GTEST_SKIP() << "there is no promtool; packaging/install-dependencies monitoring gets one"
