#pragma once

#include <sqlite3.h>
#include <luminate/store.hpp>

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/answers.hpp"
#include "support/temporary_directory.hpp"

namespace luminate::test {

/// The path of a store in a directory of its own, and SQLite's view of that file.
class SqliteFile {
 public:
  std::string path() const { return (directory_.path() / "store.db").string(); }
  std::string url() const { return "sqlite:" + path(); }
  std::string read_only_url() const { return url() + "?mode=ro"; }
  const std::filesystem::path& directory() const { return directory_.path(); }

  Store open(const Options& options = test_options()) const { return Store::open(url(), options); }

  /// The names of all files beside the store, sorted, with a space behind each.
  std::string files() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(directory_.path())) {
      names.push_back(entry.path().filename().string() + " ");
    }
    std::sort(names.begin(), names.end());
    std::string all;
    for (const auto& name : names) all += name;
    return all;
  }

  /// Runs statements as any SQLite tool could. @returns the first column of the first row, or 0.
  std::int64_t sql(const std::string& statements) const {
    sqlite3* database = nullptr;
    if (sqlite3_open(path().c_str(), &database) != SQLITE_OK) throw std::runtime_error("cannot open " + path());
    std::int64_t first = 0;
    const auto take = [](void* into, int columns, char** texts, char**) {
      if (columns > 0 && texts[0] != nullptr) *static_cast<std::int64_t*>(into) = std::stoll(texts[0]);
      return 1;  // One row is enough.
    };
    char* message = nullptr;
    const int code = sqlite3_exec(database, statements.c_str(), take, &first, &message);
    const std::string failure = message != nullptr ? message : "";
    sqlite3_free(message);
    sqlite3_close(database);
    if (code != SQLITE_OK && code != SQLITE_ABORT) throw std::runtime_error(failure);
    return first;
  }

 private:
  TemporaryDirectory directory_;
};

}  // namespace luminate::test
