#pragma once

#include <chrono>
#include <span>
#include <string>
#include <string_view>

// What the checks of this layer share: error messages and the text they quote.
namespace luminate::query {

/// @throws Error invalid_query about `field`, a path such as "timeRange.start"; "" is the query as a whole.
[[noreturn]] void refuse(const std::string& field, const std::string& message);

/// Foreign text as it may stand in a message or a field path: bytes that are not printable ASCII as \xNN, and "..."
/// for what exceeds 64 bytes.
std::string printable(std::string_view text);

/// printable() in double quotes.
std::string quoted(std::string_view text);

/// The candidate that `word` was most likely meant to be: the fewest edits away, letter case aside.
/// @pre `candidates` is not empty.
std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);

bool valid_utf8(std::string_view text) noexcept;

/// What parse_duration reads back as the same: "1h30m", "90d". Negative durations are shown as "0ms".
std::string duration_text(std::chrono::milliseconds duration);  // In time_text.cpp, beside parse_duration.

}  // namespace luminate::query
