#include <array>
#include <ctime>

#include "server/api/errors.hpp"
#include "server/api/handlers.hpp"
#include "server/api/json.hpp"
#include "server/api/parameters.hpp"

namespace luminate::server::api {
namespace {

std::string name_by_time() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  std::array<char, 64> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "luminate-%Y%m%dT%H%M%SZ.db", &utc)};
}

std::string name_from(const std::string& body) {
  if (body.empty()) return name_by_time();
  const JsonMembers members = parse_object(body);
  refuse_unknown(members, {"name"});
  const JsonMember* const member = find_member(members, "name");
  if (member == nullptr) return name_by_time();
  std::string name = text_of(*member, "name");
  if (!BackupRunner::is_name(name)) {
    throw Error(
        ErrorCode::invalid_request,
        "name must be 1 to " + std::to_string(BackupRunner::kMaxNameBytes) +
            " of A-Z, a-z, 0-9, '.', '_' and '-', not begin with '.', and not end like a file of SQLite's (-wal, "
            "-shm, -journal, -lock)",
        "name");
  }
  return name;
}

std::string_view name_of(BackupRunner::State state) {
  switch (state) {
    case BackupRunner::State::done:
      return "done";
    case BackupRunner::State::failed:
      return "failed";
    case BackupRunner::State::cancelled:
      return "cancelled";
    case BackupRunner::State::running:
      break;
  }
  return "running";
}

void add(JsonWriter& json, const BackupRunner::Backup& backup) {
  json.begin_object().key("name").value(std::string_view(backup.name)).key("state").value(name_of(backup.state));
  json.key("started").value(backup.started_ms);
  if (backup.finished_ms) json.key("finished").value(*backup.finished_ms);
  json.key("bytesDone").value(backup.progress.done).key("bytesTotal").value(backup.progress.total);
  if (backup.error) {
    json.key("error").begin_object().key("code").value(to_string(backup.error->code()));
    json.key("message").value(std::string_view(public_message(*backup.error, backup.request_id))).end_object();
  }
  json.end_object();
}

http::Response answer(int status, const std::optional<BackupRunner::Backup>& backup) {
  JsonWriter json;
  json.begin_object().key("backup");
  if (backup) {
    add(json, *backup);
  } else {
    json.raw("null");
  }
  json.end_object();
  http::Response response;
  response.status = status;
  response.body = json.text();
  return response;
}

}  // namespace

http::Response start_backup(Store& store, BackupRunner& backups, const http::Request& request) {
  Parameters(request, {});
  if (auto refusal = refuse_content_type(request)) return *refusal;
  auto outcome = backups.start(store, name_from(request.body), request);
  if (auto* const refusal = std::get_if<http::Response>(&outcome)) return std::move(*refusal);
  return answer(202, std::get<BackupRunner::Backup>(std::move(outcome)));
}

http::Response show_backup(const BackupRunner& backups, const http::Request& request) {
  Parameters(request, {});
  return answer(200, backups.last());
}

}  // namespace luminate::server::api
