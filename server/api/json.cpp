#include "server/api/json.hpp"

#include <luminate/error.hpp>

#include "server/strict_json.hpp"

namespace luminate::server::api {
namespace {

using Json = nlohmann::json;

[[noreturn]] void refuse(const std::string& message) {
  throw Error(ErrorCode::invalid_request, message);
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

std::map<std::string, JsonMember, std::less<>> parse_object(std::string_view text) {
  if (text.size() > kMaxJsonBytes) {
    refuse("the body has " + std::to_string(text.size()) + " bytes; at most " + std::to_string(kMaxJsonBytes) +
           " are read here");
  }
  const Json parsed = parse(text);
  if (!parsed.is_object()) refuse("the body must be a JSON object, not " + std::string(type_of(parsed)));
  std::map<std::string, JsonMember, std::less<>> members;
  for (const auto& [name, member] : parsed.items()) members[name] = {type_of(member), member.dump()};
  return members;
}

}  // namespace luminate::server::api
