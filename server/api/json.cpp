#include "server/api/json.hpp"

#include <luminate/error.hpp>

#include <algorithm>
#include <charconv>
#include <vector>

#include "server/nearest.hpp"
#include "server/strict_json.hpp"

namespace luminate::server::api {
namespace {

using Json = nlohmann::json;

[[noreturn]] void refuse(const std::string& message, std::string_view field = "") {
  throw Error(ErrorCode::invalid_request, message, std::string(field.substr(0, 64)));
}

std::string_view type_of(const Json& json) {
  switch (json.type()) {
    case Json::value_t::object:
      return "an object";
    case Json::value_t::array:
      return "an array";
    case Json::value_t::string:
      return "a string";
    case Json::value_t::boolean:
      return "a boolean";
    case Json::value_t::null:
      return "null";
    default:
      return "a number";
  }
}

Json parse(std::string_view text) {
  try {
    return parse_strict_json(text, kMaxJsonDepth);
  } catch (const StrictJsonError& error) {
    refuse("the body " + std::string(error.what()));
  }
}

}  // namespace

JsonWriter& JsonWriter::key(std::string_view name) {
  value(name);
  text_ += ':';
  needs_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::value(std::string_view text) {
  return raw(Json(text).dump(-1, ' ', false, Json::error_handler_t::replace));
}

JsonWriter& JsonWriter::raw(std::string_view json) {
  separate();
  text_ += json;
  needs_comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::open(char bracket) {
  separate();
  text_ += bracket;
  needs_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::close(char bracket) {
  text_ += bracket;
  needs_comma_ = true;
  return *this;
}

void JsonWriter::separate() {
  if (needs_comma_) text_ += ',';
}

std::string list_object(std::string_view name, std::span<const std::string> items) {
  JsonWriter json;
  json.begin_object().key(name).begin_array();
  for (const std::string& item : items) json.value(std::string_view(item));
  json.end_array().end_object();
  return json.text();
}

JsonMembers parse_object(std::string_view text) {
  if (text.size() > kMaxJsonBytes) {
    refuse("the body has " + std::to_string(text.size()) + " bytes; at most " + std::to_string(kMaxJsonBytes) +
           " are read here");
  }
  const Json parsed = parse(text);
  if (!parsed.is_object()) refuse("the body must be a JSON object, not " + std::string(type_of(parsed)));
  JsonMembers members;
  for (const auto& [name, member] : parsed.items()) members[name] = {type_of(member), member.dump()};
  return members;
}

void refuse_unknown(const JsonMembers& members, std::initializer_list<std::string_view> known) {
  for (const auto& [name, member] : members) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    const std::vector<std::string_view> candidates(known);
    refuse("unknown field '" + name.substr(0, 64) + "' in the body; the nearest is '" +
               std::string(nearest(name, candidates)) + "'",
           name);
  }
}

const JsonMember* find_member(const JsonMembers& members, std::string_view name) {
  const auto found = members.find(name);
  return found == members.end() ? nullptr : &found->second;
}

std::string text_of(const JsonMember& member, std::string_view name) {
  if (member.type != "a string") refuse(std::string(name) + " must be a string, not " + std::string(member.type), name);
  return Json::parse(member.text).get<std::string>();
}

std::string required_text(const JsonMembers& members, std::string_view name) {
  const JsonMember* const member = find_member(members, name);
  if (member == nullptr) refuse("the body lacks the field '" + std::string(name) + "'", name);
  return text_of(*member, name);
}

std::uint64_t whole_number(const JsonMember& member, std::string_view name, std::uint64_t minimum,
                           std::uint64_t maximum) {
  const std::string& text = member.text;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < minimum || number > maximum) {
    const bool short_number = member.type == "a number" && text.size() <= 32;
    refuse(std::string(name) + " must be a whole number from " + std::to_string(minimum) + " to " +
               std::to_string(maximum) + ", not " + (short_number ? text : std::string(member.type)),
           name);
  }
  return number;
}

}  // namespace luminate::server::api
