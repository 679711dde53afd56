#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <stdexcept>
#include <string>

namespace luminate::bench {

/// The least that anything durable costs: one page of a file that is there already, and fdatasync.
class SyncedFile {
 public:
  explicit SyncedFile(const std::string& path) : file_(::open(path.c_str(), O_CREAT | O_WRONLY, 0600)) {
    for (std::size_t page = 0; page < kPages; ++page) write(page);
    ::fsync(file_);
  }
  ~SyncedFile() { ::close(file_); }
  SyncedFile(const SyncedFile&) = delete;
  SyncedFile& operator=(const SyncedFile&) = delete;

  void write_and_sync() {
    write(next_++ % kPages);
    if (::fdatasync(file_) != 0) throw std::runtime_error("cannot sync a file");
  }

 private:
  static constexpr std::size_t kPages = 1024;

  void write(std::size_t page) const {
    const auto offset = static_cast<off_t>(page * page_.size());
    if (::pwrite(file_, page_.data(), page_.size(), offset) != static_cast<ssize_t>(page_.size())) {
      throw std::runtime_error("cannot write to the disk");
    }
  }

  int file_;
  std::size_t next_ = 0;
  std::array<char, 4096> page_{};
};

}  // namespace luminate::bench
