#pragma once

#include <string>

namespace luminate::sqlite {

/// The one name of a file, however it is spelt. The lock stands beside the file itself, so that a second way to it, by
/// a symbolic link, meets the same lock; and an absolute path still names it when the process changes its directory.
std::string canonical_path(const std::string& path);

}  // namespace luminate::sqlite
