#include <algorithm>

#include "server/api/handlers.hpp"
#include "server/api/json.hpp"
#include "server/api/parameters.hpp"

namespace luminate::server::api {
namespace {

// A batch that is wrong is mostly wrong in one way; the answer need not be as large as the batch.
constexpr std::size_t kMaxErrorsShown = 100;

std::string report_json(const WriteReport& report) {
  JsonWriter json;
  json.begin_object();
  json.key("accepted").value(report.accepted).key("rejected").value(report.rejected);
  json.key("errors").begin_array();
  for (std::size_t i = 0; i < std::min(report.errors.size(), kMaxErrorsShown); ++i) {
    const Verdict& verdict = report.errors[i];
    json.begin_object();
    json.key("index").value(verdict.index).key("metric").value(std::string_view(verdict.metric));
    json.key("code").value(to_string(verdict.code)).key("error").value(std::string_view(verdict.message));
    json.end_object();
  }
  json.end_array();
  if (report.rejected > 0) json.key("errorsTruncated").value(report.errors.size() > kMaxErrorsShown);
  json.end_object();
  return json.text();
}

}  // namespace

http::Response write(Store& store, const http::Request& request) {
  Parameters(request, {});
  if (auto refusal = refuse_content_type(request)) return *refusal;
  const WriteReport report = store.write_json(request.body);
  if (report.accepted == 0 && report.rejected > 0) {
    return http::error_response(400, "VALIDATION_FAILED",
                                "none of the " + std::to_string(report.rejected) +
                                    " points is valid, nothing was stored; details.errors says why",
                                report_json(report));
  }
  http::Response response;
  response.status = report.rejected > 0 ? 207 : 200;
  response.body = report_json(report);
  response.points = report.accepted;
  return response;
}

}  // namespace luminate::server::api
