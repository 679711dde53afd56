#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "server_process.hpp"
#include "tests/server/auth/test_keys.hpp"

namespace luminate::server {
namespace {

namespace keys = auth::test_keys;

struct Outcome {
  int code;
  std::string output;
};

Outcome run(const std::vector<std::string>& arguments) {
  ServerProcess process(arguments);
  const int code = process.wait_for_end();
  return {code, process.output()};
}

class AuthProcess : public ::testing::Test {
 protected:
  AuthProcess() {
    std::string pattern = (std::filesystem::temp_directory_path() / "luminate-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~AuthProcess() override { std::filesystem::remove_all(folder_); }

  /// Replaces a file as a whole, as configuration is deployed, readable by its owner.
  std::string write(const std::string& name, const std::string& text) const {
    const std::string path = (folder_ / name).string();
    std::ofstream(path + ".new") << text;
    ::chmod((path + ".new").c_str(), S_IRUSR | S_IWUSR);
    std::filesystem::rename(path + ".new", path);
    return path;
  }
  std::string configure(const std::string& auth) const { return write("luminate.yaml", "auth:\n  " + auth + '\n'); }

  std::vector<std::string> server(const std::string& config) const {
    return {"--config",    config,  "--port",        "0",      "--log-format", "json",
            "--log-level", "debug", "--storage-url", "memory:"};
  }
  /// A token of that configuration, without its line break.
  static std::string token(const std::string& config, std::vector<std::string> more) {
    more.insert(more.begin(), {"token", "--config", config});
    const Outcome made = run(more);
    EXPECT_EQ(made.code, 0) << made.output;
    return made.output.substr(0, made.output.size() - 1);
  }

  std::filesystem::path folder_;
};

std::string request(const std::string& method, const std::string& path, const std::string& token,
                    const std::string& host = "localhost") {
  return method + ' ' + path + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n" +
         (token.empty() ? "" : "Authorization: Bearer " + token + "\r\n") +
         (method == "POST" ? "Content-Length: 0\r\n" : "") + "\r\n";
}

int status(const std::string& answer) {
  return answer.size() < 12 ? 0 : std::atoi(answer.c_str() + 9);
}

int list_status(std::uint16_t port, const std::string& token) {
  return status(send_alone(port, request("GET", "/api/v1/metrics", token)));
}

const char* const kSecretA = "the first secret, of 32 bytes...";
const char* const kSecretB = "the second secret, of 32 bytes..";

TEST_F(AuthProcess, RotatesKeysWithoutARestart) {
  const std::string a = write("a", kSecretA + std::string("\n"));
  const std::string b = write("b", kSecretB + std::string("\r\n"));
  const std::string config = configure("enabled: true\n  keys: {a: HS256 " + a + "}");
  ServerProcess server(this->server(config));
  const std::uint16_t port = server.wait_for_port();
  ASSERT_NE(port, 0) << server.output();
  const std::string old_token = token(config, {"--tenant", "acme", "--scopes", "read"});
  EXPECT_EQ(list_status(port, ""), 401);
  EXPECT_EQ(list_status(port, old_token), 200);

  configure("enabled: true\n  keys: {a: HS256 " + a + ", b: HS256 " + b + "}");
  const std::string new_token = token(config, {"--tenant", "acme", "--scopes", "read", "--kid", "b"});
  const std::string admin = token(config, {"--scopes", "admin", "--kid", "b"});
  EXPECT_EQ(list_status(port, new_token), 401) << "nobody has reloaded yet";
  server.signal(SIGHUP);
  ASSERT_TRUE(server.wait_for_output("\"message\":\"reloaded"));
  EXPECT_EQ(list_status(port, old_token), 200);
  EXPECT_EQ(list_status(port, new_token), 200);

  configure("enabled: true\n  keys: {b: HS256 " + b + "}");
  const std::string answer = send_alone(port, request("POST", "/api/v1/admin/reload", admin));
  EXPECT_NE(answer.find("{\"reloaded\":true}"), std::string::npos) << answer;
  EXPECT_EQ(list_status(port, old_token), 401) << "what was verified before must not be remembered";
  EXPECT_EQ(list_status(port, new_token), 200);

  // Another secret in the same file, as some deploy it.
  write("b", kSecretA);
  EXPECT_EQ(status(send_alone(port, request("POST", "/api/v1/admin/reload", admin))), 200);
  EXPECT_EQ(list_status(port, new_token), 401);

  server.signal(SIGTERM);
  EXPECT_EQ(server.wait_for_end(), 0) << server.output();
  for (const std::string& secret : {std::string(kSecretA), std::string(kSecretB), old_token, new_token, admin}) {
    EXPECT_EQ(server.output().find(secret), std::string::npos);
  }
}

TEST_F(AuthProcess, KeepsItsKeysWhenTheNewConfigurationCannotBeUsed) {
  const std::string good = std::string("enabled: true\n  jwt_secret: ") + '"' + kSecretA + '"';
  const std::string config = configure(good);
  ServerProcess server(this->server(config));
  const std::uint16_t port = server.wait_for_port();
  ASSERT_NE(port, 0) << server.output();
  const std::string mine = token(config, {"--tenant", "acme"});
  const std::string admin = token(config, {"--scopes", "admin"});
  for (const std::string& bad :
       {std::string("enabled: false"), std::string("enabled: true"), std::string("enabled: true\n  jwt_secret: hush"),
        std::string("enabled: true\n  jwt_secret_file: /nonexistent"),
        std::string("enabled: true\n  keys: {a: HS256 /}"),
        std::string("enabled: true\n  jwt_public_key_path: ") + write("public", keys::kRsaPublic),
        std::string("enabled: true\n  jwt_secret: [")}) {
    SCOPED_TRACE(bad);
    configure(bad);
    const std::string answer = send_alone(port, request("POST", "/api/v1/admin/reload", admin));
    EXPECT_EQ(status(answer), 409) << answer;
    EXPECT_NE(answer.find("RELOAD_FAILED"), std::string::npos) << answer;
    EXPECT_EQ(answer.find("nonexistent"), std::string::npos) << answer;
    EXPECT_EQ(list_status(port, mine), 200);
  }
  std::filesystem::remove(config);
  server.signal(SIGHUP);
  ASSERT_TRUE(server.wait_for_output("\"cause\":\"SIGHUP\",\"error\":\"cannot read")) << server.output();
  EXPECT_EQ(list_status(port, mine), 200);
  configure(good + "\nserver:\n  max_connections: 7");
  server.signal(SIGHUP);
  ASSERT_TRUE(server.wait_for_output("\"key\":\"server.max_connections\"")) << server.output();
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait_for_end(), 0) << server.output();
  EXPECT_NE(server.output().find("/nonexistent cannot be read: No such file"), std::string::npos);
  for (const char* secret : {kSecretA, "hush"}) EXPECT_EQ(server.output().find(secret), std::string::npos);
}

TEST_F(AuthProcess, LogsWhyATokenWasRefusedAndNothingOfIt) {
  const std::string config = configure(std::string("enabled: true\n  jwt_secret: ") + '"' + kSecretA + '"');
  ServerProcess server(this->server(config));
  const std::uint16_t port = server.wait_for_port();
  ASSERT_NE(port, 0) << server.output();
  const std::string good = token(config, {"--tenant", "acme-corp", "--scopes", "read"});
  std::string tampered = good;
  tampered[good.rfind('.') + 3] = tampered[good.rfind('.') + 3] == 'x' ? 'y' : 'x';
  EXPECT_EQ(list_status(port, good), 200);
  EXPECT_EQ(list_status(port, tampered), 401);
  EXPECT_EQ(list_status(port, "hush-hush"), 401);
  EXPECT_EQ(status(send_alone(port, request("DELETE", "/api/v1/admin/metrics/m?before=0", good))), 403);
  // In places where a token does not belong.
  EXPECT_EQ(status(send_alone(port, request("GET", "/api/v1/metrics?access_token=" + good, ""))), 401);
  EXPECT_EQ(status(send_alone(port, "GET /api/v1/metrics HTTP/1.1\r\nHost: localhost\r\nAuthorization: " + good +
                                        "\r\nConnection: close\r\n\r\n")),
            401);
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait_for_end(), 0);
  EXPECT_NE(server.output().find("\"tenant\":\"acme-corp\""), std::string::npos);
  EXPECT_NE(server.output().find("\"status\":401,\"code\":\"UNAUTHORIZED\",\"reason\":\"bad_signature\""),
            std::string::npos)
      << server.output();
  EXPECT_NE(server.output().find("\"status\":403,\"code\":\"FORBIDDEN\",\"reason\":\"missing_scope\""),
            std::string::npos);
  for (std::size_t at = 0; at + 16 <= good.size(); at += 8) {
    EXPECT_EQ(server.output().find(good.substr(at, 16)), std::string::npos) << at;
  }
  EXPECT_EQ(server.output().find("hush"), std::string::npos);
  EXPECT_EQ(server.output().find(kSecretA), std::string::npos);
}

TEST_F(AuthProcess, DoesNotStartWithoutAKeyItCanUse) {
  const std::string weak = write("weak", "short\n");
  const std::string open = write("public.pem", keys::kRsaPublic);
  const std::string secret = write("private.pem", keys::kRsaPrivate);
  struct Case {
    std::string auth;
    std::string complaint;
  };
  for (const Case& c :
       {Case{"enabled: true", "auth.enabled needs a key"},
        {"enabled: true\n  jwt_secret: " + std::string(31, 's'),
         "auth.jwt_secret must have at least 32 bytes, and has 31"},
        {"enabled: true\n  jwt_secret_file: /nonexistent",
         "auth.jwt_secret_file: /nonexistent cannot be read: No such file or directory"},
        {"enabled: true\n  jwt_secret_file: " + folder_.string(), "it is no ordinary file"},
        {"enabled: true\n  jwt_secret_file: " + weak, "weak has 5 bytes, and must have at least 32"},
        {"enabled: true\n  jwt_secret_file: " + open, "public.pem holds a PEM file"},
        {"enabled: true\n  algorithm: RS256\n  jwt_public_key_path: " + secret, "private.pem holds a private key"},
        {"enabled: true\n  algorithm: ES256\n  jwt_public_key_path: " + open, "public.pem holds no key for ES256"},
        {"enabled: true\n  keys: {k: RS256 " + weak + "}", "the key 'k' of auth.keys: "},
        {"enabled: true\n  algorithm: none", "auth.algorithm must be one of HS256"}}) {
    const std::string config = configure(c.auth);
    for (const bool check : {false, true}) {
      std::vector<std::string> arguments = server(config);
      if (check) arguments.emplace_back("--check-config");
      const Outcome outcome = run(arguments);
      EXPECT_EQ(outcome.code, 2) << c.auth;
      EXPECT_NE(outcome.output.find(c.complaint), std::string::npos) << outcome.output;
      EXPECT_EQ(outcome.output.find('\n'), outcome.output.size() - 1) << outcome.output;
      EXPECT_EQ(outcome.output.find("sssss"), std::string::npos);
    }
  }
}

TEST_F(AuthProcess, MayListenAnywhereOnceItAsksForTokens) {
  const std::string file = write("secret", kSecretA);
  const std::string config = configure("enabled: true\n  jwt_secret_file: " + file);
  Outcome checked = run({"--config", config, "--host", "0.0.0.0", "--check-config"});
  EXPECT_EQ(checked.code, 0) << checked.output;
  EXPECT_EQ(checked.output.find("can read"), std::string::npos);
  ::chmod(file.c_str(), 0644);
  checked = run({"--config", config, "--host", "0.0.0.0", "--check-config"});
  EXPECT_EQ(checked.code, 0) << checked.output;
  EXPECT_NE(checked.output.find("every user of this machine can read " + file), std::string::npos) << checked.output;
  EXPECT_EQ(checked.output.find(kSecretA), std::string::npos);
}

TEST_F(AuthProcess, IssuesTokensByEveryKindOfKey) {
  const std::string config =
      write("luminate.yaml",
            "auth:\n  enabled: true\n  issuer: https://id.example\n  audience: luminate\n  jwt_secret_file: " +
                write("secret", kSecretA) + "\n  algorithm: HS512\n  keys:\n    rs: RS256 " +
                write("rs", keys::kRsaPublic) + "\n    es: ES256 " + write("es", keys::kEcPublic) + "\n    ed: EdDSA " +
                write("ed", keys::kEdPublic) + "\n    hs: HS384 " + write("hs", kSecretB) + '\n');
  ServerProcess server(this->server(config));
  const std::uint16_t port = server.wait_for_port();
  ASSERT_NE(port, 0) << server.output();
  const std::string rsa = write("rsa.pem", keys::kRsaPrivate);
  for (const std::vector<std::string>& how : {std::vector<std::string>{},
                                              {"--kid", "hs"},
                                              {"--kid", "rs", "--private-key", rsa},
                                              {"--kid", "es", "--private-key", write("ec.pem", keys::kEcPrivate)},
                                              {"--kid", "ed", "--private-key", write("ed.pem", keys::kEdPrivate)}}) {
    std::vector<std::string> arguments{"--tenant", "acme", "--scopes", "read", "--ttl", "1m"};
    arguments.insert(arguments.end(), how.begin(), how.end());
    EXPECT_EQ(list_status(port, token(config, arguments)), 200);
  }
  const auto refused = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"token", "--config", config, "--tenant", "acme"});
    return run(arguments);
  };
  Outcome outcome = refused({"--kid", "rs"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_NE(outcome.output.find("needs --private-key"), std::string::npos) << outcome.output;
  outcome = refused({"--kid", "rs", "--private-key", write("other.pem", keys::kOtherRsaPrivate)});
  EXPECT_EQ(outcome.code, 1);
  EXPECT_NE(outcome.output.find("must be the other half of its key"), std::string::npos) << outcome.output;
  EXPECT_EQ(refused({"--kid", "none"}).code, 2);
  EXPECT_EQ(refused({"--private-key", rsa}).code, 2);
  EXPECT_EQ(refused({"--kid", "es", "--private-key", rsa}).code, 2);
  EXPECT_EQ(refused({"--kid", "es", "--private-key", "/nonexistent"}).code, 2);
}

TEST_F(AuthProcess, SaysWhatATokenNeeds) {
  const std::string config = configure("leeway: 1s");
  const Outcome outcome = run({"token", "--config", config, "--tenant", "acme"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_NE(outcome.output.find("openssl rand -base64 48"), std::string::npos) << outcome.output;
}

TEST_F(AuthProcess, WithoutTokensAnswersOnlyToItsOwnNames) {
  ServerProcess server({"--port", "0", "--log-format", "json", "--storage-url", "memory:"});
  const std::uint16_t port = server.wait_for_port();
  ASSERT_NE(port, 0) << server.output();
  EXPECT_EQ(status(send_alone(port, request("GET", "/api/v1/metrics", "", "evil.example"))), 403);
  EXPECT_EQ(status(send_alone(port, request("POST", "/api/v1/admin/reload", "", "evil.example"))), 403);
  EXPECT_EQ(status(send_alone(port, request("GET", "/api/v1/metrics", "", "127.0.0.1:1"))), 200);
  EXPECT_EQ(status(send_alone(port, request("GET", "/healthz", "", "evil.example"))), 200);
  server.signal(SIGHUP);
  ASSERT_TRUE(server.wait_for_output("\"message\":\"reloaded"));
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait_for_end(), 0) << server.output();
}

}  // namespace
}  // namespace luminate::server
