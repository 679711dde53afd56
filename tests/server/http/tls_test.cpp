#include "server/http/tls_context.hpp"

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

#include "tests/server/http/test_server.hpp"

namespace luminate::server::http {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using test::Certificate;
using test::TlsClientShape;

std::shared_ptr<const TlsContext> context_of(const Certificate& certificate, const std::string& authorities = "") {
  return std::make_shared<const TlsContext>(TlsMaterial{certificate.pem(), certificate.key_pem(), authorities});
}

HttpLimits quick() {
  HttpLimits limits;
  limits.read_timeout = milliseconds(300);
  return limits;
}

class Tls : public testing::Test {
 protected:
  HttpServer::Hooks hooks() {
    HttpServer::Hooks hooks{[this](const Request& request) {
      ++handled_;
      return TestServer::echo(request);
    }};
    hooks.tls = [this] {
      const std::lock_guard lock(mutex_);
      return context_;
    };
    hooks.refuse_client = [this](std::string_view address, std::string_view why) {
      const std::lock_guard lock(mutex_);
      refusals_ += std::string(address) + ": " + std::string(why) + "\n";
      changed_.notify_all();
    };
    return hooks;
  }
  RawClient connect(const TestServer& server, const TlsClientShape& shape = {}) { return {server.port(), shape}; }

  std::string answer(const TestServer& server, const TlsClientShape& shape) {
    RawClient client = connect(server, shape);
    const std::string body = client.ask(get("/")).value_or(RawResponse{}).body;
    return body.empty() ? client.tls()->failure() : body;
  }
  std::string wait_for_refusal() {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, RawClient::kPatience, [&] { return !refusals_.empty(); });
    return std::exchange(refusals_, {});
  }
  void use(std::shared_ptr<const TlsContext> context) {
    const std::lock_guard lock(mutex_);
    context_ = std::move(context);
  }

  std::atomic<int> handled_{0};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::shared_ptr<const TlsContext> context_ = test_tls();  // Guarded by mutex_.
  std::string refusals_;                                    // Guarded by mutex_.
};

const std::string kServed = "GET / ";

TEST_F(Tls, IsSpokenIn12And13AndNoOlder) {
  TestServer server({}, hooks());
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    RawClient client = connect(server, {.min_version = version, .max_version = version});
    EXPECT_EQ(client.ask(get("/")).value_or(RawResponse{}).body, kServed);
    EXPECT_EQ(client.tls()->version(), version);
    EXPECT_EQ(client.ask(get("/again")).value_or(RawResponse{}).status, 200);
  }
  for (const int version : {TLS1_VERSION, TLS1_1_VERSION}) {
    EXPECT_EQ(answer(server, {.min_version = version, .max_version = version}), "tlsv1 alert protocol version");
    EXPECT_EQ(wait_for_refusal(), "127.0.0.1: unsupported protocol\n");
  }
}

TEST_F(Tls, TakesOnlyCiphersWithForwardSecrecyThatAuthenticate) {
  TestServer server({}, hooks());
  for (const char* good :
       {"ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305"}) {
    EXPECT_EQ(answer(server, {.max_version = TLS1_2_VERSION, .ciphers = good}), kServed) << good;
  }
  for (const char* bad : {"ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA384", "AES128-GCM-SHA256", "AES256-SHA",
                          "ECDHE-ECDSA-AES128-CCM", "aNULL:@SECLEVEL=0", "eNULL:@SECLEVEL=0"}) {
    EXPECT_EQ(answer(server, {.max_version = TLS1_2_VERSION, .ciphers = bad}), "sslv3 alert handshake failure") << bad;
  }
}

TEST_F(Tls, AgreesOnHttp11AndNothingElse) {
  TestServer server({}, hooks());
  RawClient client = connect(server, {.protocols = "\x02h2\x08http/1.1"});
  EXPECT_EQ(client.ask(get("/")).value_or(RawResponse{}).body, kServed);
  EXPECT_EQ(client.tls()->protocol(), "http/1.1");
  EXPECT_EQ(answer(server, {.protocols = "\x02h2"}), "tlsv1 alert no application protocol");
}

TEST_F(Tls, NeitherRenegotiatesNorResumes) {
  TestServer server({}, hooks());
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    RawClient client = connect(server, {.max_version = version});
    EXPECT_EQ(client.ask(get("/")).value_or(RawResponse{}).body, kServed);
    EXPECT_FALSE(client.tls()->is_resumable()) << version;
  }
  RawClient client = connect(server, {.max_version = TLS1_2_VERSION});
  EXPECT_EQ(client.ask(get("/")).value_or(RawResponse{}).body, kServed);
  EXPECT_FALSE(client.tls()->renegotiate(static_cast<int>(RawClient::kPatience.count())));
}

