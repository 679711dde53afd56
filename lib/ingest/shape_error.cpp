#include "ingest/shape_error.hpp"

#include "ingest/json_scalar.hpp"
#include "model/nearest.hpp"
#include "model/text.hpp"

namespace luminate::ingest {
namespace {

constexpr std::size_t kPathPartBytes = 64;

std::string describe(const JsonCursor& cursor) {
  if (cursor.at_end()) return "the end of the text";
  switch (cursor.peek()) {
    case '"':
      return "a string";
    case '{':
      return "an object";
    case '[':
      return "a list";
    default:
      break;
  }
  const std::string_view token = cursor.token();
  if (token == "null") return "null";
  if (token == "true" || token == "false") return "a boolean";
  if (parse_double(token)) return "a number";
  return model::quote(token);
}

}  // namespace

std::string field_path(std::optional<std::size_t> point, std::string_view field, std::string_view key) {
  std::string path;
  const auto add = [&](std::string_view part) {
    if (part.empty()) return;
    if (!path.empty()) path += '.';
    path += model::printable(part, kPathPartBytes);
  };
  if (point) path = "metrics[" + std::to_string(*point) + "]";
  add(field);
  add(key);
  return path;
}

Error shape_error(const std::string& path, const std::string& what) {
  return {ErrorCode::invalid_request, (path.empty() ? "the text" : path) + " " + what, path};
}

Error unknown_field(const std::string& path, std::string_view field, std::span<const std::string_view> known) {
  const std::string name = model::printable(field, kPathPartBytes);
  const std::string full = path.empty() ? name : path + "." + name;
  return {ErrorCode::invalid_request,
          (full.empty() ? "\"\"" : full) + " is no known field, the nearest is \"" +
              std::string(model::nearest(name, known)) + "\"",
          full};
}

Error wrong_token(const std::string& path, const JsonCursor& cursor, std::string_view expected) {
  return shape_error(path, "has " + describe(cursor) + " at byte " + std::to_string(cursor.offset()) + ", expected " +
                               std::string(expected));
}

}  // namespace luminate::ingest
