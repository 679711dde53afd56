#include "support/sqlite_rows.hpp"

#include <sqlite3.h>

#include <stdexcept>

namespace luminate::test {

std::vector<std::string> sqlite_blobs(const std::string& path, const std::string& sql) {
  sqlite3* database = nullptr;
  sqlite3_stmt* statement = nullptr;
  int code = sqlite3_open_v2(path.c_str(), &database, SQLITE_OPEN_READONLY, nullptr);
  if (code == SQLITE_OK) code = sqlite3_prepare_v2(database, sql.c_str(), -1, &statement, nullptr);
  std::vector<std::string> blobs;
  while (code == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW) {
    blobs.emplace_back(static_cast<const char*>(sqlite3_column_blob(statement, 0)),
                       static_cast<std::size_t>(sqlite3_column_bytes(statement, 0)));
  }
  sqlite3_finalize(statement);
  sqlite3_close(database);
  if (code != SQLITE_OK) throw std::runtime_error(path + ": " + sql);
  return blobs;
}

}  // namespace luminate::test
