#pragma once

#include "server/auth/authenticator.hpp"
#include "server/auth/scrape_token.hpp"
#include "server/auth_setup.hpp"
#include "server/config/config.hpp"
#include "server/limits/tenant_limiter.hpp"
#include "server/logging.hpp"
#include "server/reloader.hpp"
#include "server/request_log.hpp"
#include "server/tls_setup.hpp"

namespace luminate::server {

/// What of a server follows its configuration while it runs: keys, certificates, limits, the log. Each part may be used
/// by any thread, also during a reload().
class LiveParts {
 public:
  /// Logs what the operator should think about. @param config and `logger` outlive this.
  LiveParts(const config::Config& config, const AuthSetup& auth, const TlsSetup& tls, Logger& logger);
  LiveParts(const LiveParts&) = delete;
  LiveParts& operator=(const LiveParts&) = delete;

  RequestLog request_log;
  auth::Authenticator authenticator;
  limits::TenantLimiter limiter;
  auth::ScrapeToken scrape_token;
  CurrentTls tls;
  /// Whether metrics do: whoever gets them without a token shall not learn who the others are.
  const bool names_tenants;

  /// Reloader::reload() of all of them. One thread at a time.
  Reloader::Warnings reload(const config::Config& changed) const { return reloader_.reload(changed); }
  bool follow(const config::Option& option) const { return reloader_.follows(option); }

 private:
  /// Every part, with the options that it follows.
  Reloader make_reloader();

  const config::Config& config_;  ///< As it was at the start.
  Logger& logger_;
  const Reloader reloader_;  // Behind what it puts in place.
};

}  // namespace luminate::server
