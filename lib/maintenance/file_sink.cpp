#include "maintenance/file_sink.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <luminate/error.hpp>

#include <cerrno>

#include "file/pending_file.hpp"

namespace luminate::maintenance {

FileSink::FileSink(const std::string& path) : path_(path), descriptor_(::open(path.c_str(), O_WRONLY | O_CLOEXEC)) {
  if (descriptor_ < 0) fail(errno);
}

FileSink::~FileSink() {
  ::close(descriptor_);
}

void FileSink::write(std::string_view text) const {
  while (!text.empty()) {
    const ssize_t count = ::write(descriptor_, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) fail(count < 0 ? errno : EIO);
    text.remove_prefix(static_cast<std::size_t>(count));
  }
}

void FileSink::fail(int error) const {
  throw Error(ErrorCode::storage_unavailable, path_ + ": cannot write (" + file::reason(error) + ")");
}

}  // namespace luminate::maintenance
