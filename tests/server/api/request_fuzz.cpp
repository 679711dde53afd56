// Reads anything as what a client says on one connection, and has it answered by the whole server but its sockets:
// head, body, decompression, routes, tokens, handlers, a store in memory, the answer. Whatever was said, the answers
// are HTTP/1.1 to the letter, one for each request, errors have their one shape, nothing breaks inside, the log stays
// one line each and tells no token, and nobody sees another tenant's data. Said in small pieces, it is answered the
// same.
#include <luminate/store.hpp>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "server/api/api.hpp"
#include "server/http/connection.hpp"
#include "server/limits/tenant_limiter.hpp"
#include "server/request_log.hpp"
#include "tests/server/api/answer_reader.hpp"
#include "tests/server/api/memory_channel.hpp"
#include "tests/server/auth/tokens.hpp"

using namespace luminate;
using namespace luminate::server;
using nlohmann::json;

namespace {

constexpr std::int64_t kNowMs = auth::kNow * 1000;
constexpr const char* kOther = "other";
constexpr std::string_view kOthersMark = "zq_foreign";
constexpr double kOthersValue = 8765309.0625;
constexpr std::string_view kOthersValueText = "8765309.0625";

void must(bool holds, std::string_view promise) {
  if (holds) return;
  std::fprintf(stderr, "broken: %.*s\n", static_cast<int>(promise.size()), promise.data());
  std::abort();
}

const auth::Authenticator& authenticator() {
  static const auth::Authenticator authenticator = [] {
    auth::KeyRing keys;
    keys.set_default(auth::secret_key());
    return auth::Authenticator(std::make_shared<auth::Verifier>(std::move(keys), auth::TokenRules{}),
                               [] { return auth::kNow; });
  }();
  return authenticator;
}

const auth::ScrapeToken& scrape_token() {
  static const auth::ScrapeToken token("scraper");
  return token;
}

/// Small enough for inputs of some KiB to reach them.
http::HttpLimits limits() {
  http::HttpLimits limits;
  limits.max_header_bytes = 2048;
  limits.max_headers = 16;
  limits.max_target_bytes = 512;
  limits.max_body_bytes = 8192;
  return limits;
}

Store open_store() {
  Options options;
  options.clock = [] { return kNowMs; };
  options.cardinality = {.max_series_per_metric = 20, .max_metrics = 10};
  Store store = Store::open("memory:", options);
  Batch mine;
  for (int i = 0; i < 6; ++i) {
    mine.add({"m", kNowMs - 10'000 * i, 1.5 * i, {{"k", i % 2 == 0 ? "a" : "b"}}});
  }
  store.tenant("acme").write(mine);
  const std::string mark(kOthersMark);
  Batch others;
  others.add({"m", kNowMs - 5000, kOthersValue, {{"k", mark + "_value"}, {mark + "_key", "a"}}});
  others.add({mark + "_metric", kNowMs - 5000, kOthersValue, {{"k", "a"}}});
  store.tenant(kOther).write(others);
  return store;
}

bool mentions_others(std::string_view text) {
  return text.find(kOthersMark) != std::string_view::npos || text.find(kOthersValueText) != std::string_view::npos;
}

/// Who already knows may be told what they said.
bool mentions_others(const http::Request& request) {
  bool found = mentions_others(request.path) || mentions_others(request.body);
  for (const auto& [name, value] : request.query) found = found || mentions_others(name) || mentions_others(value);
  for (const auto& [name, value] : request.headers) found = found || mentions_others(name) || mentions_others(value);
  return found;
}

/// What the server knew of a request when it had answered it.
struct Served {
  std::string method;
  std::string id;
  std::string_view route;
};

void check_error(const api::Answer& answer) {
  const json body = json::parse(answer.body, nullptr, false);
  must(body.is_object() && body.size() == 1 && body.contains("error"), "an error is an object with the member error");
  const json& error = body["error"];
  must(error.is_object() && error.size() == 3, "an error has three members");
  must(error.value("code", json()).is_string() && error.value("message", json()).is_string(), "a code and a message");
  must(error.value("details", json()).is_object(), "details are an object");
  must(!error["code"].get<std::string>().empty() && !error["message"].get<std::string>().empty(), "that say something");
}

bool is_of_supervisors(std::string_view route) {
  return route == "/healthz" || route == "/readyz" || route == "/startupz" || route == "/api/v1/health";
}

void check_status(const api::Answer& answer, const Served& served) {
  static const std::set<int> known = {200, 207, 400, 401, 403, 404, 405, 408, 409,
                                      413, 414, 415, 417, 429, 431, 501, 505};
  switch (answer.status) {
    case 503:  // A thread of the health probe may not have had its turn.
      must(is_of_supervisors(served.route), "there is no reason to be unavailable");
      break;
    case 504:
      must(served.route == "/api/v1/query" && served.method == "POST", "only queries take time");
      break;
    default:
      must(known.contains(answer.status), "the status is a known one, and no internal error");
  }
  must(answer.status != 401 || !answer.header("www-authenticate").empty(), "401 says what is wanted");
  must(answer.status != 405 || !answer.header("allow").empty(), "405 says what is allowed");
  must(answer.status != 429 || !answer.header("retry-after").empty(), "429 says until when");
}

void check_answer(const api::Answer& answer, const Served& served) {
  must(answer.header("x-request-id") == served.id, "answers bear their request's id, in order");
  must(!answer.header("date").empty() && answer.header("x-content-type-options") == "nosniff",
       "headers of every answer");
  check_status(answer, served);
  if (served.method == "HEAD") return;
  const std::string_view type = answer.header("content-type");
  const bool is_json = type == "application/json";
  if (answer.status >= 400 && !is_of_supervisors(served.route)) {
    must(is_json, "errors are JSON");
    check_error(answer);
  } else if (is_json) {
    must(json::accept(answer.body), "what is said to be JSON is");
  }
}

/// So little that a few requests on one connection are too many, at a time that stands still.
std::unique_ptr<limits::TenantLimiter> make_limiter() {
  const limits::Rates rates{.write_requests = 4, .query_requests = 6, .points = 50, .concurrent_queries = 1};
  return std::make_unique<limits::TenantLimiter>(limits::TenantRates{.others = rates},
                                                 [] { return limits::TenantLimiter::Time{}; });
}

/// What is logged of a request. Every query counts as slow, so that its text is among it.
class Log {
 public:
  void answered(const http::Request& request, const http::Response& response) {
    text_.str("");
    log_.answered(request, response, std::chrono::seconds(1), false);
    std::istringstream lines(text_.str());
    std::size_t count = 0;
    for (std::string line; std::getline(lines, line); ++count) {
      must(json::accept(line), "a line of the log is JSON, whatever it quotes");
      check_secrecy(line, request);
    }
    must(count >= 1, "every request is logged");
  }

 private:
  static void check_secrecy(const std::string& line, const http::Request& request) {
    const auto header = request.headers.find("Authorization");
    if (header == request.headers.end() || header->second.size() < 40) return;
    const std::string end = header->second.substr(header->second.size() - 20);
    // What cannot be part of a token may well be part of a line.
    const bool is_of_token = std::all_of(end.begin(), end.end(), [](char c) {
      return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
    });
    const auto trace = request.headers.find("traceparent");
    const std::string elsewhere = request.path + ' ' + request.body + ' ' + request.id + ' ' +
                                  (trace == request.headers.end() ? "" : trace->second);
    // Who puts a token elsewhere, too, has published it.
    if (!is_of_token || elsewhere.find(end) != std::string::npos) return;
    must(line.find(end) == std::string::npos, "no token is logged");
  }

  std::ostringstream text_;
  Logger logger_{LogLevel::debug, LogFormat::json, text_};
  RequestLog log_{logger_, std::chrono::milliseconds(1)};
};

/// @returns the statuses of the answers.
std::vector<int> serve(std::string_view in, std::size_t piece) {
  api::Api::Hooks hooks;
  hooks.report = [](const http::Request&, ErrorCode, std::string_view what) {
    std::fprintf(stderr, "reported: %.*s\n", static_cast<int>(what.size()), what.data());
    must(false, "nothing that clients send is worth a report");
  };
  hooks.reload = [] { return true; };
  hooks.scrape = [] { return std::string("# HELP nothing\n"); };
  const auto limiter = make_limiter();
  hooks.limiter = limiter.get();
  api::Api api(std::move(hooks), api::AccessControl(authenticator()).with_scrape_token(scrape_token()));
  api.serve(open_store());

  Log log;
  std::vector<Served> served;
  std::vector<std::string> methods;
  http::HttpServer::Hooks transport;
  transport.handle = [&](const http::Request& request) {
    http::Response response = api.handle(request);
    must(response.tenant == kOther || !mentions_others(response.body) || mentions_others(request),
         "nobody sees another tenant's data");
    return response;
  };
  transport.observe = [&](const http::Request& request, const http::Response& response, std::chrono::microseconds) {
    served.push_back({request.method, request.id, response.route});
    methods.push_back(request.method);
    log.answered(request, response);
  };
  transport.urgent = [&](const http::Request& request) { return api.is_urgent(request); };
  transport.fail = [](const http::Request&, std::string_view) { must(false, "handlers do not throw"); };
  transport.admit = [&](http::Request& head) { return api.admit(head); };

  http::MemoryChannel::Traffic traffic{in, piece};
  {
    http::ServerContext context(limits(), std::move(transport));
    http::Connection(context, std::make_unique<http::MemoryChannel>(traffic), "192.0.2.1").serve();
  }
  std::vector<int> statuses;
  std::vector<api::Answer> answers;
  try {
    answers = api::read_answers(traffic.out, methods);
  } catch (const std::exception& error) {
    must(false, error.what());
  }
  for (std::size_t i = 0; i < answers.size(); ++i) {
    check_answer(answers[i], served[i]);
    statuses.push_back(answers[i].status);
  }
  const bool ended_by_server = !answers.empty() && answers.back().says_close();
  must(ended_by_server || traffic.in.empty(), "the server hangs up only after it said so");
  return statuses;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view in(reinterpret_cast<const char*>(data), size);
  const std::vector<int> whole = serve(in, in.size() + 1);
  must(whole == serve(in, 1 + size % 13), "what comes in pieces is answered the same");
  return 0;
}
