#include "server/api/query_registry.hpp"

#include <algorithm>
#include <utility>

namespace luminate::server::api {

struct QueryRegistry::Record {
  std::string id;
  std::string tenant;
  std::string request_id;
  std::string text;
  bool text_cut = false;
  std::int64_t started_ms = 0;
  std::chrono::steady_clock::time_point since;
  std::stop_source stop;
  State state = State::running;  ///< Guarded by Shared::mutex.
};

struct QueryRegistry::Shared {
  std::mutex mutex;
  std::map<std::uint64_t, std::shared_ptr<Record>> records;  ///< By the order of their beginnings.
  std::map<std::string, std::uint64_t, std::less<>> by_id;
  std::uint64_t begun = 0;
  std::random_device random;

  /// The numbers of one tenant's queries must not tell how many others ask. @pre mutex is held.
  std::string new_id() {
    constexpr std::string_view kHex = "0123456789abcdef";
    std::string id;
    do {
      id.clear();
      for (int half = 0; half < 2; ++half) {
        std::uint32_t bits = random();
        for (int digit = 0; digit < 8; ++digit, bits >>= 4) id += kHex[bits & 15];
      }
    } while (by_id.contains(id));
    return id;
  }
};

QueryRegistry::QueryRegistry() : shared_(std::make_shared<Shared>()) {}

QueryRegistry::Running::Running(std::shared_ptr<Shared> shared, std::shared_ptr<Record> record,
                                const std::stop_token& disconnected)
    : shared_(std::move(shared)), record_(std::move(record)), by_disconnection_(disconnected, Relay{record_->stop}) {}

QueryRegistry::Running::~Running() {
  const std::lock_guard lock(shared_->mutex);
  const auto found = shared_->by_id.find(record_->id);
  if (found == shared_->by_id.end()) return;  // There was no memory to register it.
  shared_->records.erase(found->second);
  shared_->by_id.erase(found);
}

std::stop_token QueryRegistry::Running::stop() const {
  return record_->stop.get_token();
}

bool QueryRegistry::Running::was_cancelled() const {
  const std::lock_guard lock(shared_->mutex);
  return record_->state == State::cancelling;
}

void QueryRegistry::Running::begin_sending() {
  const std::lock_guard lock(shared_->mutex);
  if (record_->state == State::running) record_->state = State::sending;
}

std::shared_ptr<QueryRegistry::Running> QueryRegistry::begin(std::string_view tenant, const http::Request& request) {
  using namespace std::chrono;
  auto record = std::make_shared<Record>();
  record->tenant = tenant;
  record->request_id = request.id;
  record->text = request.body.substr(0, kMaxTextBytes);
  record->text_cut = request.body.size() > kMaxTextBytes;
  record->started_ms = duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
  record->since = steady_clock::now();
  auto running = std::make_shared<Running>(shared_, record, request.disconnected);
  const std::lock_guard lock(shared_->mutex);
  record->id = shared_->new_id();
  shared_->by_id.emplace(record->id, ++shared_->begun);
  shared_->records.emplace(shared_->begun, std::move(record));
  return running;
}

std::vector<QueryRegistry::Listed> QueryRegistry::list(std::optional<std::string_view> tenant) const {
  const auto now = std::chrono::steady_clock::now();
  std::vector<Listed> list;
  const std::lock_guard lock(shared_->mutex);
  for (const auto& [number, record] : shared_->records) {
    if (tenant && record->tenant != *tenant) continue;
    list.push_back({.id = record->id,
                    .tenant = record->tenant,
                    .request_id = record->request_id,
                    .text = record->text,
                    .text_cut = record->text_cut,
                    .started_ms = record->started_ms,
                    .running = std::max(std::chrono::milliseconds(0),
                                        std::chrono::duration_cast<std::chrono::milliseconds>(now - record->since)),
                    .state = record->state});
  }
  return list;
}

bool QueryRegistry::cancel(std::optional<std::string_view> tenant, std::string_view id) {
  std::shared_ptr<Record> record;
  {
    const std::lock_guard lock(shared_->mutex);
    const auto found = shared_->by_id.find(id);
    if (found == shared_->by_id.end()) return false;
    record = shared_->records.at(found->second);
    if (tenant && record->tenant != *tenant) return false;
    record->state = State::cancelling;
  }
  record->stop.request_stop();  // Runs callbacks of the storage: not under the mutex.
  return true;
}

}  // namespace luminate::server::api
