#include "host_metrics/sink.hpp"

#include <luminate/store.hpp>

#include <httplib.h>
#include <stdexcept>

namespace host_metrics {
namespace {

class StoreSink : public Sink {
 public:
  explicit StoreSink(const std::string& url) : store_(luminate::Store::open(url)) {}

  void write(const std::string& json) override {
    const luminate::WriteReport report = store_.write_json(json);
    if (report.rejected > 0) {
      throw std::runtime_error("the store rejected " + report.errors[0].metric + ": " + report.errors[0].message);
    }
  }

  std::string query(const std::string& json) override {
    return luminate::to_json(store_.query(luminate::Query::parse_json(json)));
  }

 private:
  luminate::Store store_;
};

class ServerSink : public Sink {
 public:
  explicit ServerSink(const std::string& url) : url_(url), client_(url) {
    if (!client_.is_valid()) throw std::runtime_error(url + " is no server's URL; give one like http://127.0.0.1:8080");
    client_.set_keep_alive(true);
    client_.set_tcp_nodelay(true);
  }

  void write(const std::string& json) override { post("/api/v1/write", json); }
  std::string query(const std::string& json) override { return post("/api/v1/query", json); }

 private:
  std::string post(const std::string& path, const std::string& json) {
    const httplib::Result answer = client_.Post(path, json, "application/json");
    if (!answer) throw std::runtime_error(url_ + " does not answer: " + httplib::to_string(answer.error()));
    // 207 is a write of which points were rejected.
    if (answer->status != 200) {
      throw std::runtime_error(url_ + path + " answered " + std::to_string(answer->status) + ": " + answer->body);
    }
    return answer->body;
  }

  std::string url_;
  httplib::Client client_;
};

}  // namespace

std::unique_ptr<Sink> open_store(const std::string& url) {
  return std::make_unique<StoreSink>(url);
}

std::unique_ptr<Sink> connect_to_server(const std::string& url) {
  return std::make_unique<ServerSink>(url);
}

}  // namespace host_metrics
