#include "sqlite/file_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <luminate/error.hpp>

#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>

namespace luminate::sqlite {
namespace {

std::string reason(int error) {
  return std::generic_category().message(error);
}

std::string holder(int descriptor) {
  std::array<char, 32> text{};
  const ssize_t length = ::pread(descriptor, text.data(), text.size(), 0);
  const std::string_view digits(text.data(), length > 0 ? static_cast<std::size_t>(length) : 0);
  return digits.empty() ? "another process" : "process " + std::string(digits);
}

/// Whether the file that was locked is still the one that others would find at the path.
bool still_at(const std::string& path, int descriptor) {
  struct stat locked {};
  struct stat found {};
  return ::fstat(descriptor, &locked) == 0 && ::stat(path.c_str(), &found) == 0 && locked.st_ino == found.st_ino &&
         locked.st_dev == found.st_dev;
}

}  // namespace

FileLock::FileLock(const std::string& database_path) : path_(database_path + "-lock") {
  for (;;) {
    descriptor_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (descriptor_ < 0) {
      throw Error(ErrorCode::storage_unavailable,
                  path_ + ": cannot make the lock file; check that its directory exists and may be written (" +
                      reason(errno) + ")");
    }
    if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
      const int error = errno;
      const std::string by = holder(descriptor_);
      ::close(descriptor_);
      if (error != EWOULDBLOCK) {
        throw Error(ErrorCode::storage_unavailable, path_ + ": cannot lock (" + reason(error) + ")");
      }
      throw Error(ErrorCode::storage_locked, database_path + " is being written by " + by +
                                                 "; stop it first, or open the store read-only with ?mode=ro");
    }
    // The last holder may have removed the file between our open() and our lock.
    if (still_at(path_, descriptor_)) break;
    ::close(descriptor_);
  }
  const std::string id = std::to_string(::getpid());
  if (::ftruncate(descriptor_, 0) != 0 || ::pwrite(descriptor_, id.data(), id.size(), 0) < 0) {
    // The id only serves the message that the next opener gets; on a full disk the lock holds all the same.
  }
}

FileLock::~FileLock() {
  ::unlink(path_.c_str());
  ::close(descriptor_);
}

}  // namespace luminate::sqlite
