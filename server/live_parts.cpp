#include "server/live_parts.hpp"

#include <memory>
#include <utility>

#include "server/config/config_error.hpp"

namespace luminate::server {
namespace {

/// What section `auth` gives the operator to think about.
std::vector<std::string> warnings_of(const AuthSetup& auth, bool enabled) {
  std::vector<std::string> warnings = auth.warnings;
  if (!enabled && !auth.verifier->keys().empty()) {
    warnings.emplace_back("there are keys for tokens, and auth.enabled is false: nobody needs a token");
  }
  return warnings;
}

std::vector<std::string> warnings_of(const config::Config::RateLimits& limits, bool auth_enabled) {
  if (auth_enabled || limits.tenants.empty()) return {};
  return {"rate_limits.tenants names tenants, and there are none while auth.enabled is false"};
}

limits::TenantRates rates_of(const config::Config& config) {
  return config::make_rates(config.rate_limits.others, config.rate_limits.tenants, config.auth.enabled);
}

}  // namespace

LiveParts::LiveParts(const config::Config& config, const AuthSetup& auth, const TlsSetup& given_tls, Logger& logger)
    : request_log(logger, config.logging.slow_query),
      authenticator(auth.verifier),
      limiter(rates_of(config)),
      scrape_token(auth.scrape_token),
      tls(given_tls.context),
      names_tenants(!config.auth.enabled || scrape_token.is_set()),
      config_(config),
      logger_(logger),
      reloader_(make_reloader()) {
  for (const auto& warnings : {warnings_of(auth, config.auth.enabled), given_tls.warnings,
                               warnings_of(config.rate_limits, config.auth.enabled)}) {
    for (const std::string& warning : warnings) logger_.log(LogLevel::warning, warning);
  }
}

Reloader LiveParts::make_reloader() {
  Reloader reloader;
  reloader.add({"auth"}, [this](const config::Config& changed, Reloader::Warnings& warnings) -> Reloader::Commit {
    if (changed.auth.enabled != config_.auth.enabled) {
      throw config::ConfigError("auth.enabled cannot change while the server runs: restart it");
    }
    const AuthSetup auth = set_up_auth(changed.auth);
    for (const std::string& warning : warnings_of(auth, config_.auth.enabled)) warnings.push_back(warning);
    return [this, verifier = auth.verifier] { authenticator.replace(verifier); };
  });
  reloader.add(
      {"metrics.token", "metrics.token_file"},
      [this](const config::Config& changed, Reloader::Warnings& warnings) -> Reloader::Commit {
        const std::string token = read_scrape_token(changed.metrics, warnings);
        if (token.empty() && config_.auth.enabled && names_tenants) {
          throw config::ConfigError(
              "metrics.token cannot be left out while the server runs, as its metrics name tenants: restart it");
        }
        // Made here, as it may throw.
        const auto digest = auth::ScrapeToken::digest(token);
        return [this, digest] { scrape_token.replace(digest); };
      });
  reloader.add({"logging.level", "logging.slow_query"},
               [this](const config::Config& changed, Reloader::Warnings&) -> Reloader::Commit {
                 return [this, logging = changed.logging] {
                   logger_.set_level(logging.level);
                   request_log.set_slow_query(logging.slow_query);
                 };
               });
  reloader.add({"rate_limits"}, [this](const config::Config& changed, Reloader::Warnings& warnings) {
    for (const std::string& warning : warnings_of(changed.rate_limits, config_.auth.enabled)) {
      warnings.push_back(warning);
    }
    auto rates = std::make_shared<const limits::TenantRates>(rates_of(changed));
    return [this, rates = std::move(rates)] { limiter.apply(rates); };
  });
  // Connections that there are go on with what they began with.
  reloader.add({"server.tls"}, [this](const config::Config& changed, Reloader::Warnings& warnings) -> Reloader::Commit {
    if (changed.server.tls.enabled() != config_.server.tls.enabled()) {
      throw config::ConfigError("TLS cannot be turned on or off while the server runs: restart it");
    }
    const TlsSetup setup = set_up_tls(changed.server.tls);
    warnings.insert(warnings.end(), setup.warnings.begin(), setup.warnings.end());
    return [this, context = setup.context] { tls.replace(context); };
  });
  return reloader;
}

}  // namespace luminate::server
