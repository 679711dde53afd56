#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "server/config/config.hpp"
#include "server/http/tls_context.hpp"

namespace luminate::server {

/// What a server proves itself with as a configuration says, and what its operator should know.
struct TlsSetup {
  std::shared_ptr<const http::TlsContext> context;  ///< None: plain HTTP.
  std::vector<std::string> warnings;
};

/// Reads all files. @throws config::ConfigError that names the option and the file, and never shows a key.
TlsSetup set_up_tls(const config::Config::Tls& settings);

/// What new connections are encrypted with, which can be replaced while they are made. Any thread.
class CurrentTls {
 public:
  explicit CurrentTls(std::shared_ptr<const http::TlsContext> context) : context_(std::move(context)) {}

  std::shared_ptr<const http::TlsContext> get() const {
    const std::lock_guard lock(mutex_);
    return context_;
  }
  void replace(std::shared_ptr<const http::TlsContext> context) {
    const std::lock_guard lock(mutex_);
    context_.swap(context);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const http::TlsContext> context_;  // Guarded by mutex_.
};

}  // namespace luminate::server
