#include <luminate/maintenance.hpp>

#include "sqlite/canonical_path.hpp"
#include "sqlite/file_check.hpp"
#include "sqlite/file_copy.hpp"

namespace luminate {

CheckReport check_file(const std::string& path, const CheckOptions& options) {
  const auto connection = sqlite::open_to_read(sqlite::canonical_path(path));
  return sqlite::check_connection(*connection, options);
}

void backup_file(const std::string& from, const std::string& to, const BackupOptions& options) {
  sqlite::back_up_file(from, to, options);
}

void restore_file(const std::string& backup, const std::string& to, const Watch& watch) {
  // A backup is a whole store: taking it back is the same careful copy, which never replaces anything.
  sqlite::back_up_file(backup, to, {.overwrite = false, .verify = true, .watch = watch});
}

}  // namespace luminate
