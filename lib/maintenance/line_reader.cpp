#include "maintenance/line_reader.hpp"

#include <luminate/error.hpp>

#include <algorithm>
#include <cstring>

namespace luminate::maintenance {
namespace {

constexpr std::size_t kPieceBytes = std::size_t{1} << 18;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

}  // namespace

bool LineReader::next() {
  too_long_ = false;
  std::size_t searched = 0;
  for (;;) {
    const char* from = buffer_.data() + begin_;
    const std::size_t length = end_ - begin_;
    if (searched < length) {
      if (const void* found = std::memchr(from + searched, '\n', length - searched)) {
        const auto line = static_cast<std::size_t>(static_cast<const char*>(found) - from);
        return take(line, line + 1);
      }
      searched = length;
    }
    if (length > kMaxImportLineBytes) {
      // The beginning is kept for the message; the rest is passed over as it comes.
      too_long_ = true;
      end_ = begin_ + kMaxImportLineBytes;
      searched = kMaxImportLineBytes;
    }
    if (!read_more()) return length > 0 && take(std::min(length, end_ - begin_), end_ - begin_);
  }
}

/// @param with_end of the line in the buffer.
bool LineReader::take(std::size_t length, std::size_t with_end) {
  text_ = {buffer_.data() + begin_, length};
  begin_ += with_end;
  too_long_ = too_long_ || length > kMaxImportLineBytes;
  if (++number_ == 1 && text_.starts_with(kByteOrderMark)) text_.remove_prefix(kByteOrderMark.size());
  if (text_.ends_with('\r')) text_.remove_suffix(1);
  return true;
}

bool LineReader::read_more() {
  if (watch_.stop.stop_requested()) {
    throw Error(ErrorCode::cancelled, "the import was stopped; what it has written stays, and it may be run again");
  }
  if (ended_) return false;
  if (begin_ > 0) {
    std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_),
              buffer_.begin() + static_cast<std::ptrdiff_t>(end_), buffer_.begin());
    end_ -= begin_;
    begin_ = 0;
  }
  if (buffer_.size() < end_ + kPieceBytes) buffer_.resize(end_ + kPieceBytes);
  const std::size_t count = source_(std::span(buffer_).subspan(end_));
  end_ += count;
  bytes_ += count;
  ended_ = count == 0;
  if (watch_.progress) watch_.progress({bytes_, 0});
  return count > 0;
}

}  // namespace luminate::maintenance
