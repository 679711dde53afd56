// What one request pays for being counted, and what a scrape costs, in CPU time.
#include <benchmark/benchmark.h>

#include <sstream>
#include <string>
#include <vector>

#include "server/api/api.hpp"
#include "server/metrics/server_metrics.hpp"
#include "server/request_log.hpp"

namespace {

using namespace luminate;
using namespace luminate::server;

const api::Api& table() {
  static const api::Api kApi({.report = [](const http::Request&, ErrorCode, std::string_view) {}});
  return kApi;
}

metrics::ServerMetrics& counted() {
  static metrics::ServerMetrics metrics(table().routes(), {.version = "bench"});
  return metrics;
}

struct Seen {
  http::Request request;
  http::Response response;
};

/// As the router gives it: the pattern of the table.
std::string_view route(std::string_view pattern) {
  for (const api::Route& known : table().routes()) {
    if (known.pattern == pattern) return known.pattern;
  }
  std::abort();
}

Seen health() {
  Seen seen;
  seen.request.method = "GET";
  seen.request.path = "/healthz";
  seen.request.id = "180e5bcf82010384-00000000";
  seen.request.remote_address = "127.0.0.1";
  seen.response.route = route("/healthz");
  seen.response.body = "ok\n";
  return seen;
}

Seen write() {
  Seen seen = health();
  seen.request.method = "POST";
  seen.request.path = "/api/v1/write";
  seen.request.received_bytes = 120;
  seen.request.storage = {"write", std::chrono::microseconds(300)};
  seen.response.route = route("/api/v1/write");
  seen.response.tenant = "acme";
  seen.response.accepted = seen.response.points = 1;
  seen.response.body = R"({"accepted":1,"rejected":0,"errors":[]})";
  return seen;
}

void observe(benchmark::State& state, const Seen& seen) {
  for (auto _ : state) counted().observe(seen.request, seen.response, std::chrono::microseconds(400));
}

void BM_CountHealth(benchmark::State& state) {
  observe(state, health());
}
void BM_CountWrite(benchmark::State& state) {
  observe(state, write());
}

void BM_LogWrite(benchmark::State& state) {
  const Seen seen = write();
  std::ostringstream out;
  Logger logger(LogLevel::info, LogFormat::json, out);
  RequestLog log(logger, std::nullopt);
  for (auto _ : state) {
    log.answered(seen.request, seen.response, std::chrono::microseconds(400), false);
    out.seekp(0);
  }
}

void BM_Scrape(benchmark::State& state) {
  metrics::ServerMetrics metrics(table().routes(), {.version = "bench"});
  Seen seen = write();
  for (int tenant = 0; tenant < state.range(0); ++tenant) {
    seen.response.tenant = "tenant_" + std::to_string(tenant);
    metrics.observe(seen.request, seen.response, std::chrono::microseconds(400));
  }
  std::size_t bytes = 0;
  for (auto _ : state) bytes = metrics.expose().size();
  state.counters["bytes"] = static_cast<double>(bytes);
}

BENCHMARK(BM_CountHealth)->Threads(1)->Threads(2)->Threads(8)->MeasureProcessCPUTime();
BENCHMARK(BM_CountWrite)->Threads(1)->Threads(2)->Threads(8)->MeasureProcessCPUTime();
BENCHMARK(BM_LogWrite);
BENCHMARK(BM_Scrape)->Arg(0)->Arg(100);

}  // namespace
