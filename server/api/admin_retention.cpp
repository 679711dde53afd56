#include <luminate/query.hpp>

#include <chrono>
#include <optional>

#include "server/api/handlers.hpp"
#include "server/api/json.hpp"
#include "server/api/parameters.hpp"
#include "server/api/storage_timer.hpp"

namespace luminate::server::api {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kDay = std::chrono::hours(24);
constexpr std::uint64_t kMostDays = 36'500;

void add_keep(JsonWriter& json, milliseconds keep) {
  json.key("retention").value(keep.count() == 0 ? std::string("off") : format_duration(keep));
  if (keep.count() > 0 && keep % kDay == milliseconds(0)) json.key("retention_days").value(keep / kDay);
}

void add_policies(JsonWriter& json, const std::vector<RetentionPolicy>& policies, std::string_view source) {
  for (const RetentionPolicy& policy : policies) {
    json.begin_object().key("metric_name").value(std::string_view(policy.pattern));
    add_keep(json, policy.keep);
    json.key("source").value(source).end_object();
  }
}

/// "off" keeps for ever; nothing keeps for no time, as nobody can tell what "0s" means.
milliseconds keep_from(const std::string& text) {
  if (text == "off") return milliseconds(0);
  const auto keep = parse_duration(text);
  if (!keep || keep->count() == 0) {
    throw Error(ErrorCode::invalid_request,
                "retention must be a duration from 1ms to 36500d, such as 12h, or off to keep for ever, not '" +
                    text.substr(0, 64) + "'",
                "retention");
  }
  return *keep;
}

RetentionPolicy policy_from(const std::string& body) {
  const JsonMembers members = parse_object(body);
  refuse_unknown(members, {"metric_name", "retention_days", "retention"});
  const JsonMember* const days = find_member(members, "retention_days");
  const JsonMember* const text = find_member(members, "retention");
  if ((days == nullptr) == (text == nullptr)) {
    throw Error(ErrorCode::invalid_request,
                "say once how long to keep: \"retention_days\": 7, or \"retention\": \"12h\"", "retention_days");
  }
  RetentionPolicy policy;
  policy.pattern = required_text(members, "metric_name");
  policy.keep = days != nullptr ? static_cast<std::int64_t>(whole_number(*days, "retention_days", 1, kMostDays)) * kDay
                                : keep_from(text_of(*text, "retention"));
  return policy;
}

/// What the library calls pattern and keep has other names here.
void set(Store& store, const http::Request& request, const RetentionPolicy& policy) {
  try {
    in_storage(request, "retention", [&] { store.set_retention(policy); });
  } catch (const Error& error) {
    if (error.field() == "pattern") throw Error(error.code(), error.what(), "metric_name");
    if (error.field() == "keep") throw Error(error.code(), error.what(), "retention");
    throw;
  }
}

}  // namespace

http::Response list_retention(Store& store, const http::Request& request) {
  Parameters(request, {});
  const std::vector<RetentionPolicy> own = in_storage(request, "retention", [&] { return store.retention(); });
  const RetentionLimits& for_all = store.retention_limits();
  JsonWriter json;
  json.begin_object().key("policies").begin_array();
  add_policies(json, own, "tenant");
  add_policies(json, for_all.policies, "configuration");
  json.end_array();
  const milliseconds otherwise = for_all.default_retention;
  json.key("default_retention").value(otherwise.count() == 0 ? std::string("off") : format_duration(otherwise));
  json.end_object();
  http::Response response;
  response.body = json.text();
  return response;
}

http::Response set_retention(Store& store, const http::Request& request) {
  Parameters(request, {});
  if (auto refusal = refuse_content_type(request)) return *refusal;
  const RetentionPolicy policy = policy_from(request.body);
  set(store, request, policy);
  JsonWriter json;
  json.begin_object().key("metric_name").value(std::string_view(policy.pattern));
  add_keep(json, policy.keep);
  json.end_object();
  http::Response response;
  response.body = json.text();
  return response;
}

http::Response remove_retention(Store& store, const http::Request& request) {
  const Parameters parameters(request, {"metric_name"});
  const auto pattern = parameters.text("metric_name");
  if (!pattern) {
    throw Error(ErrorCode::invalid_request, "say whose policy to delete: metric_name=<pattern>", "metric_name");
  }
  const bool removed = in_storage(request, "retention", [&] { return store.remove_retention(*pattern); });
  JsonWriter json;
  json.begin_object().key("deleted").value(std::uint64_t{removed}).end_object();
  http::Response response;
  response.body = json.text();
  return response;
}

}  // namespace luminate::server::api
