#include "sqlite/canonical_path.hpp"

#include <filesystem>
#include <system_error>

namespace luminate::sqlite {

std::string canonical_path(const std::string& path) {
  namespace fs = std::filesystem;
  constexpr int kMaxLinks = 40;  // As many as the kernel follows.
  std::error_code error;
  fs::path name = fs::absolute(path, error);
  if (error) return path;
  // weakly_canonical() does not follow a link to a file that is not there yet; opening it makes the file at its target.
  for (int links = 0; links < kMaxLinks && fs::is_symlink(name, error) && !fs::exists(name, error); ++links) {
    name = name.parent_path() / fs::read_symlink(name, error);
  }
  const fs::path resolved = fs::weakly_canonical(name, error);
  return error ? name.string() : resolved.string();
}

}  // namespace luminate::sqlite
