#include "server/strict_json.hpp"

#include <set>
#include <string>
#include <vector>

namespace luminate::server {
namespace {

using Json = nlohmann::json;

/// Watches the parser.
class Guard {
 public:
  explicit Guard(std::size_t max_depth) : max_depth_(max_depth) {}

  bool operator()(int depth, Json::parse_event_t event, const Json& parsed) {
    switch (event) {
      case Json::parse_event_t::object_start:
      case Json::parse_event_t::array_start:
        if (static_cast<std::size_t>(depth) >= max_depth_) {
          throw StrictJsonError("is nested deeper than " + std::to_string(max_depth_) + " levels");
        }
        keys_.resize(static_cast<std::size_t>(depth) + 1);
        keys_.back().clear();
        break;
      case Json::parse_event_t::key:
        // A key's depth counts the object that it stands in.
        if (!keys_.back().insert(parsed.get<std::string>()).second) {
          throw StrictJsonError("repeats the key " + parsed.dump(-1, ' ', true, Json::error_handler_t::replace));
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
  std::size_t max_depth_;
  std::vector<std::set<std::string>> keys_;  ///< Of each object or array that is open.
};

}  // namespace

Json parse_strict_json(std::string_view text, std::size_t max_depth) {
  if (text.starts_with("\xEF\xBB\xBF")) throw StrictJsonError("begins with a byte order mark; send it without one");
  try {
    return Json::parse(text, Guard(max_depth));
  } catch (const Json::parse_error& error) {
    throw StrictJsonError("is not JSON: the error is at byte " + std::to_string(error.byte));
  } catch (const Json::out_of_range&) {
    throw StrictJsonError("holds a number that is out of range");
  }
}

}  // namespace luminate::server
