#include "documented_attempts.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "server/api/openapi.hpp"

namespace luminate::server::api {
namespace {

using Json = nlohmann::json;

Json document_about_shared() {
  std::string text(openapi_document());
  for (const auto& [documented, here] :
       {std::pair<std::string, std::string>{"\"api_latency\"", "\"shared\""}, {"\"customer_id\"", "\"region\""}}) {
    for (std::size_t at = text.find(documented); at != std::string::npos; at = text.find(documented, at)) {
      text.replace(at, documented.size(), here);
    }
  }
  return Json::parse(text);
}

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char c) { return static_cast<char>(c - 'a' + 'A'); });
  return text;
}

/// As a client may send it, bytes that are no UTF-8 replaced.
std::string text_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// `whole`, once for each string in `part` of it that can be replaced, be it a value or the name of a member.
void replace_each(const Json& whole, const Json& part, const Json::json_pointer& at, const std::string& with,
                  std::vector<std::string>& out) {
  if (part.is_string()) {
    Json changed = whole;
    changed[at] = with;
    out.push_back(text_of(changed));
  }
  if (!part.is_structured()) return;
  for (const auto& [name, member] : part.items()) {
    replace_each(whole, member, part.is_array() ? at / std::stoul(name) : at / name, with, out);
    if (!part.is_object()) continue;
    Json changed = whole;
    changed[at].erase(name);
    changed[at][with] = member;
    out.push_back(text_of(changed));
  }
}

/// What one operation takes.
class Operation {
 public:
  Operation(const Json& document, const std::string& method, const std::string& path, const Json& described)
      : plain_{upper(method), path} {
    for (const Json& given : described.at("parameters")) {
      parameters_.push_back(given.contains("$ref")
                                ? document.at(Json::json_pointer(given.at("$ref").get<std::string>().substr(1)))
                                : given);
    }
    if (!described.contains("requestBody")) return;
    for (const Json& example : described.at("requestBody").at("content").at("application/json").at("examples")) {
      bodies_.push_back(example.at("value"));
    }
    plain_.body = text_of(bodies_.front());
  }

  void add_attempts(const std::string& payload, std::vector<Attempt>& out) const {
    for (const Json& parameter : parameters_) {
      Attempt attempt = plain_;
      put(attempt, parameter, payload);
      out.push_back(complete(std::move(attempt)));
    }
    for (const Json& body : bodies_) {
      std::vector<std::string> changed;
      replace_each(body, body, Json::json_pointer(), payload, changed);
      for (std::string& text : changed) {
        Attempt attempt = plain_;
        attempt.body = std::move(text);
        out.push_back(complete(std::move(attempt)));
      }
    }
  }

 private:
  static void put(Attempt& attempt, const Json& parameter, const std::string& value) {
    const std::string name = parameter.at("name");
    const std::string place = parameter.at("in");
    if (place == "header") attempt.headers[name] = value;
    if (place == "query") attempt.query.emplace(name, value);
    const std::string hole = '{' + name + '}';
    const auto at = attempt.path.find(hole);
    if (place == "path" && at != std::string::npos) attempt.path.replace(at, hole.size(), value);
  }

  /// With what the attempt leaves out as the document shows it.
  Attempt complete(Attempt attempt) const {
    for (const Json& parameter : parameters_) {
      const std::string name = parameter.at("name");
      if (!parameter.contains("example") || attempt.query.contains(name) || attempt.headers.contains(name)) continue;
      const Json& example = parameter.at("example");
      put(attempt, parameter, example.is_string() ? example.get<std::string>() : example.dump());
    }
    return attempt;
  }

  Attempt plain_;
  std::vector<Json> parameters_;
  std::vector<Json> bodies_;
};

}  // namespace

std::vector<Attempt> documented_attempts(const std::vector<std::string>& payloads) {
  const Json document = document_about_shared();
  std::vector<Attempt> all;
  for (const auto& [path, operations] : document.at("paths").items()) {
    for (const auto& [method, described] : operations.items()) {
      const Json& security = described.at("security");
      if (security.empty() || !security.front().contains("token")) continue;
      const Operation operation(document, method, path, described);
      for (const std::string& payload : payloads) operation.add_attempts(payload, all);
    }
  }
  return all;
}

}  // namespace luminate::server::api
