#include "server/metrics/server_metrics.hpp"

#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <iterator>
#include <mutex>
#include <optional>
#include <sstream>
#include <utility>

#include "server/metrics/process_metrics.hpp"
#include "server/metrics/request_metrics.hpp"
#include "server/metrics/storage_metrics.hpp"
#include "server/metrics/storage_probe.hpp"

namespace luminate::server::metrics {
namespace {

/// Of the file system that a file is on, or will be.
std::optional<StorageFigures::Disk> disk_of(const std::string& file) {
  if (file.empty()) return std::nullopt;
  std::filesystem::path folder = std::filesystem::path(file).parent_path();
  if (folder.empty()) folder = ".";
  struct statvfs status {};
  if (::statvfs(folder.c_str(), &status) != 0) return std::nullopt;
  return StorageFigures::Disk{std::uint64_t{status.f_blocks} * status.f_frsize,
                              std::uint64_t{status.f_bavail} * status.f_frsize};
}

void append(Families& all, Families more) {
  all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

Families load_metrics(const http::HttpServer::Load& load) {
  Families families;
  const auto gauge = [&](std::string_view name, std::string_view help, std::size_t value) {
    add_gauge(families, name, help, static_cast<double>(value));
  };
  gauge("luminate_http_active_requests", "Requests whose answers have not been sent yet", load.requests);
  gauge("luminate_http_waiting_requests", "Of the active requests, those that wait for a work slot", load.waiting);
  gauge("luminate_http_work_slots", "Requests that may be worked on at once", load.work_slots);
  gauge("luminate_http_work_slots_taken", "Requests that are being worked on", load.work_slots_taken);
  gauge("luminate_http_connections", "Open connections", load.connections);
  gauge("luminate_http_max_connections", "Connections that may be open at once", load.max_connections);
  return families;
}

Families reload_metrics(const ServerMetrics::Reload& reload) {
  Families families;
  add_gauge(families, "luminate_config_last_reload_successful",
            "1 while the configuration could be used when it was last read", reload.succeeded ? 1 : 0);
  add_gauge(families, "luminate_config_last_reload_success_timestamp_seconds",
            "When the configuration in use was read, in Unix time",
            std::chrono::duration<double>(reload.last_success.time_since_epoch()).count());
  return families;
}

}  // namespace

class ServerMetrics::Impl {
 public:
  Impl(const std::vector<api::Route>& routes, Settings settings)
      : settings_(std::move(settings)), requests_(registry_, routes, settings_.max_tenants) {}

  void watch(Sources sources) {
    const std::lock_guard lock(mutex_);
    sources_ = std::move(sources);
  }

  void watch(const Store& store, const Storage& storage) {
    const std::size_t shown = settings_.max_tenants + 2;  // And "", and one that is called like kOtherTenants.
    StorageProbe::Checks checks{
        [store] { return store.health().healthy; },
        [store, shown, file = storage.file] {
          return StorageFigures{store.statistics(), store.series_by_tenant(shown), disk_of(file)};
        }};
    const std::lock_guard lock(mutex_);
    backend_ = storage.backend;
    probe_.emplace(std::move(checks), settings_.patience);
  }

  void observe(const http::Request& request, const http::Response& response, std::chrono::microseconds duration) {
    requests_.observe(request, response, duration);
  }

  std::string expose() {
    const Clock::time_point arrived = Clock::now();
    const std::lock_guard lock(mutex_);
    // What another one began to collect after this one had come is as good as its own.
    if (begun_ >= arrived) return text_;
    const Clock::time_point begun = Clock::now();
    text_ = collect();
    begun_ = begun;
    return text_;
  }

 private:
  using Clock = std::chrono::steady_clock;

  std::string collect() {
    Families families = registry_.Collect();
    add_gauge(families, "luminate_build_info", "Always 1; its labels say what runs", 1,
              {{"version", settings_.version}, {"backend", backend_}});
    if (sources_.load) append(families, load_metrics(sources_.load()));
    if (sources_.reload) append(families, reload_metrics(sources_.reload()));
    append(families, limit_metrics(settings_.limits));
    append(families, storage_metrics(probe_ ? probe_->ask() : StorageProbe::Answer{}, settings_.max_tenants));
    append(families, process_metrics());
    std::sort(families.begin(), families.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    std::ostringstream out;
    prometheus::TextSerializer().Serialize(out, families);
    return std::move(out).str();
  }

  const Settings settings_;
  prometheus::Registry registry_;
  RequestMetrics requests_;
  std::mutex mutex_;
  // All guarded by mutex_.
  Sources sources_;
  std::string backend_;
  std::optional<StorageProbe> probe_;
  Clock::time_point begun_{};  ///< When text_ was.
  std::string text_;
};

ServerMetrics::ServerMetrics(const std::vector<api::Route>& routes, Settings settings)
    : impl_(std::make_unique<Impl>(routes, std::move(settings))) {}

ServerMetrics::~ServerMetrics() = default;

void ServerMetrics::watch(Sources sources) {
  impl_->watch(std::move(sources));
}

void ServerMetrics::watch(const Store& store, const Storage& storage) {
  impl_->watch(store, storage);
}

void ServerMetrics::observe(const http::Request& request, const http::Response& response,
                            std::chrono::microseconds duration) noexcept {
  try {
    impl_->observe(request, response, duration);
  } catch (...) {  // Out of memory: this one is not counted.
  }
}

std::string ServerMetrics::expose() {
  return impl_->expose();
}

}  // namespace luminate::server::metrics
