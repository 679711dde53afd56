#include "server/api/errors.hpp"

#include "api_test.hpp"

namespace luminate::server::api {
namespace {

TEST(ErrorAnswer, HasTheStatusOfItsCode) {
  for (const auto& [code, status] : std::vector<std::pair<ErrorCode, int>>{{ErrorCode::invalid_metric_name, 400},
                                                                           {ErrorCode::reserved_dimension, 400},
                                                                           {ErrorCode::invalid_request, 400},
                                                                           {ErrorCode::invalid_query, 400},
                                                                           {ErrorCode::invalid_option, 400},
                                                                           {ErrorCode::batch_too_large, 400},
                                                                           {ErrorCode::result_limit_exceeded, 400},
                                                                           {ErrorCode::request_too_large, 413},
                                                                           {ErrorCode::query_timeout, 504},
                                                                           {ErrorCode::cancelled, 409},
                                                                           {ErrorCode::storage_unavailable, 503},
                                                                           {ErrorCode::storage_locked, 503},
                                                                           {ErrorCode::store_closed, 503},
                                                                           {ErrorCode::storage_corrupt, 500},
                                                                           {ErrorCode::storage_version, 500},
                                                                           {ErrorCode::internal, 500},
                                                                           {static_cast<ErrorCode>(12345), 500}}) {
    const http::Response response = answer_to(Error(code, "what happened"), "id");
    EXPECT_EQ(response.status, status) << to_string(code);
    EXPECT_EQ(response.headers.count("Retry-After"), status == 503 ? 1u : 0u) << to_string(code);
    EXPECT_EQ(Json::parse(response.body)["error"]["code"], std::string(to_string(code)));
  }
}

TEST(ErrorAnswer, NamesTheFieldAndDoubt) {
  Error error(ErrorCode::storage_unavailable, "lost", "somewhere");
  error.mark_in_doubt();
  EXPECT_EQ(Json::parse(answer_to(error, "id").body)["error"]["details"],
            (Json{{"field", "somewhere"}, {"inDoubt", true}}));
  EXPECT_EQ(Json::parse(answer_to(Error(ErrorCode::internal, ""), "id").body)["error"]["details"], Json::object());
}

TEST(ErrorAnswer, KeepsInternalsFromClients) {
  for (const ErrorCode code : {ErrorCode::internal, ErrorCode::storage_corrupt, ErrorCode::storage_version,
                               ErrorCode::storage_unavailable, ErrorCode::storage_locked, ErrorCode::store_closed}) {
    EXPECT_TRUE(is_internal(code));
    EXPECT_EQ(answer_to(Error(code, "/secret/path"), "id").body.find("/secret"), std::string::npos) << to_string(code);
  }
  EXPECT_NE(answer_to(Error(ErrorCode::internal, ""), "the-id").body.find("the-id"), std::string::npos);
  EXPECT_NE(answer_to(Error(ErrorCode::invalid_query, "told"), "id").body.find("told"), std::string::npos);
}

using ClosedStore = ApiTest;

TEST_F(ClosedStore, IsReportedWithItsReason) {
  store_.close();
  expect_error(get("/api/v1/metrics"), 503, "STORE_CLOSED");
  EXPECT_EQ(reported_, (std::vector<std::string>{"the store is closed"}));
}

}  // namespace
}  // namespace luminate::server::api
