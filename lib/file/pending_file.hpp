#pragma once

#include <string>

namespace luminate::file {

/// A file that gets its name when it is whole: content is written to path(), a new file beside the target, and commit()
/// syncs it, gives it the target's name and syncs the directory. Without commit() nothing stays.
class PendingFile {
 public:
  enum class Existing { refuse, replace };

  /// @throws Error invalid_request when the target is there and may not be replaced, or is no ordinary file;
  /// storage_unavailable when its directory is not there or may not be written.
  PendingFile(std::string target, Existing existing);
  ~PendingFile();
  PendingFile(const PendingFile&) = delete;
  PendingFile& operator=(const PendingFile&) = delete;

  const std::string& path() const noexcept { return path_; }

  /// Nobody may have path() open for writing. @throws Error as the constructor does.
  void commit();

 private:
  std::string target_;
  std::string path_;
  Existing existing_;
  bool committed_ = false;
};

/// "cannot ...: No space left on device". @param error of errno.
std::string reason(int error);

}  // namespace luminate::file
