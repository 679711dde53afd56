// What luminate-server answers per second over many connections, with the loader on the same machine, each beside the
// limit: a responder that does nothing, the disk, and the library without a server.
//
//     build/release/bench/server_load_bench [health writes queries features] [--seconds 3] [--rounds 3]
//                                           [--server build/release/server/luminate-server] [--output FILE]
//
// Without names all are measured. The sides of a comparison take turns, so that they meet the same machine; figures are
// medians of the rounds. --output appends one JSON object per measurement.
#include <sys/types.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iostream>
#include <luminate/store.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "endless_bodies.hpp"
#include "load_client.hpp"
#include "measure.hpp"
#include "plain_responder.hpp"
#include "scratch_folder.hpp"
#include "server/auth/verifier.hpp"
#include "server_process.hpp"
#include "synced_file.hpp"
#include "workload.hpp"

namespace {

using namespace luminate;
using namespace luminate::bench;

constexpr std::size_t kConnections = 64;
constexpr const char* kSecret = "a secret of a benchmark, 32 bytes";

struct Settings {
  std::string server;
  std::string output;
  double seconds;
  std::size_t rounds;
};

/// One side of a comparison, over its rounds.
class Side {
 public:
  explicit Side(std::string name, pid_t server = 0) : name_(std::move(name)), server_(server) {}

  /// @param unit of one request.
  void measure(const Load& load, double unit = 1) {
    const double before = server_ > 0 ? cpu_seconds(server_) : 0;
    const LoadResult result = run(load);
    const double cpu = server_ > 0 ? cpu_seconds(server_) - before : 0;
    const auto requests = static_cast<double>(result.requests);
    add(result.per_second() * unit, result.p50_us, result.p99_us);
    cpu_us_.push_back(cpu / requests * 1e6);
    loader_cpu_us_.push_back(result.own_cpu_seconds / requests * 1e6);
  }
  void add(double rate, double p50_us, double p99_us, double cpu_us = 0) {
    rates_.push_back(rate);
    if (cpu_us > 0) cpu_us_.push_back(cpu_us);
    p50_us_.push_back(p50_us);
    p99_us_.push_back(p99_us);
  }

  double rate() const { return quantile(rates_, 0.5); }
  double cpu_us() const { return quantile(cpu_us_, 0.5); }  ///< Of the server, for one request.

  /// @param beside what this one is held against; reported last.
  void report(const Settings& settings, const std::string& what, const Side* beside = nullptr) const {
    std::printf("  %-44s %9.0f/s  p50 %6.0f us  p99 %7.0f us", name_.c_str(), rate(), quantile(p50_us_, 0.5),
                quantile(p99_us_, 0.5));
    if (!cpu_us_.empty()) std::printf("  CPU %6.1f us", cpu_us());
    if (server_ > 0) std::printf(", of loader %5.1f us", quantile(loader_cpu_us_, 0.5));
    if (beside != nullptr) std::printf("  = %.2f of the last", rate() / beside->rate());
    if (beside != nullptr && !beside->cpu_us_.empty()) std::printf(", at %.2f of its CPU", cpu_us() / beside->cpu_us());
    std::printf("\n");
    if (settings.output.empty()) return;
    Record record;
    record.add("what", what).add("side", name_).add("rate", rate()).add("p50_us", quantile(p50_us_, 0.5));
    record.add("p99_us", quantile(p99_us_, 0.5)).add("server_cpu_us", cpu_us()).add("load", load_average());
    std::ofstream(settings.output, std::ios::app) << record.text() << '\n';
  }

  static double load_average() {
    double load = 0;
    std::ifstream("/proc/loadavg") >> load;
    return load;
  }

 private:
  const std::string name_;
  const pid_t server_;
  std::vector<double> rates_, p50_us_, p99_us_, cpu_us_, loader_cpu_us_;
};

void title(const Settings& settings, std::string_view text) {
  std::printf("%.*s; %zu rounds of %.3g s, load before %.2f\n", static_cast<int>(text.size()), text.data(),
              settings.rounds, settings.seconds, Side::load_average());
  std::fflush(stdout);
}

std::int64_t now_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

WorkloadShape recent_w1() {
  WorkloadShape shape;
  shape.start_ms = now_ms() - 3 * 24 * 3'600'000;
  return shape;
}

void health(const Settings& settings) {
  title(settings, "Health: GET /healthz, 64 connections");
  const ScratchFolder folder;
  const ServerProcess server(settings.server, {"--storage-url", "sqlite:" + folder.file("a.db")}, folder.file("log"));
  const PlainResponder responder;
  const std::string request = request_head("GET", "/healthz");
  const auto next = [&](std::size_t) { return Load::Outgoing{request, {}}; };
  Side luminate("luminate-server", server.process());
  Side limit("limit: one answer to everything, one thread", responder.process());
  for (std::size_t round = 0; round < settings.rounds; ++round) {
    luminate.measure({server.port(), kConnections, settings.seconds, next});
    limit.measure({responder.port(), kConnections, settings.seconds, next});
  }
  luminate.report(settings, "health", &limit);
  limit.report(settings, "health");
}

/// One point a request; of each connection another series, ever later.
class SmallWrites {
 public:
  explicit SmallWrites(std::size_t connections, std::string token = {})
      : token_(std::move(token)), texts_(connections), at_ms_(connections, now_ms() - 24 * 3'600'000) {}

