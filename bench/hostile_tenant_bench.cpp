// What a tenant that is far beyond its limits does to one that is within them: a real server with its default limits
// and durable writes, over sockets. The quiet tenant writes and asks at half of its limits; the hostile one is away, at
// its limits, or at ten times of them, with small writes, batches, garbage of 8 MiB, light and heavy queries.
//
//     build/release/bench/hostile_tenant_bench [--seconds 5] [--rounds 4] [--heavy 1] [--record 1]
//
// The three take turns, so that they meet the same disk. What counts is the last column: the quiet tenant's p99, in
// multiples of the p99 it has alone. --heavy 0 leaves out the heavy queries.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <luminate/store.hpp>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "measure.hpp"
#include "scratch_folder.hpp"
#include "server/auth/base64url.hpp"
#include "server/auth/key.hpp"
#include "server_process.hpp"

namespace {

using namespace luminate::bench;
using luminate::Batch;
using luminate::Store;
using Clock = std::chrono::steady_clock;
using std::chrono::microseconds;

constexpr const char* kSecret = "0123456789abcdef0123456789abcdef";

std::string token_for(const std::string& tenant) {
  using namespace luminate::server::auth;
  const std::string text =
      encode_base64url(R"({"alg":"HS256","typ":"JWT"})") + '.' +
      encode_base64url(R"({"tenant_id":")" + tenant + R"(","scopes":["read","write"],"exp":4102444800})");
  return text + '.' + encode_base64url(Key::from_secret(Algorithm::hs256, kSecret).sign(text));
}

std::string request_for(const std::string& tenant, const std::string& path, const std::string& body) {
  return "POST " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAuthorization: Bearer " +
         token_for(tenant) + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

/// A connection that is made anew when the server has closed it.
class Client {
 public:
  explicit Client(std::uint16_t port) : port_(port) {}
  ~Client() { close(); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// The status of the answer; 0 when there is none.
  int ask(const std::string& request) {
    if (socket_ < 0) connect();
    for (std::size_t sent = 0; sent < request.size();) {
      const ssize_t more = ::send(socket_, request.data() + sent, request.size() - sent, MSG_NOSIGNAL);
      if (more <= 0) break;  // There may be an answer all the same.
      sent += static_cast<std::size_t>(more);
    }
    const int status = receive();
    if (status == 0) close();
    return status;
  }

 private:
  void connect() {
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port_);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int on = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) close();
  }
  void close() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
  }

  int receive() {
    std::size_t filled = 0;
    std::size_t end = std::string::npos;
    std::size_t whole = 0;
    while (end == std::string::npos || filled < whole) {
      if (buffer_.size() - filled < 16384) buffer_.resize(filled + 65536);
      const ssize_t got = socket_ < 0 ? -1 : ::recv(socket_, buffer_.data() + filled, buffer_.size() - filled, 0);
      if (got <= 0) return 0;
      filled += static_cast<std::size_t>(got);
      const std::string_view text(buffer_.data(), filled);
      if (end == std::string::npos && (end = text.find("\r\n\r\n")) != std::string::npos) {
        const auto length = text.find("Content-Length: ");
        whole = end + 4 + (length < end ? std::strtoull(buffer_.data() + length + 16, nullptr, 10) : 0);
      }
    }
    if (std::string_view(buffer_.data(), end).find("Connection: close") != std::string_view::npos) close();
    return std::atoi(buffer_.data() + 9);
  }

  const std::uint16_t port_;
  int socket_ = -1;
  std::string buffer_;
};

std::string batch_of(std::size_t points, const std::string& metric) {
  std::string body = R"({"metrics":[)";
  for (std::size_t i = 0; i < points; ++i) {
    body += (i == 0 ? "" : ",") + std::string(R"({"name":")") + metric + R"(","value":)" + std::to_string(i) +
            R"(.5,"dimensions":{"customer":"c)" + std::to_string(i % 100) + R"("}})";
  }
  return body + "]}";
}

std::string aggregate(const std::string& aggregation, const std::string& range, const std::string& more) {
  return R"({"queryType":"aggregate","metricName":"history","timeRange":{"relative":")" + range +
         R"("},"aggregation":")" + aggregation + '"' + more + '}';
}

