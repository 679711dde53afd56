#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>

#include "sqlite/writer.hpp"

namespace luminate::sqlite {

/// How much of a database file holds something, in pages.
struct FileSpace {
  std::int64_t page_bytes = 0;
  std::int64_t pages = 0;
  std::int64_t free_pages = 0;
};
FileSpace read_space(Connection& connection);

/// Whether so much of a file is free that it should shrink. What is little stays for the segments to come.
bool has_much_free(const FileSpace& space);
/// How many free pages a file keeps, for give_back_space(): an eighth once much is free, else all.
std::int64_t pages_to_keep(const FileSpace& space);

/// Gives free pages back to the file system, a megabyte in a transaction, until as many are left as `keep` says. Calls
/// `pause` in between; ends early when `stop` asks for it.
void give_back_space(Writer& writer, const std::function<std::int64_t(const FileSpace&)>& keep,
                     const std::function<void()>& pause, const std::stop_token& stop);

}  // namespace luminate::sqlite
