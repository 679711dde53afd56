#include "file/pending_file.hpp"

#include <fcntl.h>
#include <stdio.h>  // NOLINT(modernize-deprecated-headers): renameat2 is not of <cstdio>.
#include <sys/stat.h>
#include <unistd.h>
#include <luminate/error.hpp>

#include <cerrno>
#include <filesystem>
#include <random>
#include <system_error>
#include <utility>

namespace luminate::file {
namespace {

[[noreturn]] void fail(const std::string& path, const std::string& what, int error) {
  std::string advice = reason(error);
  if (error == ENOSPC || error == EDQUOT) advice += "; free some space";
  if (error == ENOENT) advice += "; make its directory first";
  if (error == EACCES || error == EPERM || error == EROFS) advice += "; check the permissions of its directory";
  throw Error(ErrorCode::storage_unavailable, path + ": cannot " + what + " (" + advice + ")");
}

[[noreturn]] void refuse_existing(const std::string& target) {
  throw Error(ErrorCode::invalid_request, target + " exists already; choose another name, or have it replaced");
}

void sync(const std::string& path, int flags) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | flags);
  if (descriptor < 0) fail(path, "open it to sync it", errno);
  const int error = ::fsync(descriptor) == 0 ? 0 : errno;
  ::close(descriptor);
  if (error != 0) fail(path, "sync it", error);
}

std::string directory_of(const std::string& path) {
  const auto parent = std::filesystem::path(path).parent_path();
  return parent.empty() ? "." : parent.string();
}

/// A name in the same directory that says what it is, and that two of us would hardly pick at once.
std::string name_beside(const std::string& target) {
  std::random_device random;
  return target + ".partial-" + std::to_string(::getpid()) + "-" + std::to_string(random());
}

}  // namespace

std::string reason(int error) {
  return std::generic_category().message(error);
}

PendingFile::PendingFile(std::string target, Existing existing) : target_(std::move(target)), existing_(existing) {
  struct stat status {};
  if (::lstat(target_.c_str(), &status) == 0) {
    if (existing == Existing::refuse) refuse_existing(target_);
    if (!S_ISREG(status.st_mode)) {
      throw Error(ErrorCode::invalid_request, target_ + " is no ordinary file; choose another name");
    }
  }
  path_ = name_beside(target_);
  const int descriptor = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (descriptor < 0) fail(target_, "make a file there", errno);
  ::close(descriptor);
}

PendingFile::~PendingFile() {
  if (!committed_) ::unlink(path_.c_str());
}

void PendingFile::commit() {
  sync(path_, 0);
  if (existing_ == Existing::replace) {
    if (::rename(path_.c_str(), target_.c_str()) != 0) fail(target_, "give the file its name", errno);
  } else if (::renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, target_.c_str(), RENAME_NOREPLACE) != 0) {
    // Some file systems cannot rename without replacing; a hard link never replaces either.
    if (errno == EINVAL && ::link(path_.c_str(), target_.c_str()) == 0) {
      ::unlink(path_.c_str());
    } else {
      if (errno == EEXIST) refuse_existing(target_);
      fail(target_, "give the file its name", errno);
    }
  }
  committed_ = true;
  sync(directory_of(target_), O_DIRECTORY);
}

}  // namespace luminate::file
