#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace luminate::ingest {

/// Memory for the strings of one text that had escapes. Kept from one text to the next.
class UnescapeBuffer {
 public:
  void begin(std::size_t text_size) noexcept {
    needed_ = text_size;
    used_ = 0;
  }

  /// What stands behind the last string taken. There is room for all strings of the text.
  char* end() {
    if (capacity_ < needed_) {
      // Unescaping never makes a text longer, so one block of its size lasts, and views into it stay valid.
      memory_.reset(new char[needed_]);
      capacity_ = needed_;
    }
    return memory_.get() + used_;
  }
  std::string_view take(std::size_t length) noexcept {
    const std::string_view text(memory_.get() + used_, length);
    used_ += length;
    return text;
  }

 private:
  std::unique_ptr<char[]> memory_;
  std::size_t capacity_ = 0;
  std::size_t needed_ = 0;
  std::size_t used_ = 0;
};

/// Walks the tokens of a text. Every function may be called at the end of the text, which has no token but '\0'.
class JsonCursor {
 public:
  /// @param tokens what StructuralIndex made of `text`.
  JsonCursor(std::string_view text, std::span<const std::uint32_t> tokens, UnescapeBuffer& buffer)
      : text_(text), tokens_(tokens), buffer_(buffer) {}

  bool at_end() const noexcept { return at_ + 1 >= tokens_.size(); }
  /// The first character of the current token.
  char peek() const noexcept { return at_end() ? '\0' : text_[tokens_[at_]]; }
  /// Byte of the text where the current token begins.
  std::size_t offset() const noexcept { return tokens_[at_]; }

  void skip(std::size_t tokens = 1) noexcept { at_ += tokens; }
  bool skip_if(char punctuation) noexcept {
    if (peek() != punctuation) return false;
    ++at_;
    return true;
  }
  /// Skips as many tokens as characters are given if they begin with these.
  template <char... expected>
  bool skip_if_next() noexcept {
    if (at_ + sizeof...(expected) >= tokens_.size()) return false;
    const std::uint32_t* next = tokens_.data() + at_;
    if (!(... && (text_[*next++] == expected))) return false;
    at_ += sizeof...(expected);
    return true;
  }
  /// For going back to where at() once was.
  std::size_t at() const noexcept { return at_; }
  void go_to(std::size_t at) noexcept { at_ = at; }

  /// The current token, without the white space behind it. Does not move.
  std::string_view token() const noexcept {
    if (at_end()) return {};
    const std::size_t begin = tokens_[at_];
    std::size_t end = tokens_[at_ + 1];
    while (is_space(text_[end - 1])) --end;
    return text_.substr(begin, end - begin);
  }

  /// The inside of the current token, a string, as it stands in the text. Does not move. @pre peek() == '"'.
  std::string_view raw_string() const noexcept {
    // Only white space may follow the closing quote, so the last quote before the next token is the one.
    const std::size_t begin = tokens_[at_] + std::size_t{1};
    std::size_t end = tokens_[at_ + 1] - std::size_t{1};
    while (end > begin && text_[end] != '"') --end;
    return {text_.data() + begin, end - begin};
  }

  /// Takes a string; nothing where an escape in it is wrong. @pre peek() == '"'.
  std::optional<std::string_view> take_string() {
    const std::string_view raw = raw_string();
    if (has_escape(raw)) [[unlikely]]
      return take_escaped(raw);
    ++at_;
    return raw;
  }
  /// The same for a string among many that are never taken: looks at no byte beside it.
  std::optional<std::string_view> take_lone_string() {
    const std::string_view raw = raw_string();
    if (raw.find('\\') != std::string_view::npos) [[unlikely]]
      return take_escaped(raw);
    ++at_;
    return raw;
  }

 private:
  static bool is_space(char c) noexcept { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

  /// Texts have few escapes or none: one scan ahead finds the next, and a string before it costs a comparison.
  std::size_t find_escape(std::size_t from) const noexcept {
    const void* found = std::memchr(text_.data() + from, '\\', text_.size() - from);
    return found ? static_cast<std::size_t>(static_cast<const char*>(found) - text_.data()) : text_.size();
  }
  bool has_escape(std::string_view raw) noexcept {
    const auto begin = static_cast<std::size_t>(raw.data() - text_.data());
    const std::size_t end = begin + raw.size();
    if (begin >= clean_from_ && end <= next_escape_) return false;
    clean_from_ = begin;
    next_escape_ = find_escape(begin);
    return next_escape_ < end;
  }
  std::optional<std::string_view> take_escaped(std::string_view raw);

  std::string_view text_;
  std::span<const std::uint32_t> tokens_;
  UnescapeBuffer& buffer_;
  std::size_t at_ = 0;
  std::size_t clean_from_ = 0;  ///< From here to next_escape_ there is no escape.
  std::size_t next_escape_ = 0;
};

}  // namespace luminate::ingest
