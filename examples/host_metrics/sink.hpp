#pragma once

#include <memory>
#include <string>

namespace host_metrics {

/// Where points go and answers come from: a store in this process, or a server. Both speak the same JSON, that of the
/// HTTP API. Failures are std::runtime_error.
class Sink {
 public:
  virtual ~Sink() = default;

  /// Takes the body of POST /api/v1/write. @throws if any point was rejected.
  virtual void write(const std::string& json) = 0;

  /// Takes the body of POST /api/v1/query and returns the answer.
  virtual std::string query(const std::string& json) = 0;
};

/// @param url as Store::open() takes it: "sqlite:host_metrics.db", "memory:".
std::unique_ptr<Sink> open_store(const std::string& url);

/// @param url of a luminate-server: "http://127.0.0.1:8080".
std::unique_ptr<Sink> connect_to_server(const std::string& url);

}  // namespace host_metrics
