#include <unistd.h>
#include <luminate/error.hpp>
#include <luminate/store_url.hpp>

#include <filesystem>
#include <string>
#include <system_error>

#include "store/store_url.hpp"

#ifdef LUMINATE_POSTGRES
#include "postgres/url.hpp"
#endif

namespace luminate {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse(const std::string& what) {
  throw Error(ErrorCode::storage_unavailable, what, "url");
}

/// As open() would find it; whoever may write a folder may make a file in it.
void check_file(const fs::path& file, bool read_only) {
  std::error_code error;
  const fs::file_status status = fs::status(file, error);
  if (fs::is_directory(status)) refuse(file.string() + " is a folder; give the path of a file in it");
  const bool is_there = fs::exists(status);
  if (is_there && !fs::is_regular_file(status)) refuse(file.string() + " is no ordinary file");
  if (is_there && ::access(file.c_str(), R_OK) != 0) refuse(file.string() + " cannot be read by this user");
  if (!is_there && read_only) refuse(file.string() + ": there is no such file to read; let a writer make it first");
  if (read_only) return;
  if (is_there && ::access(file.c_str(), W_OK) != 0) {
    refuse(file.string() + " cannot be written by this user; open it with ?mode=ro to read it");
  }
  const fs::path folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
  if (!fs::is_directory(folder, error)) refuse("the folder " + folder.string() + " is not there; make it first");
  // There are other files beside the store's, which is why its own being there is not enough.
  if (::access(folder.c_str(), W_OK | X_OK) != 0) {
    refuse("the folder " + folder.string() + " cannot be written by this user");
  }
}

}  // namespace

void check_store_url(std::string_view url, const Options& options) {
  const store::StoreUrl parsed = store::parse_store_url(url);
  switch (parsed.backend) {
    case store::BackendKind::memory:
      return;
    case store::BackendKind::sqlite:
      return check_file(parsed.path, parsed.read_only || options.read_only);
    case store::BackendKind::postgres:
#ifdef LUMINATE_POSTGRES
      static_cast<void>(postgres::parse_url(parsed.path, options));
      return;
#else
      throw Error(ErrorCode::invalid_option, "this build has no PostgreSQL backend (LUMINATE_POSTGRES is off)", "url");
#endif
  }
}

}  // namespace luminate