/// A kind of request, how often it is sent in a second, and by how many connections.
struct Stream {
  std::string what;
  std::string request;
  double per_second;
  int connections;
};

/// Statuses and latencies of what was sent.
struct Outcome {
  std::vector<double> milliseconds;
  std::map<int, std::size_t> statuses;

  void add(const Outcome& other) {
    milliseconds.insert(milliseconds.end(), other.milliseconds.begin(), other.milliseconds.end());
    for (const auto& [status, count] : other.statuses) statuses[status] += count;
  }
};

/// Sends streams until told to stop. A request that cannot be sent in time is sent late, and its time runs from when it
/// was due.
class Load {
 public:
  Load(std::uint16_t port, const std::vector<Stream>& streams, bool measured) {
    for (const Stream& stream : streams) {
      outcomes_[stream.what];
      for (int i = 0; i < stream.connections; ++i) {
        threads_.emplace_back([this, port, stream, i, measured] { send(port, stream, i, measured); });
      }
    }
  }
  std::map<std::string, Outcome> stop() {
    stopping_ = true;
    threads_.clear();
    return outcomes_;
  }

 private:
  void send(std::uint16_t port, const Stream& stream, int connection, bool measured) {
    // Who measures is not to wait for the processor that it has busied: other machines have their own. Where that is
    // not allowed the figures are a little worse.
    if (measured) {
      sched_param first{1};
      ::sched_setscheduler(0, SCHED_FIFO, &first);
    }
    Client client(port);
    Outcome outcome;
    const auto interval = std::chrono::duration_cast<Clock::duration>(
        std::chrono::duration<double>(stream.connections / stream.per_second));
    auto due = Clock::now() + interval * connection / stream.connections;
    for (; !stopping_; due += interval) {
      std::this_thread::sleep_until(due);
      const auto begin = Clock::now();
      // A late wake-up is the client's own; a late answer to the last request is not.
      const auto start = begin - due > interval ? due : begin;
      ++outcome.statuses[client.ask(stream.request)];
      const auto end = Clock::now();
      outcome.milliseconds.push_back(std::chrono::duration<double, std::milli>(end - start).count());
      // Who is far behind does not catch up: it would send more than it should.
      if (!measured && end - due > 10 * interval) due = end;
    }
    const std::lock_guard lock(mutex_);
    outcomes_[stream.what].add(outcome);
  }

  std::atomic<bool> stopping_ = false;
  std::mutex mutex_;
  std::map<std::string, Outcome> outcomes_;  // Guarded by mutex_.
  std::vector<std::jthread> threads_;
};

void fill(const std::string& url) {
  Store store = Store::open(url);
  const std::int64_t now =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
          .count();
  for (const auto& [tenant, series] : {std::pair{"quiet", 20}, std::pair{"hostile", 400}}) {
    for (int s = 0; s < series; ++s) {
      Batch batch;
      for (int i = 0; i < 2500; ++i) {
        batch.add({"history",
                   now - std::int64_t{1000} * i * 8,
                   static_cast<double>((i * 7919 + s) % 1000) / 4,
                   {{"customer", "c" + std::to_string(s)}}});
      }
      store.tenant(tenant).write(batch);
    }
  }
  store.compact();
  store.close();
}

std::vector<Stream> quiet_streams() {
  return {
      {"write", request_for("quiet", "/api/v1/write", batch_of(10, "q")), 50, 2},
      {"query", request_for("quiet", "/api/v1/query", aggregate("avg", "6h", R"(,"groupBy":["customer"])")), 25, 1}};
}

std::vector<Stream> hostile_streams(double times, bool heavy) {
  const auto write = [](const std::string& body) { return request_for("hostile", "/api/v1/write", body); };
  const auto query = [](const std::string& body) { return request_for("hostile", "/api/v1/query", body); };
  const int many = times > 1 ? 4 : 1;
  std::vector<Stream> streams{
      {"small writes", write(batch_of(1, "h")), 80 * times, 4 * many},
      {"batches", write(batch_of(1000, "h")), 15 * times, 2 * many},
      {"garbage of 8 MiB", write(std::string(std::size_t{8} << 20, 'x')), 0.5 * times, many},
      {"light queries", query(aggregate("avg", "1m", "")), (heavy ? 30 : 50) * times, 4 * many},
  };
  if (heavy) {
    streams.push_back(
        {"heavy queries", query(aggregate("p95", "6h", R"(,"groupBy":["customer"])")), 20 * times, 4 * many});
  }
  return streams;
}

