#include "server/api/openapi.hpp"

#include <luminate/version.hpp>

#include <set>

#include "api_test.hpp"
#include "server/api/errors.hpp"

namespace luminate::server::api {
namespace {

const Json& document() {
  static const Json kDocument = Json::parse(openapi_document());
  return kDocument;
}

/// What the document says that an operation takes, as the table of routes says it.
std::string documented_access(const Json& operation) {
  const Json& security = operation.at("security");
  if (security.empty()) return "open";
  std::string text;
  for (const Json& alternative : security) {
    if (!text.empty()) text += " or ";
    text += alternative.empty() ? "open" : "";
    for (const auto& [scheme, scopes] : alternative.items()) text += scheme + ' ' + scopes.dump();
  }
  return text;
}

std::string access_of(const Route& route) {
  switch (route.access) {
    case Access::nobody:
      return "nobody";
    case Access::open:
      return "open";
    case Access::read:
      return R"(token ["read"])";
    case Access::write:
      return R"(token ["write"])";
    case Access::admin:
      return R"(token ["admin"])";
    case Access::scrape:
      return "open or scrapeToken []";
    case Access::server:
      return R"(serverToken ["admin"])";
  }
  return "";
}

TEST(OpenApi, HasTheRoutesThatThereAreAndSaysWhatTheyTake) {
  const Api api({.report = [](const http::Request&, ErrorCode, std::string_view) {}});
  std::map<std::string, std::string> served;
  for (const Route& route : api.routes()) {
    served[std::string(route.pattern) + ' ' + std::string(route.method)] = access_of(route);
  }
  std::map<std::string, std::string> documented;
  for (const auto& [path, operations] : document().at("paths").items()) {
    for (const auto& [method, operation] : operations.items()) {
      std::string upper;
      for (const char c : method) upper += static_cast<char>(c - 'a' + 'A');
      documented[path + ' ' + upper] = documented_access(operation);
    }
  }
  EXPECT_EQ(documented, served);
}

TEST(OpenApi, SaysWhichRoutesHaveLimits) {
  const Api api({.report = [](const http::Request&, ErrorCode, std::string_view) {}});
  for (const Route& route : api.routes()) {
    std::string method;
    for (const char c : route.method) method += static_cast<char>(c - 'A' + 'a');
    const Json& operation = document().at("paths").at(std::string(route.pattern)).at(method);
    EXPECT_EQ(operation.at("responses").contains("429"), route.cost != limits::Cost::none)
        << route.method << ' ' << route.pattern;
  }
}

TEST(OpenApi, NamesThePartsOfEveryPath) {
  for (const auto& [path, operations] : document().at("paths").items()) {
    for (const auto& [method, operation] : operations.items()) {
      std::set<std::string> named;
      for (const Json& given : operation.at("parameters")) {
        const Json& parameter = given.contains("$ref")
                                    ? document().at(Json::json_pointer(given.at("$ref").get<std::string>().substr(1)))
                                    : given;
        if (parameter.at("in") == "path") named.insert('{' + parameter.at("name").get<std::string>() + '}');
      }
      std::set<std::string> expected;
      for (std::size_t at = path.find('{'); at != std::string::npos; at = path.find('{', at + 1)) {
        expected.insert(path.substr(at, path.find('}', at) - at + 1));
      }
      EXPECT_EQ(named, expected) << method << ' ' << path;
    }
  }
}

TEST(OpenApi, KnowsEveryErrorCodeAndItsStatus) {
  const Json& schemas = document().at("components").at("schemas");
  std::map<std::string, int> statuses;
  for (const Json& code : schemas.at("ErrorCode").at("oneOf")) statuses[code.at("const")] = code.at("x-status");
  std::set<std::string> of_points;
  for (const Json& code : schemas.at("PointErrorCode").at("oneOf")) of_points.insert(code.at("const"));
  for (int number = 1; number < 1000; ++number) {
    const auto code = static_cast<ErrorCode>(number);
    const std::string name(to_string(code));
    // What a program sets, and no request can.
    if (name == "UNKNOWN" || code == ErrorCode::invalid_option) continue;
    EXPECT_TRUE(of_points.contains(name) || statuses.contains(name)) << name;
    if (statuses.contains(name)) {
      EXPECT_EQ(statuses[name], status_of(code)) << name;
    }
  }
}

class OpenApiAnswer : public ApiTest {};

TEST_F(OpenApiAnswer, IsTheDocumentWithThisVersion) {
  const http::Response response = get("/openapi.json");
  EXPECT_EQ(body_of(response).at("info").at("version"), LUMINATE_VERSION);
  EXPECT_EQ(response.body, openapi_document());
  EXPECT_EQ(response.headers.at("Cache-Control"), "public, no-cache");
}

TEST_F(OpenApiAnswer, IsNotSentToThoseWhoHaveIt) {
  const std::string tag = get("/openapi.json").headers.at("ETag");
  EXPECT_EQ(tag.find("W/\""), 0u);
  for (const std::string& kept : {tag, tag.substr(2), "\"other\",  " + tag + " ", std::string("*")}) {
    const http::Response response = call("GET", "/openapi.json", {}, "", {{"If-None-Match", kept}});
    EXPECT_EQ(response.status, 304) << kept;
    EXPECT_EQ(response.body, "");
    EXPECT_EQ(response.headers.at("ETag"), tag);
  }
  for (const std::string& kept : {std::string(), std::string("\"other\""), tag + "x", std::string(", ,")}) {
    EXPECT_EQ(call("GET", "/openapi.json", {}, "", {{"If-None-Match", kept}}).status, 200) << kept;
  }
}

}  // namespace
}  // namespace luminate::server::api