TEST_F(Tls, ServesOnlyClientsWithACertificateWhereOneIsDemanded) {
  const Certificate authority({.name = "mine", .is_authority = true});
  const Certificate stranger({.name = "theirs", .is_authority = true});
  const Certificate good({.name = "agent"}, &authority);
  const Certificate forged({.name = "agent"}, &stranger);
  const Certificate expired({.name = "agent", .begins = hours(-2), .ends = hours(-1)}, &authority);
  use(context_of(Certificate({}), authority.pem()));
  TestServer server({}, hooks());
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const auto shape = [&](const Certificate& certificate) {
      return TlsClientShape{.max_version = version, .certificate = certificate.pem(), .key = certificate.key_pem()};
    };
    EXPECT_EQ(answer(server, shape(good)), kServed);
    EXPECT_NE(answer(server, {.max_version = version}).find("alert"), std::string::npos);
    EXPECT_EQ(wait_for_refusal(), "127.0.0.1: peer did not return a certificate\n");
    EXPECT_EQ(answer(server, shape(forged)), "tlsv1 alert unknown ca");
    EXPECT_NE(wait_for_refusal().find("certificate verify failed: unable to get local issuer"), std::string::npos);
    EXPECT_EQ(answer(server, shape(expired)), "sslv3 alert certificate expired");
    EXPECT_NE(wait_for_refusal().find("certificate has expired"), std::string::npos);
  }
  EXPECT_EQ(handled_, 2);
}

TEST_F(Tls, UsesANewCertificateForNewConnections) {
  const Certificate old_authority({.name = "old", .is_authority = true});
  const Certificate new_authority({.name = "new", .is_authority = true});
  use(context_of(Certificate({}, &old_authority)));
  TestServer server({}, hooks());
  RawClient before = connect(server, {.authority = old_authority.pem()});
  EXPECT_EQ(before.ask(get("/")).value_or(RawResponse{}).body, kServed);
  use(context_of(Certificate({}, &new_authority)));
  EXPECT_EQ(before.ask(get("/")).value_or(RawResponse{}).body, kServed);
  EXPECT_EQ(answer(server, {.authority = new_authority.pem()}), kServed);
  EXPECT_EQ(answer(server, {.authority = old_authority.pem()}), "certificate verify failed");
  EXPECT_EQ(wait_for_refusal(), "127.0.0.1: the client gave up: tlsv1 alert unknown ca\n");
}

