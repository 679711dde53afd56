#include <atomic>
#include <condition_variable>
#include <future>
#include <mutex>
#include <stop_token>

#include "api_test.hpp"
#include "tests/server/auth/tokens.hpp"

namespace luminate::server::api {
namespace {

constexpr const char* kPath = "/api/v1/admin/queries";

/// Holds those who ask for the time, once it is closed.
class Gate {
 public:
  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  void open() {
    const std::lock_guard lock(mutex_);
    closed_ = false;
    changed_.notify_all();
  }
  void pass() {
    std::unique_lock lock(mutex_);
    if (!closed_) return;
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return !closed_; });
    --waiting_;
  }
  void wait_for(int waiting) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return waiting_ == waiting; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool closed_ = false;
  int waiting_ = 0;
};

/// Where queries stand still as long as a test wants.
struct WithGate {
  Gate gate;
  auth::Authenticator authenticator{[] {
                                      auth::KeyRing keys;
                                      keys.set_default(auth::secret_key());
                                      return std::make_shared<const auth::Verifier>(std::move(keys),
                                                                                    auth::TokenRules{});
                                    }(),
                                    [] { return auth::kNow; }};
};

class RunningQueries : protected WithGate, public ApiTest {
 protected:
  RunningQueries() : ApiTest(held_by(gate), AccessControl(authenticator)) {
    store_point("m", kNow, 1);
    gate.close();
  }
  ~RunningQueries() override { gate.open(); }

  static Options held_by(Gate& gate) {
    Options options = ApiTest::options();
    options.clock = [&gate] {
      gate.pass();
      return kNow;
    };
    return options;
  }

  static http::Headers bearer(const std::string& tenant) {
    return {{"Authorization",
             "Bearer " + auth::token_with(auth::claims_text("", auth::kNow + 100, R"("read write admin")", tenant))}};
  }
  static constexpr const char* kAcme = R"("acme")";
  static constexpr const char* kOther = R"("other")";
  static constexpr const char* kNobody = "";

  /// A query that stands still before it asks the storage.
  std::future<http::Response> begin(const std::string& tenant, std::string body = kQuery,
                                    std::stop_token disconnected = {}) {
    return std::async(std::launch::async, [this, tenant, body, disconnected] {
      http::Request request;
      request.method = "POST";
      request.path = "/api/v1/query";
      request.headers = bearer(tenant);
      request.body = body;
      request.id = "its-id";
      request.disconnected = disconnected;
      return api_.handle(request);
    });
  }
  Json list(const std::string& tenant, http::Headers more = {}) {
    http::Headers headers = bearer(tenant);
    headers.merge(more);
    return body_of(call("GET", kPath, {}, "", headers))["queries"];
  }
  http::Response cancel(const std::string& tenant, const std::string& id) {
    return call("DELETE", kPath + ('/' + id), {}, "", bearer(tenant));
  }

  static constexpr const char* kQuery =
      R"({"queryType":"aggregate","metricName":"m","timeRange":{"relative":"1h"},"aggregation":"sum"})";
};

TEST_F(RunningQueries, AreListedWhileTheyRun) {
  EXPECT_TRUE(list(kAcme).empty());
  auto query = begin(kAcme);
  gate.wait_for(1);
  const Json queries = list(kAcme);
  ASSERT_EQ(queries.size(), 1u);
  const Json& first = queries.front();
  EXPECT_EQ(first.size(), 8u);
  EXPECT_EQ(first["id"].get<std::string>().size(), 16u);
  EXPECT_EQ(first["tenant"], "acme");
  EXPECT_EQ(first["requestId"], "its-id");
  EXPECT_EQ(first["state"], "running");
  EXPECT_EQ(first["query"], kQuery);
  EXPECT_EQ(first["queryTruncated"], false);
  EXPECT_GT(first["started"], 1'700'000'000'000);
  EXPECT_GE(first["runningMs"], 0);
  gate.open();
  EXPECT_EQ(query.get().status, 200);
  EXPECT_TRUE(list(kAcme).empty());
}

TEST_F(RunningQueries, CanBeCancelled) {
  auto query = begin(kAcme);
  gate.wait_for(1);
  const std::string id = list(kAcme).front()["id"];
  EXPECT_EQ(cancel(kAcme, id).body, R"({"cancelled":true})");
  EXPECT_EQ(list(kAcme).front()["state"], "cancelling");
  EXPECT_EQ(cancel(kAcme, id).status, 200) << "again, as long as it is there";
  gate.open();
  const http::Response response = query.get();
  EXPECT_EQ(expect_error(response, 409, "CANCELLED")["message"], "the query was cancelled by an administrator");
  EXPECT_FALSE(response.headers.contains("Retry-After")) << "nobody is to ask it again by himself";
  EXPECT_TRUE(reported_.empty());
  expect_error(cancel(kAcme, id), 404, "NOT_FOUND");
}

TEST_F(RunningQueries, OfTypeRangeCanBeCancelledToo) {
  auto query = begin(kAcme, R"({"queryType":"range","metricName":"m","timeRange":{"relative":"1h"}})");
  gate.wait_for(1);
  EXPECT_EQ(cancel(kAcme, list(kAcme).front()["id"]).status, 200);
  gate.open();
  expect_error(query.get(), 409, "CANCELLED");
}

TEST_F(RunningQueries, EndWhenTheirClientIsGone) {
  std::stop_source hung_up;
  auto query = begin(kAcme, kQuery, hung_up.get_token());
  gate.wait_for(1);
  hung_up.request_stop();
  EXPECT_EQ(list(kAcme).front()["state"], "running");
  gate.open();
  expect_error(query.get(), 409, "CANCELLED");
  EXPECT_TRUE(list(kAcme).empty());
}

