#pragma once

#include <sys/types.h>

#include <string>

namespace luminate::sqlite {

/// Notices that the file at a path is no longer the one that was opened. SQLite would go on writing into a file that
/// was moved or deleted, where nobody finds it again. Any thread.
class FileIdentity {
 public:
  /// @throws Error storage_unavailable when there is no such file, and when it has several names (hard links): SQLite
  /// keeps a log beside each name, so that two writers would tear it.
  explicit FileIdentity(std::string path);

  /// @throws Error storage_unavailable when the file at the path is another one, or gone.
  void check() const;

 private:
  std::string path_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

}  // namespace luminate::sqlite