  const std::string& body(std::size_t connection) {
    std::string& body = texts_[connection].second;
    body = R"({"metrics":[{"name":"api_latency","timestamp":)" + std::to_string(++at_ms_[connection]) +
           R"(,"value":12.5,"dimensions":{"customer_id":"cust_)" + std::to_string(connection) +
           R"(","region":"eu-west"}}]})";
    return body;
  }
  Load::Outgoing next(std::size_t connection) {
    auto& [head, text] = texts_[connection];
    body(connection);
    if (head.empty()) head = request_head("POST", "/api/v1/write", token_, text.size());
    return {head, text};
  }

 private:
  const std::string token_;
  std::vector<std::pair<std::string, std::string>> texts_;
  std::vector<std::int64_t> at_ms_;
};

/// Calls `work(thread, i)` again and again on `threads` threads.
void from_threads(Side& side, std::size_t threads, double seconds,
                  const std::function<void(std::size_t, std::size_t)>& work) {
  std::vector<std::vector<double>> took_us(threads);
  const double cpu_before = cpu_seconds_of_self();
  const Stopwatch watch;
  {
    std::vector<std::jthread> callers;
    for (std::size_t t = 0; t < threads; ++t) {
      callers.emplace_back([&, t] {
        for (std::size_t i = 0; watch.seconds() < seconds; ++i) {
          const Stopwatch one;
          work(t, i);
          took_us[t].push_back(one.seconds() * 1e6);
        }
      });
    }
  }
  const double elapsed = watch.seconds();
  const double cpu = cpu_seconds_of_self() - cpu_before;
  std::vector<double> all;
  for (const auto& each : took_us) all.insert(all.end(), each.begin(), each.end());
  const auto calls = static_cast<double>(all.size());
  side.add(calls / elapsed, quantile(all, 0.5), quantile(all, 0.99), cpu / calls * 1e6);
}

void writes(const Settings& settings) {
  title(settings, "Small writes: one point each, durable, 64 connections");
  const ScratchFolder folder;
  const ServerProcess server(settings.server, {"--storage-url", "sqlite:" + folder.file("a.db")}, folder.file("log"));
  Store store = Store::open("sqlite:" + folder.file("library.db"));
  SyncedFile file(folder.file("synced"));
  SmallWrites over_http(kConnections), in_library(kConnections);
  Side luminate("luminate-server", server.process());
  Side library("library, 64 threads, the same bodies");
  Side disk("one page and fdatasync, one after another");
  for (std::size_t round = 0; round < settings.rounds; ++round) {
    luminate.measure({server.port(), kConnections, settings.seconds, [&](std::size_t c) { return over_http.next(c); }});
    from_threads(library, kConnections, settings.seconds,
                 [&](std::size_t t, std::size_t) { store.write_json(in_library.body(t)); });
    from_threads(disk, 1, settings.seconds / 3, [&](std::size_t, std::size_t) { file.write_and_sync(); });
  }
  luminate.report(settings, "writes", &library);
  library.report(settings, "writes");
  disk.report(settings, "writes");
}

std::string p95_of_customer(std::uint32_t customer, const WorkloadShape& shape) {
  return R"({"queryType":"aggregate","metricName":"api_latency","aggregation":"p95","filters":{"customer_id":"cust_)" +
         std::to_string(customer) + R"("},"timeRange":{"start":)" + std::to_string(shape.start_ms) + R"(,"end":)" +
         std::to_string(shape.end_ms()) + "}}";
}

void queries(const Settings& settings) {
  title(settings, "Queries: p95 of one customer of 3,000 over W1");
  const ScratchFolder folder;
  const std::string path = folder.file("a.db");
  const WorkloadShape shape = recent_w1();
  {
    Store store = Store::open("sqlite:" + path);
    Workload workload(shape);
    for (std::uint64_t done = 0; done < shape.samples(); done += 10'000) store.write_json(workload.json_body(10'000));
    store.compact();
  }
  {
    const Store copy = Store::open("sqlite:" + path);
    copy.backup(folder.file("b.db"));
  }
  const ServerProcess server(settings.server, {"--storage-url", "sqlite:" + path}, folder.file("log"));
  const Store store = Store::open("sqlite:" + folder.file("b.db"));
  std::vector<std::pair<std::string, std::string>> requests;
  for (std::uint32_t i = 0; i < shape.customers; ++i) {
    std::string body = p95_of_customer(i * 1009 % shape.customers, shape);
    std::string head = request_head("POST", "/api/v1/query", {}, body.size());
    requests.emplace_back(std::move(head), std::move(body));
  }
  std::size_t asked = 0;
  const auto next = [&](std::size_t) {
    const auto& [head, body] = requests[asked++ % requests.size()];
    return Load::Outgoing{head, body};
  };
  Side few("luminate-server, 2 connections", server.process());
  Side many("luminate-server, 16 connections", server.process());
  Side library("library, 2 threads, the same queries");
  for (std::size_t round = 0; round < settings.rounds; ++round) {
    few.measure({server.port(), 2, settings.seconds, next});
    many.measure({server.port(), 16, settings.seconds, next});
    from_threads(library, 2, settings.seconds, [&](std::size_t t, std::size_t i) {
      const auto answer = store.query(Query::parse_json(requests[(2 * i + t) % requests.size()].second));
      if (answer.aggregate().rows.size() != 1) throw std::runtime_error("a customer without samples");
    });
  }
  few.report(settings, "queries", &library);
  many.report(settings, "queries", &library);
  library.report(settings, "queries");
}

