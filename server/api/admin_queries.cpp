#include "server/api/handlers.hpp"
#include "server/api/json.hpp"
#include "server/api/parameters.hpp"

namespace luminate::server::api {
namespace {

/// A grant without tenant is that of an administrator of the whole server.
std::optional<std::string_view> whose(const Grant& grant) {
  return grant.tenant.empty() ? std::nullopt : std::optional<std::string_view>(grant.tenant);
}

std::string_view name_of(QueryRegistry::State state) {
  switch (state) {
    case QueryRegistry::State::sending:
      return "sending";
    case QueryRegistry::State::cancelling:
      return "cancelling";
    case QueryRegistry::State::running:
      break;
  }
  return "running";
}

}  // namespace

http::Response list_queries(const QueryRegistry& queries, const http::Request& request, const Grant& grant) {
  Parameters(request, {});
  JsonWriter json;
  json.begin_object().key("queries").begin_array();
  for (const QueryRegistry::Listed& query : queries.list(whose(grant))) {
    json.begin_object().key("id").value(std::string_view(query.id));
    json.key("tenant").value(std::string_view(query.tenant));
    json.key("requestId").value(std::string_view(query.request_id));
    json.key("started").value(query.started_ms).key("runningMs").value(query.running.count());
    json.key("state").value(name_of(query.state));
    json.key("query").value(std::string_view(query.text)).key("queryTruncated").value(query.text_cut);
    json.end_object();
  }
  json.end_array().end_object();
  http::Response response;
  response.body = json.text();
  return response;
}

http::Response cancel_query(QueryRegistry& queries, const http::Request& request, const Grant& grant,
                            std::string_view id) {
  Parameters(request, {});
  if (!queries.cancel(whose(grant), id)) {
    return http::error_response(404, "NOT_FOUND",
                                "no query with this id is running; GET /api/v1/admin/queries lists those that are");
  }
  http::Response response;
  response.body = R"({"cancelled":true})";
  return response;
}

}  // namespace luminate::server::api