TEST_F(Tls, TellsWhoSpeaksPlainHttpWhatToDo) {
  TestServer server({}, hooks());
  for (const std::string& first : {get("/"), std::string("x"), post(std::string(100'000, 'x'))}) {
    RawClient client(server.port(), false);
    client.send_until_answered(first);
    const RawResponse told = client.receive().value_or(RawResponse{});
    EXPECT_EQ(told.status, 400);
    EXPECT_EQ(error_code(told), "INVALID_REQUEST");
    EXPECT_NE(told.body.find("https://"), std::string::npos);
    EXPECT_EQ(told.header("Connection"), "close");
  }
  EXPECT_EQ(handled_, 0);
}

TEST(PlainHttp, TellsWhoSpeaksTlsAtOnce) {
  std::atomic<int> observed = 0;
  HttpServer::Hooks hooks{&TestServer::echo};
  hooks.tls = nullptr;
  hooks.observe = [&](const Request&, const Response& response, std::chrono::microseconds) {
    EXPECT_EQ(response.reason, "tls_on_plain_http_port");
    ++observed;
  };
  HttpServer server({}, hooks);
  const std::uint16_t port = server.bind("127.0.0.1", 0);
  std::thread thread([&] { server.run(); });
  {
    RawClient client(port, TlsClientShape{});
    EXPECT_FALSE(client.secure());
    EXPECT_EQ(client.tls()->failure(), "wrong version number") << "what curl says to plain HTTP";
  }
  server.stop(RawClient::kPatience);
  thread.join();
  EXPECT_EQ(observed, 1);
}

TEST_F(Tls, CutsOffHandshakesThatAreSlow) {
  TestServer server(quick(), hooks());
  RawClient silent(server.port(), false);
  RawClient halfway = connect(server);
  RawClient dripping = connect(server);
  const std::string hello = dripping.tls()->hello();
  ASSERT_GT(hello.size(), 100U);
  ::send(halfway.descriptor(), hello.data(), hello.size() / 2, MSG_NOSIGNAL);
  RawClient drops(server.port(), false);
  std::size_t sent = 0;
  while (sent < hello.size() && !drops.wait_readable(milliseconds(10))) drops.send(hello.substr(sent++, 1));
  EXPECT_LT(sent, hello.size()) << "cut off before the end";
  EXPECT_TRUE(silent.sees_end());
  EXPECT_TRUE(drops.sees_end());
  EXPECT_TRUE(wait_for_refusal().starts_with("127.0.0.1: it took too long\n"));
  char byte = 0;
  EXPECT_LE(::recv(halfway.descriptor(), &byte, 1, 0), 0);
}

TEST_F(Tls, SaysNothingOfClientsWhoOnlyLook) {
  TestServer server({}, hooks());
  { RawClient client(server.port(), false); }
  EXPECT_EQ(answer(server, {}), kServed);
  server.stop(RawClient::kPatience);
  EXPECT_EQ(refusals_, "");
}

TEST_F(Tls, EndsConnectionsProperly) {
  HttpLimits limits;
  limits.idle_timeout = milliseconds(100);
  TestServer server(limits, hooks());
  RawClient closing = connect(server);
  EXPECT_EQ(closing.ask(get("/", "Connection: close\r\n")).value_or(RawResponse{}).status, 200);
  EXPECT_TRUE(closing.sees_end());
  EXPECT_TRUE(closing.was_ended_properly());
  RawClient idle = connect(server);
  EXPECT_EQ(idle.ask(get("/")).value_or(RawResponse{}).status, 200);
  EXPECT_TRUE(idle.sees_end());
  EXPECT_TRUE(idle.was_ended_properly());
}

TEST_F(Tls, TakesNoBodyForWholeThatWasCutOff) {
  TestServer server({}, hooks());
  for (const bool with_notice : {false, true}) {
    RawClient client = connect(server);
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello");
    if (with_notice) {
      client.finish_sending();
      EXPECT_EQ(client.receive().value_or(RawResponse{}).status, 400);
    } else {
      ::shutdown(client.descriptor(), SHUT_WR);
      EXPECT_EQ(client.receive().value_or(RawResponse{}).body, "");
    }
  }
  server.stop(RawClient::kPatience);
  EXPECT_EQ(handled_, 0);
}

TEST_F(Tls, EndsAtBytesThatAreNoRecord) {
  TestServer server({}, hooks());
  RawClient client = connect(server);
  EXPECT_EQ(client.ask(get("/")).value_or(RawResponse{}).body, kServed);
  const std::string garbage(1000, 'x');
  ::send(client.descriptor(), garbage.data(), garbage.size(), MSG_NOSIGNAL);
  EXPECT_TRUE(client.sees_end());
  EXPECT_EQ(handled_, 1);
  EXPECT_EQ(answer(server, {}), kServed);
}

/// Asks for new keys until the server does not listen any more. @returns false when it listens on and on.
bool flood_with_key_updates(RawClient& client) {
  const auto deadline = std::chrono::steady_clock::now() + RawClient::kPatience;
  while (std::chrono::steady_clock::now() < deadline) {
    if (!client.tls()->update_keys(10)) return true;
  }
  return false;
}

TEST_F(Tls, HasDeadlinesForWhoSendsNothingButRecordsWithoutData) {
  HttpLimits limits = quick();
  limits.linger_timeout = milliseconds(100);
  TestServer server(limits, hooks());
  RawClient idle = connect(server, {.min_version = TLS1_3_VERSION});
  ASSERT_TRUE(idle.secure());
  EXPECT_TRUE(flood_with_key_updates(idle));
  RawClient slow = connect(server, {.min_version = TLS1_3_VERSION});
  slow.send("GET / HTTP/1.1\r\n");
  EXPECT_TRUE(flood_with_key_updates(slow));
  EXPECT_EQ(handled_, 0);
  EXPECT_EQ(answer(server, {}), kServed);
}

TEST_F(Tls, TellsHandlersThatTheirRequestsAreEncrypted) {
  HttpServer::Hooks seeing = hooks();
  std::atomic<bool> encrypted = false;
  seeing.handle = [&](const Request& request) {
    encrypted = request.encrypted;
    return TestServer::echo(request);
  };
  TestServer server({}, seeing);
  EXPECT_EQ(answer(server, {}), kServed);
  EXPECT_TRUE(encrypted);
}

std::string refusal(const TlsMaterial& material) {
  try {
    const TlsContext context(material);
    return "none";
  } catch (const TlsError& error) {
    return std::to_string(static_cast<int>(error.part())) + ": " + error.what();
  }
}

TEST(TlsMaterials, AreRefusedWithTheReason) {
  const Certificate own({});
  const Certificate other({});
  const Certificate weak = Certificate::rsa(1024);
  const std::string pem = own.pem();
  EXPECT_EQ(refusal({pem, own.key_pem()}), "none");
  EXPECT_EQ(refusal({"", own.key_pem()}).substr(0, 36), "0: holds no certificate in PEM, whic");
  EXPECT_EQ(refusal({own.key_pem(), own.key_pem()}).substr(0, 36), "0: holds no certificate in PEM, whic");
  EXPECT_EQ(refusal({pem.substr(0, pem.size() / 2), own.key_pem()}).substr(0, 43),
            "0: holds a damaged certificate, number 1: b");
  EXPECT_EQ(refusal({pem + pem.substr(0, pem.size() / 2), own.key_pem()}).substr(0, 42),
            "0: holds a damaged certificate, number 2: ");
  EXPECT_EQ(refusal({weak.pem(), weak.key_pem()}), "0: cannot be used: ee key too small");
  EXPECT_EQ(refusal({pem, ""}).substr(0, 36), "1: holds no private key that can be ");
  EXPECT_EQ(refusal({pem, pem}).substr(0, 36), "1: holds no private key that can be ");
  EXPECT_EQ(refusal({pem, own.encrypted_key_pem()}).substr(0, 15), "1: is encrypted");
  EXPECT_EQ(refusal({pem, other.key_pem()}).substr(0, 35), "1: is not the key of the certificat");
  EXPECT_EQ(refusal({pem, own.key_pem(), "x"}).substr(0, 36), "2: holds no certificate in PEM, whic");
  EXPECT_EQ(refusal({pem, own.key_pem(), other.pem()}).substr(0, 38), "2: holds a certificate that is none of");
}

std::string warnings(const TlsMaterial& material) {
  std::string text;
  const TlsContext context(material);
  for (const TlsWarning& warning : context.warnings()) text += warning.what.substr(0, warning.what.find(" 2")) + ";";
  return text;
}

TEST(TlsMaterials, AreWarnedOf) {
  const auto of = [](hours begins, hours ends) {
    const Certificate certificate({.begins = begins, .ends = ends});
    return warnings({certificate.pem(), certificate.key_pem()});
  };
  EXPECT_EQ(of(hours(-1), hours(24 * 30)), "");
  EXPECT_EQ(of(hours(-1), hours(24 * 7 + 1)), "");
  EXPECT_EQ(of(hours(-1), hours(24 * 7 - 1)), "expires on;");
  EXPECT_EQ(of(hours(-2), hours(-1)), "has expired on;");
  EXPECT_EQ(of(hours(1), hours(24 * 30)), "is not valid before;");

  const auto long_lived = [](const char* name, bool is_authority, const Certificate* issuer) {
    return Certificate({.name = name, .is_authority = is_authority, .ends = hours(24 * 30)}, issuer);
  };
  const Certificate root = long_lived("root", true, nullptr);
  const Certificate middle = long_lived("middle", true, &root);
  const Certificate own = long_lived("localhost", false, &middle);
  EXPECT_EQ(warnings({own.pem() + middle.pem() + root.pem(), own.key_pem()}), "");
  EXPECT_NE(warnings({own.pem() + root.pem(), own.key_pem()}), "");
  const Certificate old({.name = "old", .is_authority = true, .begins = hours(-2), .ends = hours(-1)});
  EXPECT_EQ(warnings({own.pem(), own.key_pem(), root.pem()}), "");
  EXPECT_EQ(warnings({own.pem(), own.key_pem(), root.pem() + old.pem()}), "holds a certificate that has expired on;");
}

TEST(TlsContexts, KnowByWhichNameToAsk) {
  EXPECT_EQ(test_tls()->name_for("127.0.0.1"), "127.0.0.1");
  EXPECT_EQ(test_tls()->name_for("localhost"), "localhost");
  EXPECT_EQ(test_tls()->name_for("0.0.0.0"), "localhost");
  EXPECT_EQ(context_of(Certificate({.name = "metrics.example.com"}))->name_for("127.0.0.1"), "metrics.example.com");
  EXPECT_EQ(context_of(Certificate({.name = "*.example.com"}))->name_for("127.0.0.1"), "");
  EXPECT_FALSE(test_tls()->is_trusted_here());
}

}  // namespace
}  // namespace luminate::server::http
