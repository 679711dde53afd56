#include "model/dimension_set.hpp"

#include <xxhash.h>
#include <algorithm>

namespace luminate::model {
namespace {

void append_text(std::string& out, std::string_view text) {
  char length[kMaxLengthBytes];
  out.append(length, put_length(length, text.size()));
  out.append(text);
}

std::string_view take_text(std::string_view& rest) noexcept {
  std::size_t length = 0;
  std::size_t used = 0;
  for (unsigned shift = 0;; shift += 7) {
    const auto byte = static_cast<unsigned char>(rest[used++]);
    length |= static_cast<std::size_t>(byte & 0x7F) << shift;
    if (byte < 0x80) break;
  }
  const std::string_view text = rest.substr(used, length);
  rest.remove_prefix(used + length);
  return text;
}

}  // namespace

void append_dimension(std::string& canonical, std::string_view key, std::string_view value) {
  append_text(canonical, key);
  append_text(canonical, value);
}

std::string canonical_bytes(const Dimensions& dimensions) {
  std::string canonical;
  for (const auto& [key, value] : dimensions) append_dimension(canonical, key, value);
  return canonical;
}

Dimensions dimensions_from(std::string_view canonical) {
  Dimensions dimensions;
  DimensionReader reader(canonical);
  while (const auto dimension = reader.next()) {
    dimensions.emplace_hint(dimensions.end(), dimension->first, dimension->second);
  }
  return dimensions;
}

Batch::Fingerprint fingerprint(std::string_view canonical) noexcept {
  const XXH128_hash_t hash = XXH3_128bits(canonical.data(), canonical.size());
  return {hash.low64, hash.high64};
}

std::optional<DimensionView> DimensionReader::next() noexcept {
  if (rest_.empty()) return std::nullopt;
  const std::string_view key = take_text(rest_);
  return DimensionView(key, take_text(rest_));
}

int compare_canonical(std::string_view left, std::string_view right) noexcept {
  DimensionReader lefts(left);
  DimensionReader rights(right);
  for (;;) {
    const auto a = lefts.next();
    const auto b = rights.next();
    if (!a || !b) return static_cast<int>(a.has_value()) - static_cast<int>(b.has_value());
    if (const int keys = a->first.compare(b->first)) return keys;
    if (const int values = a->second.compare(b->second)) return values;
  }
}

}  // namespace luminate::model
