#include "server/api/handlers.hpp"
#include "server/api/parameters.hpp"

namespace luminate::server::api {

http::Response query(Store& store, const http::Request& request) {
  Parameters(request, {});
  if (auto refusal = refuse_content_type(request)) return *refusal;
  // A client that hung up would never read the answer: its query need not go on.
  const Result result = store.query(Query::parse_json(request.body), request.disconnected);
  http::Response response;
  response.body = to_json(result);
  response.points = result.points_scanned;
  return response;
}

}  // namespace luminate::server::api
