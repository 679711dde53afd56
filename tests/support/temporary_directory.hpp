#pragma once

#include <stdlib.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <system_error>

namespace luminate::test {

/// A fresh directory, removed with all it holds.
class TemporaryDirectory {
 public:
  TemporaryDirectory() : TemporaryDirectory(std::filesystem::temp_directory_path()) {}
  /// Where a sync costs nothing, if the system has such a place: for tests that bring a disk of their own.
  static TemporaryDirectory in_memory() {
    constexpr const char* kMemory = "/dev/shm";
    constexpr std::uintmax_t kRoom = 1'073'741'824;  // Containers often give it 64 MiB.
    std::error_code error;
    const bool usable =
        ::access(kMemory, W_OK) == 0 && std::filesystem::space(kMemory, error).available >= kRoom && !error;
    return usable ? TemporaryDirectory(kMemory) : TemporaryDirectory();
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::filesystem::path& path() const noexcept { return path_; }

 private:
  explicit TemporaryDirectory(const std::filesystem::path& parent) {
    std::string name = (parent / "luminate-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make " + name);
    path_ = name;
  }

  std::filesystem::path path_;
};

}  // namespace luminate::test
