#pragma once

#include <string>
#include <string_view>

namespace luminate::maintenance {

/// Writes to a file that another object made and names.
class FileSink {
 public:
  /// @throws Error storage_unavailable, as write() does.
  explicit FileSink(const std::string& path);
  ~FileSink();
  FileSink(const FileSink&) = delete;
  FileSink& operator=(const FileSink&) = delete;

  void write(std::string_view text) const;

 private:
  [[noreturn]] void fail(int error) const;

  const std::string path_;
  const int descriptor_;
};

}  // namespace luminate::maintenance
