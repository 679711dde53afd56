#pragma once

#include <gtest/gtest.h>
#include <luminate/error.hpp>

#include <string>

#include "model/text.hpp"

namespace luminate::query {

/// Runs `call`, which must throw Error, and returns "CODE field". The message must be one printable line.
template <typename Call>
std::string refusal(Call&& call, std::string* message = nullptr) {
  try {
    call();
  } catch (const Error& error) {
    const std::string what = error.what();
    EXPECT_EQ(model::printable(what, what.size()), what) << "not one printable line";
    EXPECT_FALSE(what.empty());
    if (message != nullptr) *message = what;
    return std::string(to_string(error.code())) + " " + error.field();
  }
  return "accepted";
}

}  // namespace luminate::query
