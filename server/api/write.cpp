#include <algorithm>

#include "server/api/handlers.hpp"
#include "server/api/json.hpp"
#include "server/api/parameters.hpp"
#include "server/api/storage_timer.hpp"

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

std::vector<http::RejectedPoints> count_rejected(const WriteReport& report) {
  std::vector<http::RejectedPoints> counts;
  for (const Verdict& verdict : report.errors) {
    const std::string_view code = to_string(verdict.code);
    auto known = std::find_if(counts.begin(), counts.end(), [&](const auto& count) { return count.code == code; });
    if (known == counts.end()) known = counts.insert(known, {code, 0});
    ++known->points;
  }
  return counts;
}

http::Response answer(const WriteReport& report) {
  if (report.accepted == 0 && report.rejected > 0) {
    return http::error_response(400, "VALIDATION_FAILED",
                                "none of the " + std::to_string(report.rejected) +
                                    " points is valid, nothing was stored; details.errors says why",
                                report_json(report));
  }
  http::Response response;
  response.status = report.rejected > 0 ? 207 : 200;
  response.body = report_json(report);
  return response;
}

}  // namespace

http::Response write(Store& store, const http::Request& request) {
  Parameters(request, {});
  if (auto refusal = refuse_content_type(request)) return *refusal;
  const WriteReport report = in_storage(request, "write", [&] { return store.write_json(request.body); });
  http::Response response = answer(report);
  response.points = report.accepted;
  response.accepted = report.accepted;
  response.rejected = count_rejected(report);
  return response;
}

}  // namespace luminate::server::api
