#pragma once

#include <luminate/metric.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

// The canonical byte form of a dimension set: for each dimension, ascending by key (bytewise), the length of the key
// as LEB128, the key, the length of the value as LEB128, the value. Equal sets have equal bytes, whatever order they
// were sent in.
namespace luminate::model {

using DimensionView = std::pair<std::string_view, std::string_view>;

/// Writes the length that stands before a text, at most kMaxLengthBytes, and returns what follows it. For writers that
/// fill a buffer of their own.
inline constexpr std::size_t kMaxLengthBytes = 10;
inline char* put_length(char* out, std::size_t length) noexcept {
  for (; length >= 0x80; length >>= 7) *out++ = static_cast<char>(length | 0x80);
  *out++ = static_cast<char>(length);
  return out;
}

/// Appends one dimension. The caller goes in ascending order of keys.
void append_dimension(std::string& canonical, std::string_view key, std::string_view value);

std::string canonical_bytes(const Dimensions& dimensions);
Dimensions dimensions_from(std::string_view canonical);

Batch::Fingerprint fingerprint(std::string_view canonical) noexcept;

/// Walks canonical bytes that this module made:
///     for (DimensionReader reader(canonical); auto dimension = reader.next();) use(dimension->first);
class DimensionReader {
 public:
  explicit DimensionReader(std::string_view canonical) noexcept : rest_(canonical) {}
  std::optional<DimensionView> next() noexcept;

 private:
  std::string_view rest_;
};

/// Orders sets as Dimensions (a std::map) orders them: pair by pair, bytewise. <0, 0 or >0.
int compare_canonical(std::string_view left, std::string_view right) noexcept;

}  // namespace luminate::model
