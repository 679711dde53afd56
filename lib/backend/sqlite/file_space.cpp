#include "sqlite/file_space.hpp"

#include <string>

namespace luminate::sqlite {
namespace {

constexpr std::int64_t kPagesAtATime = 256;  // Each may have to be moved, and is written twice then.
constexpr std::int64_t kLittle = 2'048;      // Pages: what the merges of a small store free and use again.

}  // namespace

FileSpace read_space(Connection& connection) {
  return {.page_bytes = connection.query_integer("PRAGMA page_size"),
          .pages = connection.query_integer("PRAGMA page_count"),
          .free_pages = connection.query_integer("PRAGMA freelist_count")};
}

bool has_much_free(const FileSpace& space) {
  return space.free_pages > kLittle && space.free_pages > space.pages / 4;
}

std::int64_t pages_to_keep(const FileSpace& space) {
  return has_much_free(space) ? space.pages / 8 : space.free_pages;
}

void give_back_space(Writer& writer, const std::function<std::int64_t(const FileSpace&)>& keep,
                     const std::function<void()>& pause, const std::stop_token& stop) {
  bool gave = false;
  for (bool more = true; more && !stop.stop_requested();) {
    writer.exclusively([&](Connection& connection) {
      const FileSpace space = read_space(connection);
      const std::int64_t spare = space.free_pages - keep(space);
      more = spare > kPagesAtATime;
      if (spare <= 0) return;
      connection.execute(("PRAGMA incremental_vacuum(" + std::to_string(std::min(spare, kPagesAtATime)) + ")").c_str());
      gave = true;
    });
    if (more) pause();
  }
  // The file itself becomes shorter when the log is folded in.
  if (gave) writer.exclusively([](Connection& connection) { connection.checkpoint(Connection::Checkpoint::passive); });
}

}  // namespace luminate::sqlite
