#pragma once

#include <string>
#include <string_view>

// Passwords in storage URLs, which nobody but the database shall see.
namespace luminate::server::config {

/// `text` with the passwords in a URL replaced by `***`: of `scheme://user:PASSWORD@host`, and of parameters whose name
/// ends in password, passwd, secret or token, or, of a postgresql: URL, is none of those known to be harmless.
std::string mask_secrets(std::string_view text);

/// Overwrites the passwords in a program's arguments, which every user of the machine can read (`ps`), with stars.
void hide_secrets(int argc, char** argv) noexcept;

}  // namespace luminate::server::config
