#include "server/api/json.hpp"

#include <luminate/error.hpp>

#include <nlohmann/json.hpp>
#include <set>
#include <vector>

namespace luminate::server::api {
namespace {

using Json = nlohmann::json;

[[noreturn]] void refuse(const std::string& message) {
  throw Error(ErrorCode::invalid_request, message);
}

/// Watches the parser, since nlohmann's neither limits depth nor notices repeated keys.
class Guard {
 public:
  bool operator()(int depth, Json::parse_event_t event, const Json& parsed) {
    switch (event) {
      case Json::parse_event_t::object_start:
      case Json::parse_event_t::array_start:
        if (static_cast<std::size_t>(depth) >= kMaxJsonDepth) {
          refuse("the body is nested deeper than " + std::to_string(kMaxJsonDepth) + " levels");
        }
        keys_.resize(static_cast<std::size_t>(depth) + 1);
        keys_.back().clear();
        break;
      case Json::parse_event_t::key:
        // A key's depth counts the object that it stands in.
        if (!keys_.back().insert(parsed.get<std::string>()).second) {
          refuse("the body repeats the key " + parsed.dump(-1, ' ', true, Json::error_handler_t::replace));
        }
        break;
      case Json::parse_event_t::object_end:
      case Json::parse_event_t::array_end:
        keys_.resize(static_cast<std::size_t>(depth));
        break;
      case Json::parse_event_t::value:
        break;
    }
    return true;
  }

 private:
  std::vector<std::set<std::string>> keys_;  ///< Of each object or array that is open.
};

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
    return Json::parse(text, Guard());
  } catch (const Json::parse_error& error) {
    refuse("the body is not JSON: the error is at byte " + std::to_string(error.byte));
  } catch (const Json::out_of_range&) {
    refuse("the body holds a number that is out of range");
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