void print_statuses(const std::map<std::string, Outcome>& outcomes) {
  for (const auto& [what, outcome] : outcomes) {
    std::printf("    %-18s p50 %8.2f ms ", what.c_str(), quantile(outcome.milliseconds, 0.5));
    for (const auto& [status, count] : outcome.statuses) std::printf("  %d: %zu", status, count);
    std::printf("\n");
  }
}

int run(const Flags& flags) {
  const auto rounds = flags.count("--rounds", 4);
  const auto seconds = std::chrono::duration<double>(flags.number("--seconds", 5));
  const bool heavy = flags.count("--heavy", 1) != 0;
  const ScratchFolder folder;
  const std::string url = "sqlite:" + folder.file("metrics.db");
  fill(url);

  ::setenv("LUMINATE_AUTH_ENABLED", "true", 1);
  ::setenv("LUMINATE_AUTH_JWT_SECRET", kSecret, 1);
  ServerProcess server(flags.text("--server", LUMINATE_SERVER), url);

  constexpr std::array<const char*, 3> kPhases{"alone", "beside one at its limits", "beside one at 10 times"};
  std::array<std::map<std::string, Outcome>, 3> quiet;
  std::array<std::map<std::string, Outcome>, 3> hostile;
  std::array<double, 3> cpu{};
  for (std::size_t round = 0; round < rounds; ++round) {
    for (std::size_t phase = 0; phase < kPhases.size(); ++phase) {
      Load other(server.port(), phase == 0 ? std::vector<Stream>{} : hostile_streams(phase == 1 ? 1 : 10, heavy),
                 false);
      // What the hostile tenant has saved up is not what is measured.
      std::this_thread::sleep_for(std::chrono::seconds(1));
      const double before = cpu_seconds(server.process());
      Load measured(server.port(), quiet_streams(), true);
      std::this_thread::sleep_for(seconds);
      for (const auto& [what, outcome] : measured.stop()) quiet[phase][what].add(outcome);
      cpu[phase] += (cpu_seconds(server.process()) - before) / seconds.count() / static_cast<double>(rounds);
      for (const auto& [what, outcome] : other.stop()) hostile[phase][what].add(outcome);
    }
  }
  server.stop();

  Record record;
  bool refused = false;
  for (const char* what : {"write", "query"}) {
    std::printf("the quiet tenant's %s\n", what);
    const double alone = quantile(quiet[0][what].milliseconds, 0.99);
    for (std::size_t phase = 0; phase < kPhases.size(); ++phase) {
      const Outcome& outcome = quiet[phase][what];
      const double p99 = quantile(outcome.milliseconds, 0.99);
      std::printf("  %-26s %6zu   p50 %7.2f ms   p99 %7.2f ms   x %.2f\n", kPhases[phase], outcome.milliseconds.size(),
                  quantile(outcome.milliseconds, 0.5), p99, p99 / alone);
      record.add(std::string(what) + "_p99_ms_" + std::to_string(phase), p99);
      for (const auto& [status, count] : outcome.statuses) {
        if (status == 200) continue;
        refused = true;
        std::printf("    answered %d: %zu\n", status, count);
      }
    }
  }
  for (std::size_t phase = 1; phase < kPhases.size(); ++phase) {
    std::printf("%s, server at %.2f cores (alone %.2f)\n", kPhases[phase], cpu[phase], cpu[0]);
    print_statuses(hostile[phase]);
  }
  if (flags.count("--record", 0) != 0) record.print();
  return refused ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(Flags(argc, argv, {"--seconds", "--rounds", "--heavy", "--record", "--server"}));
  } catch (const std::exception& error) {
    std::cerr << "hostile_tenant_bench: " << error.what() << '\n';
    return 1;
  }
}
