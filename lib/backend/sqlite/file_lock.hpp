#pragma once

#include <string>

namespace luminate::sqlite {

/// Makes this process the only writer of a database file, by an flock(2) on "PATH-lock" beside it. The kernel drops it
/// with the process, however that ends. Not on the database file itself: closing a descriptor of that would drop the
/// locks of SQLite.
class FileLock {
 public:
  /// @throws Error storage_locked naming the holder's process id, storage_unavailable when the file cannot be made.
  explicit FileLock(const std::string& database_path);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  std::string path_;
  int descriptor_ = -1;
};

}  // namespace luminate::sqlite
