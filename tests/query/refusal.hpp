#pragma once

#include <gtest/gtest.h>
#include <luminate/error.hpp>

#include <string>

namespace luminate::query {

/// Runs `call`, which must throw Error, and returns "CODE field". The message must be one printable line.
template <typename Call>
std::string refusal(Call&& call, std::string* message = nullptr) {
  try {
    call();
  } catch (const Error& error) {
    const std::string what = error.what();
    for (const char c : what) EXPECT_TRUE(c >= 0x20 && c < 0x7F) << "not one printable line: " << what;
    EXPECT_FALSE(what.empty());
    if (message != nullptr) *message = what;
    return std::string(to_string(error.code())) + " " + error.field();
  }
  return "accepted";
}

}  // namespace luminate::query
