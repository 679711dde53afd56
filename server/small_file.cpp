#include "server/small_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace luminate::server {
namespace {

[[noreturn]] void fail(const std::string& what) {
  throw FileError("cannot be read: " + what);
}

/// A file that is open.
class File {
 public:
  // Not blocking: a named pipe would keep the server from starting, or a reload from ending.
  explicit File(const std::string& path) : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
    if (descriptor_ < 0) fail(std::generic_category().message(errno));
  }
  ~File() { ::close(descriptor_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  struct stat status() const {
    struct stat status {};
    if (::fstat(descriptor_, &status) != 0) fail(std::generic_category().message(errno));
    return status;
  }

  std::string read_all(std::size_t max_bytes) const {
    std::string text;
    std::array<char, 4096> buffer{};
    for (ssize_t count = 0; (count = ::read(descriptor_, buffer.data(), buffer.size())) != 0;) {
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) fail(std::generic_category().message(errno));
      text.append(buffer.data(), static_cast<std::size_t>(count));
      if (text.size() > max_bytes) {
        fail("it must have at most " + std::to_string(max_bytes) + " bytes");
      }
    }
    return text;
  }

 private:
  int descriptor_;
};

}  // namespace

std::string read_small_file(const std::string& path, std::size_t max_bytes) {
  const File file(path);
  if (!S_ISREG(file.status().st_mode)) fail("it is no ordinary file");
  return file.read_all(max_bytes);
}

bool others_can_read(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && (status.st_mode & S_IROTH) != 0;
}

}  // namespace luminate::server
