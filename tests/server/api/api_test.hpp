#pragma once

#include <luminate/store.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "server/api/api.hpp"

namespace luminate::server::api {

using Json = nlohmann::json;

/// The API over a store in memory whose clock stands still; without sockets.
class ApiTest : public ::testing::Test {
 protected:
  static constexpr std::int64_t kNow = 1'700'000'000'000;

  static Options options() {
    Options options;
    options.clock = [] { return kNow; };
    return options;
  }

  explicit ApiTest(const Options& opened_with = options(), AccessControl access = {}, Api::Reload reload = nullptr,
                   limits::TenantLimiter* limiter = nullptr)
      : store_(Store::open("memory:", opened_with)),
        api_(
            {.report = [this](const http::Request&, ErrorCode, std::string_view what) { reported_.emplace_back(what); },
             .reload = std::move(reload),
             .scrape = [] { return std::string("the_metrics 1\n"); },
             .limiter = limiter},
            std::move(access)) {
    api_.serve(store_);
  }

  using Query = std::multimap<std::string, std::string>;

  http::Response call(const std::string& method, const std::string& path, Query query = {}, std::string body = "",
                      http::Headers headers = {}) {
    http::Request request;
    request.method = method;
    request.path = path;
    request.query = std::move(query);
    request.body = std::move(body);
    request.headers = std::move(headers);
    request.id = "test-id";
    return api_.handle(request);
  }
  http::Response get(const std::string& path, Query query = {}) { return call("GET", path, std::move(query)); }
  http::Response post(const std::string& path, std::string body) { return call("POST", path, {}, std::move(body)); }
  http::Response write(std::string body) { return post("/api/v1/write", std::move(body)); }

  /// Stores one sample and fails the test where that does not work.
  void store_point(const std::string& name, std::int64_t timestamp, double value, const Dimensions& dimensions = {}) {
    Batch batch;
    batch.add({name, timestamp, value, dimensions});
    ASSERT_EQ(store_.write(batch).accepted, 1u);
  }

  /// Checks that an answer is an error of the one shape, and returns its "error" member.
  static Json expect_error(const http::Response& response, int status, const std::string& code) {
    EXPECT_EQ(response.status, status) << response.body;
    EXPECT_EQ(response.content_type, "application/json");
    const Json body = Json::parse(response.body);
    EXPECT_EQ(body.size(), 1u);
    const Json error = body.value("error", Json::object());
    EXPECT_EQ(error.size(), 3u) << response.body;
    EXPECT_EQ(error.value("code", ""), code) << response.body;
    EXPECT_TRUE(error.value("message", Json()).is_string());
    EXPECT_NE(error.value("message", ""), "");
    EXPECT_TRUE(error.value("details", Json()).is_object());
    return error;
  }

  static Json body_of(const http::Response& response, int status = 200) {
    EXPECT_EQ(response.status, status) << response.body;
    EXPECT_EQ(response.content_type, "application/json");
    return Json::parse(response.body);
  }

  Store store_;
  std::vector<std::string> reported_;
  Api api_;
};

}  // namespace luminate::server::api
