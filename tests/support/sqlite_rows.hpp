#pragma once

#include <string>
#include <vector>

namespace luminate::test {

/// The first column of what a statement gives, as bytes.
std::vector<std::string> sqlite_blobs(const std::string& path, const std::string& sql);

}  // namespace luminate::test