std::string token() {
  using namespace server::auth;
  Claims claims;
  claims.tenant = "bench";
  claims.scopes.add(Scope::read);
  claims.scopes.add(Scope::write);
  claims.expires_s = now_ms() / 1000 + 3600;
  return sign_token(Key::from_secret(Algorithm::hs256, kSecret), std::nullopt, claims);
}

/// Tokens, limits that nobody reaches, and metrics, or none of them.
std::string configuration(const ScratchFolder& folder, bool all_on) {
  const std::string path = folder.file(all_on ? "on.yaml" : "off.yaml");
  std::ofstream file(path);
  file << "storage:\n  url: sqlite:" << folder.file(all_on ? "on.db" : "off.db") << '\n';
  file << "metrics:\n  enabled: " << (all_on ? "true" : "false") << '\n';
  if (!all_on) return path;
  std::ofstream(folder.file("secret")) << kSecret;
  file << "auth:\n  enabled: true\n  jwt_secret_file: " << folder.file("secret") << '\n';
  file << "rate_limits:\n  write_requests_per_second: 1000000\n  query_requests_per_second: 1000000\n"
          "  metrics_per_second: 1000000000\n  concurrent_queries: 1000\n";
  return path;
}

void features(const Settings& settings) {
  const ScratchFolder folder;
  const ServerProcess on(settings.server, {"--config", configuration(folder, true)}, folder.file("on.log"));
  const ServerProcess off(settings.server, {"--config", configuration(folder, false)}, folder.file("off.log"));
  const std::string bearer = token();
  const auto compare = [&](const char* what, const char* text, std::size_t connections, double points,
                           const std::function<Load::Outgoing(std::size_t)>& with,
                           const std::function<Load::Outgoing(std::size_t)>& without) {
    title(settings, text);
    Side with_all("tokens, limits, metrics", on.process());
    Side with_none("none of them", off.process());
    for (std::size_t round = 0; round < settings.rounds; ++round) {
      with_none.measure({off.port(), connections, settings.seconds, without}, points);
      with_all.measure({on.port(), connections, settings.seconds, with}, points);
    }
    with_all.report(settings, what, &with_none);
    with_none.report(settings, what);
  };
  SmallWrites small_with(kConnections, bearer), small_without(kConnections);
  compare(
      "features small", "Small writes with everything on and off: points, 64 connections", kConnections, 1,
      [&](std::size_t c) { return small_with.next(c); }, [&](std::size_t c) { return small_without.next(c); });

  // Two connections, each with positions of its own.
  EndlessBodies bodies(recent_w1(), 4);
  std::size_t positions[4] = {0, 1, 0, 1};
  std::string heads[4];
  const auto large = [&](std::size_t stream, const std::string& with_token) {
    const std::string& body = bodies.at(positions[stream]);
    positions[stream] += 2;
    heads[stream] = request_head("POST", "/api/v1/write", with_token, body.size());
    return Load::Outgoing{heads[stream], body};
  };
  compare(
      "features large", "W1 in bodies of 10,000 points with everything on and off: points, 2 connections", 2,
      static_cast<double>(EndlessBodies::kPoints), [&](std::size_t c) { return large(c, bearer); },
      [&](std::size_t c) { return large(2 + c, {}); });
}

}  // namespace

int main(int argc, char** argv) try {
  const Flags flags(argc, argv, {"--server", "--seconds", "--rounds", "--output"});
  const Settings settings{.server = flags.text("--server", "build/release/server/luminate-server"),
                          .output = flags.text("--output", ""),
                          .seconds = flags.number("--seconds", 3),
                          .rounds = flags.count("--rounds", 3)};
  const std::pair<std::string_view, void (*)(const Settings&)> all[] = {
      {"health", health}, {"writes", writes}, {"queries", queries}, {"features", features}};
  for (const std::string& word : flags.words()) {
    const bool known =
        std::any_of(std::begin(all), std::end(all), [&](const auto& each) { return each.first == word; });
    if (!known) throw std::runtime_error("there is no measurement " + word + ": health, writes, queries, features");
  }
  for (const auto& [name, measurement] : all) {
    const auto& words = flags.words();
    if (words.empty() || std::find(words.begin(), words.end(), name) != words.end()) measurement(settings);
  }
  return 0;
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
