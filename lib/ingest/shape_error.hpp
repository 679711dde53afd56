#pragma once

#include <luminate/error.hpp>

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "ingest/json_cursor.hpp"

// What is said about a text that has not the shape of a write. None of this is on the way of a good text.
namespace luminate::ingest {

inline constexpr std::array<std::string_view, 1> kTopFields = {"metrics"};
inline constexpr std::array<std::string_view, 4> kPointFields = {"name", "timestamp", "value", "dimensions"};

/// Such as metrics[3].dimensions.region, as far as the parts are there; printable, whatever the client sent.
std::string field_path(std::optional<std::size_t> point, std::string_view field, std::string_view key);

/// "<path> <what>".
Error shape_error(const std::string& path, const std::string& what);

/// Names the nearest of the known fields.
Error unknown_field(const std::string& path, std::string_view field, std::span<const std::string_view> known);

/// The cursor's token is not what is expected there.
Error wrong_token(const std::string& path, const JsonCursor& cursor, std::string_view expected);

}  // namespace luminate::ingest
