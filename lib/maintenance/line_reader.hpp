#pragma once

#include <luminate/maintenance.hpp>

#include <cstdint>
#include <string_view>
#include <vector>

namespace luminate::maintenance {

/// Splits a text that comes in pieces into its lines, in memory for one line.
class LineReader {
 public:
  LineReader(const TextSource& source, const Watch& watch) : source_(source), watch_(watch) {}

  /// False at the end. The last line needs no line end. @throws Error cancelled.
  bool next();

  /// Without its line end, "\n" or "\r\n". Valid until the next call to next().
  std::string_view text() const noexcept { return text_; }
  /// Whether the line is longer than kMaxImportLineBytes; text() is its beginning then.
  bool too_long() const noexcept { return too_long_; }
  std::uint64_t number() const noexcept { return number_; }  ///< From 1.
  std::uint64_t bytes() const noexcept { return bytes_; }    ///< Read from the source.

 private:
  bool read_more();
  bool take(std::size_t length, std::size_t with_end);

  const TextSource& source_;
  const Watch& watch_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;  ///< What is not taken yet, in buffer_.
  std::size_t end_ = 0;
  std::string_view text_;
  bool too_long_ = false;
  bool ended_ = false;
  std::uint64_t number_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace luminate::maintenance
