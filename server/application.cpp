#include "server/application.hpp"

#include <luminate/store.hpp>
#include <luminate/version.hpp>

#include <signal.h>  // NOLINT(modernize-deprecated-headers): SIGHUP is not of <csignal>.
#include <unistd.h>

#include <algorithm>
#include <exception>
#include <optional>
#include <stdexcept>
#include <thread>

#include "server/announcement.hpp"
#include "server/api/api.hpp"
#include "server/api/json.hpp"
#include "server/command_line.hpp"
#include "server/config/options.hpp"
#include "server/config/secrets.hpp"
#include "server/http/http_server.hpp"
#include "server/transport.hpp"

namespace luminate::server {
namespace {

using std::chrono::microseconds;

// An acceptor that is well is seen every second.
constexpr std::chrono::milliseconds kAcceptorIsStuck = std::chrono::seconds(10);

http::HttpLimits limits_of(const config::Config& config, const Endpoints& endpoints) {
  http::HttpLimits limits;
  limits.max_connections = config.server.max_connections;
  // On loopback everybody has the same address, so that a share per address would only halve the whole.
  limits.max_connections_per_address =
      endpoints.are_reachable() ? std::max<std::size_t>(1, limits.max_connections / 2) : limits.max_connections;
  // The store refuses writes beyond its own limit; other bodies have one too.
  limits.max_body_bytes = std::max(config.store.writes.max_request_size_bytes, api::kMaxJsonBytes);
  limits.max_buffered_body_bytes = std::max(limits.max_buffered_body_bytes, 4 * limits.max_body_bytes);
  // Each holds a connection to the database for as long as its client reads: others must find one, too.
  if (config.storage_url.starts_with("postgres")) {
    limits.max_streams = std::max<std::size_t>(1, config.store.postgres.pool_size / 2);
  }
  limits.read_timeout = config.server.read_timeout;
  limits.write_timeout = config.server.write_timeout;
  limits.idle_timeout = config.server.idle_timeout;
  return limits;
}

Store open_store(const config::Config& config, Logger& logger) {
  Options options = config.store;
  options.logger = [&logger](LogLevel level, std::string_view message) {
    logger.log(level, message, {{"component", "store"}});
  };
  try {
    return Store::open(config.storage_url, std::move(options));
  } catch (const Error& error) {
    throw std::runtime_error("cannot open the store " + config::mask_secrets(config.storage_url) + ": " + error.what());
  }
}

/// Of a store URL, which was opened already.
metrics::ServerMetrics::Storage storage_of(std::string_view url) {
  const std::size_t colon = url.find(':');
  std::string scheme(url.substr(0, colon));
  if (scheme == "postgres") scheme = "postgresql";
  if (scheme != "sqlite") return {scheme, ""};
  const std::string_view path = url.substr(colon + 1);
  return {scheme, std::string(path.substr(0, path.find('?')))};
}

}  // namespace

Application::Application(config::Config config, const AuthSetup& auth, const TlsSetup& tls, Reread reread,
                         Logger& logger, ServiceManager& manager)
    : config_(std::move(config)),
      reread_(std::move(reread)),
      logger_(logger),
      manager_(manager),
      endpoints_(config_, manager.sockets()),
      parts_(config_, auth, tls, logger) {
  if (config_.metrics.enabled && !parts_.names_tenants && endpoints_.are_reachable()) {
    warn({"there is no metrics.token: anybody who can reach this address may read " + config_.metrics.path +
          ", which tells tenants apart only once there is one"});
  }
}

metrics::ServerMetrics::Settings Application::metrics_settings() const {
  return {.version = LUMINATE_VERSION,
          .limits = config_.store.cardinality,
          .max_tenants = parts_.names_tenants ? config_.metrics.max_tenants : 0};
}

metrics::ServerMetrics::Reload Application::last_reload() const noexcept {
  return {reload_succeeded_.load(), last_reload_.load()};
}

void Application::run(Signals& signals) {
  std::exception_ptr failure;
  std::thread life([&] {
    try {
      live();
    } catch (...) {
      failure = std::current_exception();
    }
    signals.finish();
  });
  if (const int first = wait_for_signal(signals); first != 0) stop(signals, first);
  life.join();
  if (failure) std::rethrow_exception(failure);
}

int Application::wait_for_signal(Signals& signals, Signals::Clock::time_point until) {
  int signal = signals.wait(until);
  for (; signal == SIGHUP; signal = signals.wait(until)) reload("SIGHUP");
  return signal;
}

void Application::stop(Signals& signals, int first) {
  const auto& settings = config_.server;
  // Whoever sits at a terminal waits for nobody to notice.
  const auto delay = first == SIGTERM ? settings.shutdown_delay : std::chrono::milliseconds(0);
  logger_.log(LogLevel::info, "stopping: requests in flight are finished, then the store is closed",
              {{"signal", first},
               {delay.count() > 0 ? "delay_ms" : "", delay.count()},
               {"timeout_ms", settings.shutdown_timeout.count()}});
  manager_.stopping("finishing requests", delay + settings.shutdown_timeout);
  reach(Life::unready);
  int second = delay.count() > 0 ? wait_for_signal(signals, Signals::Clock::now() + delay) : Signals::kNothing;
  reach(Life::ending);
  if (second == Signals::kNothing) second = wait_for_signal(signals);
  if (second == 0) return;
  logger_.log(LogLevel::error, "ended at once by a second signal", {{"signal", second}});
  ::_exit(exit_code::kSignalBase + second);
}

void Application::reach(Life life) noexcept {
  Life before = life_.load();
  while (before < life && !life_.compare_exchange_weak(before, life)) {
  }
  life_.notify_all();
}

/// For a watchdog: nothing that takes its time for good reasons counts, only what will never end.
bool Application::makes_progress(const http::HttpServer& server) {
  const http::HttpServer::Stall stall = server.stall();
  const auto work_is_stuck = 2 * config_.store.queries.max_timeout + std::chrono::minutes(1);
  // Nobody accepts any more while it ends, which has bounds of its own.
  const bool stuck =
      life_.load() != Life::ending && (stall.accepting > kAcceptorIsStuck || stall.working > work_is_stuck);
  if (stuck && !was_stuck_) {
    logger_.log(LogLevel::error, "the server is stuck: its watchdog is not told that it is alive any more",
                {{"accepting_ms", stall.accepting.count()}, {"working_ms", stall.working.count()}});
  }
  was_stuck_ = stuck;
  return !stuck;
}

void Application::live() {
  const auto report = [this](const http::Request& request, ErrorCode code, std::string_view what) {
    parts_.request_log.failed(request, to_string(code), what);
  };
  std::optional<metrics::ServerMetrics> metrics;
  const auto scrape = [&] { return metrics->expose(); };
  api::Api api({.report = report,
                .reload = [this] { return reload("POST /api/v1/admin/reload"); },
                .backup_directory = config_.backup_directory,
                .scrape = config_.metrics.enabled ? api::Api::Scrape(scrape) : nullptr,
                .metrics_path = config_.metrics.path,
                .limiter = &parts_.limiter},
               access().with_scrape_token(parts_.scrape_token));
  if (config_.metrics.enabled) metrics.emplace(api.routes(), metrics_settings());
  const auto observe = [&](const http::Request& request, const http::Response& response, microseconds duration) {
    if (metrics) metrics->observe(request, response, duration);
    parts_.request_log.answered(request, response, duration, api.is_urgent(request));
  };
  // The Api answers whatever its handlers throw; what still gets through is lack of memory.
  const auto fail = [this](const http::Request& request, std::string_view what) {
    parts_.request_log.failed(request, "", what);
  };
  const auto refuse_client = [this](std::string_view remote_address, std::string_view why) {
    logger_.log(LogLevel::info, "no TLS connection", {{"remote", remote_address}, {"reason", why}});
  };
  http::HttpServer::Tls tls;
  if (config_.server.tls.enabled()) tls = [this] { return parts_.tls.get(); };
  http::HttpServer server(limits_of(config_, endpoints_),
                          {.handle = [&](const http::Request& request) { return api.handle(request); },
                           .observe = observe,
                           .urgent = [&](const http::Request& request) { return api.is_urgent(request); },
                           .fail = fail,
                           .admit = [&](http::Request& head) { return api.admit(head); },
                           .refuse_client = refuse_client,
                           .tls = tls});
  if (metrics) {
    metrics->watch({.load = [&] { return server.load(); }, .reload = [this] { return last_reload(); }});
  }
  endpoints_.listen(server);
  // Listens before the store is open, which may take a while: supervisors learn that it is starting.
  Transport transport(server, [this] { reach(Life::ending); });
  const auto beat = manager_.watch([&] { return makes_progress(server); });
  Store store = open_store(config_, logger_);
  api.serve(store);
  if (metrics) metrics->watch(store, storage_of(config_.storage_url));
  if (life_.load() == Life::serving) {
    announce(config_, endpoints_, parts_.tls.get().get(), logger_);
    manager_.ready("listening on " + endpoints_.text());
  }

  life_.wait(Life::serving);
  api.stop();
  life_.wait(Life::unready);
  const std::size_t cut_off = transport.stop(config_.server.shutdown_timeout);
  store.close();
  transport.rethrow_failure();
  if (cut_off > 0) {
    logger_.log(LogLevel::warning,
                "requests took longer than server.shutdown_timeout and were cut off, without an answer",
                {{"requests", cut_off}});
  }
  logger_.log(LogLevel::info, "stopped");
}

bool Application::reload(std::string_view cause) noexcept {
  const std::lock_guard lock(reload_mutex_);
  manager_.reloading();
  bool done = false;
  try {
    const config::Config changed = reread_();
    config::check(changed);
    const Reloader::Warnings warnings = parts_.reload(changed);
    done = true;
    // Before the log says so: whoever reads that may look at the metrics at once.
    reload_succeeded_.store(true);
    last_reload_.store(std::chrono::system_clock::now());
    warn(warnings);
    warn_of_ignored(changed);
    logger_.log(LogLevel::info, "reloaded: the configuration and its files are followed as they are now",
                {{"cause", cause}});
  } catch (const std::exception& error) {
    reload_succeeded_.store(false);
    logger_.log(LogLevel::error, "not reloaded: everything stays as it was",
                {{"cause", cause}, {"error", error.what()}});
  }
  manager_.reloaded();
  return done;
}

void Application::warn(const std::vector<std::string>& warnings) const {
  for (const std::string& warning : warnings) logger_.log(LogLevel::warning, warning);
}

void Application::warn_of_ignored(const config::Config& changed) const {
  for (const config::Option& option : config::options()) {
    if (parts_.follow(option) || option.get(config_, option) == option.get(changed, option)) continue;
    logger_.log(LogLevel::warning, "changed in the configuration, and takes effect at the next start",
                {{"key", option.name}});
  }
}

api::AccessControl Application::access() const {
  if (config_.auth.enabled) return api::AccessControl(parts_.authenticator);
  std::vector<std::string> names = config_.server.host_names;
  // Who opened the server to others knows best by which names they ask for it.
  if (endpoints_.are_reachable() && names.empty()) return {};
  names.push_back(config_.server.host);
  return api::AccessControl(api::HostNames(std::move(names)));
}

}  // namespace luminate::server