TEST_F(RunningQueries, AreSeenByTheirTenantAndByAdministratorsOfTheServer) {
  auto of_acme = begin(kAcme);
  gate.wait_for(1);
  auto of_other = begin(kOther);
  gate.wait_for(2);
  ASSERT_EQ(list(kAcme).size(), 1u);
  ASSERT_EQ(list(kOther).size(), 1u);
  const std::string id = list(kOther).front()["id"];
  EXPECT_NE(list(kAcme).front()["id"], id);
  expect_error(cancel(kAcme, id), 404, "NOT_FOUND");
  EXPECT_EQ(list(kOther).front()["state"], "running");

  const Json all = list(kNobody);
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0]["tenant"], "acme");
  EXPECT_EQ(all[1]["tenant"], "other");
  EXPECT_EQ(list(kNobody, {{"X-Luminate-Tenant", "other"}}).size(), 1u);
  EXPECT_EQ(cancel(kNobody, id).status, 200);
  gate.open();
  EXPECT_EQ(of_acme.get().status, 200);
  EXPECT_EQ(of_other.get().status, 409);
}

TEST_F(RunningQueries, ShowTheBeginningOfALongText) {
  const auto padded = [](std::size_t size) {
    std::string text(kQuery);
    text.insert(1, size - text.size(), ' ');
    return text;
  };
  auto whole = begin(kAcme, padded(QueryRegistry::kMaxTextBytes));
  gate.wait_for(1);
  auto cut = begin(kAcme, padded(QueryRegistry::kMaxTextBytes + 1));
  gate.wait_for(2);
  const Json queries = list(kAcme);
  EXPECT_EQ(queries[0]["query"], padded(QueryRegistry::kMaxTextBytes));
  EXPECT_EQ(queries[0]["queryTruncated"], false);
  EXPECT_EQ(queries[1]["query"], padded(QueryRegistry::kMaxTextBytes + 1).substr(0, QueryRegistry::kMaxTextBytes));
  EXPECT_EQ(queries[1]["queryTruncated"], true);
  gate.open();
  EXPECT_EQ(whole.get().status, 200);
  EXPECT_EQ(cut.get().status, 200);
}

TEST_F(RunningQueries, AreNotThoseThatAreRefused) {
  gate.open();
  EXPECT_EQ(begin(kAcme, "{").get().status, 400);
  EXPECT_EQ(begin(kAcme, R"({"queryType":"aggregate","metricName":"m","timeRange":{"relative":"1h"}})").get().status,
            400);
  EXPECT_TRUE(list(kAcme).empty());
}

TEST_F(RunningQueries, TakeNoParameters) {
  expect_error(call("GET", kPath, {{"tenant", "other"}}, "", bearer(kAcme)), 400, "INVALID_REQUEST");
  expect_error(call("DELETE", kPath + std::string("/1"), {{"force", "true"}}, "", bearer(kAcme)), 400,
               "INVALID_REQUEST");
  for (const std::string& id : {std::string("0"), std::string("*"), std::string(10'000, 'a'), std::string("\xFF")}) {
    expect_error(cancel(kAcme, id), 404, "NOT_FOUND");
  }
}

TEST_F(RunningQueries, AreListedUntilTheirAnswerIsSent) {
  gate.open();
  Batch batch;
  for (int i = 0; i < 9'000; ++i) batch.add({"m", kNow - i, 0.123456789012345, {{"dimension", std::string(100, 'd')}}});
  ASSERT_EQ(store_.tenant("acme").write(batch).rejected, 0u);
  http::Response response =
      begin(kAcme, R"({"queryType":"range","metricName":"m","timeRange":{"relative":"1h"}})").get();
  ASSERT_EQ(response.status, 200);
  ASSERT_NE(response.rest, nullptr);
  EXPECT_EQ(list(kAcme).front()["state"], "sending");
  const std::string id = list(kAcme).front()["id"];
  std::string piece;
  response.rest->next(piece);
  EXPECT_EQ(list(kAcme).size(), 1u);
  EXPECT_EQ(cancel(kAcme, id).status, 200);
  response.rest.reset();
  EXPECT_TRUE(list(kAcme).empty());
}

TEST(QueryRegistry, KeepsAQueryUntilItsAnswerIsSent) {
  std::shared_ptr<QueryRegistry::Running> running;
  {
    QueryRegistry queries;
    running = queries.begin("acme", {});
    running->begin_sending();
    ASSERT_EQ(queries.list("acme").size(), 1u);
    EXPECT_EQ(queries.list("acme").front().state, QueryRegistry::State::sending);
    EXPECT_TRUE(queries.list("other").empty());
    EXPECT_TRUE(queries.cancel(std::nullopt, queries.list("acme").front().id));
    EXPECT_EQ(queries.list("acme").front().state, QueryRegistry::State::cancelling);
    EXPECT_TRUE(running->stop().stop_requested());
  }
  running.reset();  // After the registry, as an answer that is still sent.
}

TEST(QueryRegistry, IsUsedByManyThreads) {
  QueryRegistry queries;
  std::atomic<bool> done = false;
  std::jthread canceller([&] {
    while (!done) {
      for (const auto& query : queries.list(std::nullopt)) queries.cancel(query.tenant, query.id);
    }
  });
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&queries, tenant = std::to_string(t)] {
        std::stop_source disconnected;
        for (int i = 0; i < 200; ++i) {
          http::Request request;
          request.disconnected = disconnected.get_token();
          const auto running = queries.begin(tenant, request);
          running->begin_sending();
          (void)running->was_cancelled();
          if (i == 100) disconnected.request_stop();
        }
      });
    }
  }
  done = true;
  canceller.join();
  EXPECT_TRUE(queries.list(std::nullopt).empty());
}

}  // namespace
}  // namespace luminate::server::api
