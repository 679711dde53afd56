#include <limits>

#include "server/api/handlers.hpp"
#include "server/api/json.hpp"
#include "server/api/parameters.hpp"
#include "server/api/storage_timer.hpp"

namespace luminate::server::api {
namespace {

/// The range must be spelled out: a forgotten parameter must never delete everything.
TimeRange range_to_delete(const Parameters& parameters) {
  const auto before = parameters.instant("before");
  const auto range = parameters.time_range();
  if (before && range) {
    throw Error(ErrorCode::invalid_request, "give either before, or start and end, not both", "before");
  }
  if (before) return {std::numeric_limits<std::int64_t>::min(), *before};
  if (!range) {
    throw Error(ErrorCode::invalid_request,
                "say what to delete: before=<time>, or start=<time> and end=<time>, one of which may be left out",
                "before");
  }
  return *range;
}

std::vector<Filter> filters_of(const std::string& body) {
  if (body.empty()) return {};
  std::vector<Filter> filters;
  for (const auto& [name, member] : parse_object(body)) {
    if (name != "filters") {
      throw Error(ErrorCode::invalid_request,
                  "unknown field '" + name.substr(0, 64) + "' in the body; the only one is 'filters'",
                  name.substr(0, 64));
    }
    if (member.type != "an object") {
      throw Error(ErrorCode::invalid_request, "filters must be an object, not " + std::string(member.type), "filters");
    }
    filters = parse_filters_json(member.text);
  }
  return filters;
}

}  // namespace

http::Response delete_samples(Store& store, const http::Request& request, std::string_view metric) {
  const Parameters parameters(request, {"before", "start", "end", "dryRun"});
  if (auto refusal = refuse_content_type(request)) return *refusal;
  Deletion deletion;
  deletion.metric = metric;
  deletion.time_range = range_to_delete(parameters);
  deletion.filters = filters_of(request.body);
  deletion.dry_run = parameters.flag("dryRun");
  const std::uint64_t deleted = in_storage(request, "delete", [&] { return store.remove(deletion); });

  JsonWriter json;
  json.begin_object().key("deleted").value(deleted).end_object();
  http::Response response;
  response.body = json.text();
  response.points = deleted;
  return response;
}

}  // namespace luminate::server::api
