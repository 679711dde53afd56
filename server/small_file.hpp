#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>

namespace luminate::server {

/// Why a file cannot be had, to follow its name: "cannot be read: Permission denied".
class FileError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The content of an ordinary file of at most `max_bytes`, such as one that holds a key. Never waits, as for a named
/// pipe. @throws FileError
std::string read_small_file(const std::string& path, std::size_t max_bytes);

/// True when every user of the machine can read the file.
bool others_can_read(const std::string& path);

}  // namespace luminate::server
