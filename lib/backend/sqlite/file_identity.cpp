#include "sqlite/file_identity.hpp"

#include <luminate/error.hpp>

#include <sys/stat.h>

#include <utility>

namespace luminate::sqlite {

FileIdentity::FileIdentity(std::string path) : path_(std::move(path)) {
  struct stat status {};
  if (::stat(path_.c_str(), &status) != 0) {
    throw Error(ErrorCode::storage_unavailable, path_ + ": the file is gone; check that nothing else removes it");
  }
  if (status.st_nlink > 1) {
    throw Error(ErrorCode::storage_unavailable,
                path_ + " has " + std::to_string(status.st_nlink) +
                    " names (hard links), and each would get a log of its own; keep one");
  }
  device_ = status.st_dev;
  inode_ = status.st_ino;
}

void FileIdentity::check() const {
  struct stat status {};
  if (::stat(path_.c_str(), &status) == 0 && status.st_dev == device_ && status.st_ino == inode_) return;
  throw Error(ErrorCode::storage_unavailable,
              path_ + " was moved, deleted or replaced while the store is open; put it back, or open the store again");
}

}  // namespace luminate::sqlite
