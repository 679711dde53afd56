#pragma once

#include <luminate/maintenance.hpp>

#include <algorithm>
#include <string>
#include <utility>

namespace luminate::test {

/// A text as a source of pieces.
inline TextSource source_of(std::string text, std::size_t piece = 1000) {
  return [text = std::move(text), piece, at = std::size_t{0}](std::span<char> out) mutable {
    const std::size_t count = std::min({piece, out.size(), text.size() - at});
    std::copy_n(text.begin() + static_cast<std::ptrdiff_t>(at), count, out.begin());
    at += count;
    return count;
  };
}

inline std::string exported(const Store& store, const ExportRequest& request = {}) {
  std::string text;
  const ExportReport report = export_points(store, request, [&](std::string_view piece) { text += piece; });
  if (report.bytes != text.size()) throw std::logic_error("the report counts other bytes");
  return text;
}

}  // namespace luminate::test
