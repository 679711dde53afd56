#pragma once

#include <luminate/metric.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sqlite/connection.hpp"
#include "sqlite/metric_catalog.hpp"

// Dimensions as the file has them, for what reads much of a file once: it must neither load the catalog for good nor
// wait for its lock.
namespace luminate::sqlite {

/// Replaces `words` by the word ids of a row of the table `series`, a key and its value in turns. False for bytes that
/// are no such list; whether the words exist is not looked at.
bool read_word_ids(std::span<const std::byte> encoded, std::vector<std::uint32_t>& words);

/// Reads series and words of a connection's snapshot, and remembers the words it has seen lately.
class StoredWords {
 public:
  explicit StoredWords(Connection& connection);

  /// Valid until the next call. @throws Error storage_corrupt when the file has no such word.
  std::string_view text(std::uint32_t id);

  /// The dimensions of a series. @throws Error storage_corrupt when it is damaged or gone.
  void read_dimensions(std::int64_t metric_id, SeriesId series, Dimensions& out);

 private:
  Statement word_;
  Statement series_;
  std::unordered_map<std::uint32_t, std::string> known_;
  std::vector<std::uint32_t> ids_;
};

}  // namespace luminate::sqlite
