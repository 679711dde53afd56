#include "server/api/origin.hpp"

#include "api_test.hpp"

namespace luminate::server::api {
namespace {

class Origin : public ApiTest {
 protected:
  http::Response write_from(const std::string& origin, const std::string& host = "127.0.0.1:8080") {
    return call("POST", "/api/v1/write", {}, R"({"metrics":[{"name":"m","value":1}]})",
                {{"Origin", origin}, {"Host", host}});
  }
};

TEST_F(Origin, OfAnotherSiteMayNotWrite) {
  for (const char* origin : {"http://evil.example", "https://evil.example:8080", "http://127.0.0.1", "null", "",
                             "127.0.0.1:8080", "http://127.0.0.1:8080.evil.example", "http://"}) {
    const Json error = expect_error(write_from(origin), 403, "FORBIDDEN");
    EXPECT_EQ(error["details"].value("field", ""), "Origin") << origin;
  }
  EXPECT_EQ(write_from("http://", "").status, 403);
  EXPECT_EQ(store_.series_count(), 0u);
}

TEST_F(Origin, OfAnotherSiteMayNotAskEither) {
  const http::Response answer =
      call("GET", "/api/v1/metrics", {}, "", {{"Origin", "http://evil.example"}, {"Host", "localhost:8080"}});
  expect_error(answer, 403, "FORBIDDEN");
}

TEST_F(Origin, OfTheServerItselfMay) {
  EXPECT_EQ(write_from("http://127.0.0.1:8080").status, 200);
  EXPECT_EQ(write_from("http://LocalHost:8080", "localhost:8080").status, 200);
  EXPECT_EQ(write_from("https://metrics.example", "metrics.example").status, 200);  // Behind a proxy that does TLS.
}

TEST_F(Origin, IsNoneOfPlainHttpWhereTheServerSpeaksTls) {
  http::Request request;
  request.encrypted = true;
  request.headers = {{"Host", "metrics.example"}, {"Origin", "https://metrics.example"}};
  EXPECT_FALSE(refuse_foreign_origin(request));
  request.headers["Origin"] = "http://metrics.example";
  EXPECT_TRUE(refuse_foreign_origin(request));
}

}  // namespace
}  // namespace luminate::server::api
