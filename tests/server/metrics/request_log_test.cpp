#include "server/request_log.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

namespace luminate::server {
namespace {

using Json = nlohmann::json;
using std::chrono::milliseconds;

class Log : public ::testing::Test {
 protected:
  std::vector<Json> lines() {
    std::vector<Json> found;
    std::istringstream in(out_.str());
    for (std::string line; std::getline(in, line);) found.push_back(Json::parse(line));
    out_.str("");
    return found;
  }

  Log() {
    request_.method = "POST";
    request_.path = "/api/v1/query";
    request_.id = "the-id";
    request_.remote_address = "10.0.0.7";
    request_.body = "{\"metricName\":\n\"m\"}";
    request_.received_bytes = 19;
    request_.storage = {"range", milliseconds(2)};
    response_.route = "/api/v1/query";
    response_.tenant = "acme";
    response_.body = "0123456789";
    response_.points = 5;
  }

  std::ostringstream out_;
  Logger logger_{LogLevel::info, LogFormat::json, out_};
  RequestLog log_{logger_, milliseconds(1000)};
  http::Request request_;
  http::Response response_;
};

TEST_F(Log, HasOneLineForARequest) {
  log_.answered(request_, response_, milliseconds(3), false);
  const std::vector<Json> found = lines();
  ASSERT_EQ(found.size(), 1u);
  Json line = found[0];
  line.erase("time");
  EXPECT_EQ(line, (Json{{"level", "info"},
                        {"message", "request"},
                        {"request_id", "the-id"},
                        {"remote", "10.0.0.7"},
                        {"tenant", "acme"},
                        {"method", "POST"},
                        {"route", "/api/v1/query"},
                        {"path", "/api/v1/query"},
                        {"status", 200},
                        {"duration_ms", 3.0},
                        {"storage_ms", 2.0},
                        {"bytes_in", 19},
                        {"bytes_out", 10},
                        {"points", 5}}));
}

TEST_F(Log, NamesTheTraceInEveryLineOfARequest) {
  request_.headers["traceparent"] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  log_.answered(request_, response_, milliseconds(3000), false);
  log_.failed(request_, "INTERNAL", "the cause");
  const std::vector<Json> found = lines();
  ASSERT_EQ(found.size(), 3u);
  for (const Json& line : found) EXPECT_EQ(line.value("trace_id", ""), "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_EQ(found[0].value("parent_span_id", ""), "00f067aa0ba902b7");
  EXPECT_EQ(found[2].value("error", ""), "the cause");
}

TEST_F(Log, PassesOverATraceThatIsNone) {
  request_.headers["traceparent"] = "00-\"}\n{\"forged\":\"-01";
  log_.answered(request_, response_, milliseconds(3), false);
  const std::vector<Json> found = lines();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_FALSE(found[0].contains("trace_id"));
}

TEST_F(Log, SaysWhyARequestWasRefused) {
  response_.status = 429;
  response_.code = "RATE_LIMIT_EXCEEDED";
  response_.limited = "points";
  response_.rejected = {{"INVALID_VALUE", 2}, {"INVALID_TIMESTAMP", 3}};
  log_.answered(request_, response_, milliseconds(3), false);
  const Json line = lines().at(0);
  EXPECT_EQ(line.value("code", ""), "RATE_LIMIT_EXCEEDED");
  EXPECT_EQ(line.value("limit", ""), "points");
  EXPECT_EQ(line.value("rejected", 0), 5);
}

TEST_F(Log, HasTheTextOfSlowQueries) {
  log_.answered(request_, response_, milliseconds(999), false);
  EXPECT_EQ(lines().size(), 1u);
  log_.answered(request_, response_, milliseconds(1000), false);
  const std::vector<Json> found = lines();
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[1].value("message", ""), "slow query");
  EXPECT_EQ(found[1].value("query", ""), request_.body);
  EXPECT_EQ(found[1].value("tenant", ""), "acme");
  log_.set_slow_query(std::nullopt);
  log_.answered(request_, response_, std::chrono::hours(1), false);
  EXPECT_EQ(lines().size(), 1u);
  log_.set_slow_query(milliseconds(0));
  log_.answered(request_, response_, milliseconds(0), false);
  EXPECT_EQ(lines().size(), 2u);
}

TEST_F(Log, KeepsBodiesOfOtherRequestsToItself) {
  response_.route = "/api/v1/write";
  log_.answered(request_, response_, milliseconds(3000), false);
  EXPECT_EQ(lines().size(), 1u);
}

TEST_F(Log, IsSilentOfRoutineThatGoesWell) {
  log_.answered(request_, response_, milliseconds(3), true);
  EXPECT_TRUE(lines().empty());
  response_.status = 503;
  log_.answered(request_, response_, milliseconds(3), true);
  EXPECT_EQ(lines().at(0).value("level", ""), "error");
  logger_.set_level(LogLevel::debug);
  response_.status = 200;
  log_.answered(request_, response_, milliseconds(3), true);
  EXPECT_EQ(lines().at(0).value("level", ""), "debug");
  logger_.set_level(LogLevel::error);
  log_.answered(request_, response_, milliseconds(3), false);
  EXPECT_TRUE(lines().empty());
}

}  // namespace
}  // namespace luminate::server
