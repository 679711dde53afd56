#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "server_process.hpp"
#include "support/certificates.hpp"
#include "tests/server/http/raw_client.hpp"

namespace luminate::server {
namespace {

using http::RawClient;
using http::RawResponse;
using test::Certificate;
using test::TlsClientShape;

class TlsProcess : public ::testing::Test {
 protected:
  TlsProcess() {
    std::string pattern = (std::filesystem::temp_directory_path() / "luminate-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~TlsProcess() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& text, mode_t mode = S_IRUSR | S_IWUSR) const {
    const std::string path = (folder_ / name).string();
    std::ofstream(path + ".new") << text;
    ::chmod((path + ".new").c_str(), mode);
    std::filesystem::rename(path + ".new", path);
    return path;
  }
  void deploy(const Certificate& certificate) const {
    write("server.pem", certificate.pem());
    write("server.key", certificate.key_pem());
  }
  std::string configure(const std::string& more = "") const {
    return write("luminate.yaml", "server:\n  tls:\n    cert_file: " + (folder_ / "server.pem").string() +
                                      "\n    key_file: " + (folder_ / "server.key").string() + '\n' + more);
  }
  static std::vector<std::string> arguments(const std::string& config) {
    return {"--config", config, "--port", "0", "--log-format", "json", "--storage-url", "memory:"};
  }

  std::filesystem::path folder_;
};

const char* const kHealth = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";

int status_by(std::uint16_t port, const Certificate& authority) {
  RawClient client(port, TlsClientShape{.authority = authority.pem()});
  return client.ask(kHealth).value_or(RawResponse{}).status;
}

TEST_F(TlsProcess, TakesARenewedCertificateWithoutARestart) {
  const Certificate old_authority({.name = "old", .is_authority = true});
  const Certificate new_authority({.name = "new", .is_authority = true});
  deploy(Certificate({}, &old_authority));
  ServerProcess server(arguments(configure()));
  const std::uint16_t port = server.wait_for_port();
  ASSERT_NE(port, 0) << server.output();
  EXPECT_NE(server.output().find("\"url\":\"https://127.0.0.1:"), std::string::npos) << server.output();
  EXPECT_NE(server.output().find("curl --cacert " + (folder_ / "server.pem").string() + " https://127.0.0.1:"),
            std::string::npos);
  RawClient before(port, TlsClientShape{.authority = old_authority.pem()});
  EXPECT_EQ(before.ask(kHealth).value_or(RawResponse{}).status, 200);

  deploy(Certificate({}, &new_authority));
  EXPECT_EQ(status_by(port, old_authority), 200) << "nobody has reloaded yet";
  const char* const reload = "POST /api/v1/admin/reload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n";
  EXPECT_EQ(before.ask(reload).value_or(RawResponse{}).body, "{\"reloaded\":true}");
  EXPECT_EQ(status_by(port, new_authority), 200);
  EXPECT_EQ(status_by(port, old_authority), 0);
  EXPECT_EQ(before.ask(kHealth).value_or(RawResponse{}).status, 200) << "who is connected stays so";

  deploy(Certificate({}, &old_authority));
  server.signal(SIGHUP);
  ASSERT_TRUE(server.wait_for_output("\"cause\":\"SIGHUP\""));
  EXPECT_EQ(status_by(port, old_authority), 200);
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait_for_end(), 0) << server.output();
}

TEST_F(TlsProcess, StaysAsItIsWhenTheNewFilesCannotBeUsed) {
  const Certificate authority({.name = "authority", .is_authority = true});
  const Certificate good({}, &authority);
  deploy(good);
  ServerProcess server(arguments(configure()));
  const std::uint16_t port = server.wait_for_port();
  ASSERT_NE(port, 0) << server.output();
  const auto reload = [&](const std::string& complaint) {
    server.signal(SIGHUP);
    EXPECT_TRUE(server.wait_for_output(complaint)) << server.output();
    EXPECT_EQ(status_by(port, authority), 200) << complaint;
  };
  write("server.key", Certificate({}).key_pem());
  reload("server.key is not the key of the certificate");
  std::filesystem::remove(folder_ / "server.key");
  reload("server.key cannot be read: No such file");
  deploy(good);
  write("luminate.yaml", "logging:\n  level: info\n");
  reload("TLS cannot be turned on or off while the server runs");
  configure("    client_ca_file: /nonexistent\n");
  reload("server.tls.client_ca_file: /nonexistent cannot be read");
  EXPECT_EQ(server.output().find(good.key_pem().substr(40, 20)), std::string::npos);

  // What is good again is taken: now clients need a certificate.
  configure("    client_ca_file: " + write("clients.pem", authority.pem()) + '\n');
  server.signal(SIGHUP);
  ASSERT_TRUE(server.wait_for_output("\"message\":\"reloaded"));
  EXPECT_EQ(status_by(port, authority), 0);
  const Certificate agent({.name = "agent"}, &authority);
  RawClient client(port, TlsClientShape{.certificate = agent.pem(), .key = agent.key_pem()});
  EXPECT_EQ(client.ask(kHealth).value_or(RawResponse{}).status, 200);
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait_for_end(), 0) << server.output();
  EXPECT_NE(
      server.output().find("\"message\":\"no TLS connection\",\"remote\":\"127.0.0.1\",\"reason\":\"peer did not"),
      std::string::npos)
      << server.output();
}

TEST_F(TlsProcess, DoesNotStartWithFilesThatItCannotUse) {
  const Certificate own({});
  struct Case {
    std::string certificate;
    std::string key;
    std::string complaint;
  };
  for (const Case& c : {Case{own.pem(), "", "server.key holds no private key"},
                        {own.pem(), own.encrypted_key_pem(), "server.key is encrypted"},
                        {own.key_pem(), own.key_pem(), "server.pem holds no certificate"},
                        {own.pem(), Certificate({}).key_pem(), "server.key is not the key of the certificate"}}) {
    write("server.pem", c.certificate);
    write("server.key", c.key);
    for (const bool check : {false, true}) {
      std::vector<std::string> words = arguments(configure());
      if (check) words.emplace_back("--check-config");
      ServerProcess server(words);
      EXPECT_EQ(server.wait_for_end(), 2) << c.complaint;
      EXPECT_EQ(server.output().find("luminate-server: server.tls."), 0U) << server.output();
      EXPECT_NE(server.output().find(c.complaint), std::string::npos) << server.output();
      EXPECT_EQ(server.output().find('\n'), server.output().size() - 1) << server.output();
    }
  }
}

TEST_F(TlsProcess, WarnsOfWhatIsNotRightYetCanBeUsed) {
  const Certificate expired({.begins = std::chrono::hours(-2), .ends = std::chrono::hours(-1)});
  write("server.pem", expired.pem());
  write("server.key", expired.key_pem(), S_IRUSR | S_IWUSR | S_IROTH);
  std::vector<std::string> words = arguments(configure());
  words.emplace_back("--check-config");
  ServerProcess check(words);
  EXPECT_EQ(check.wait_for_end(), 0) << check.output();
  for (const char* warning : {"server.pem has expired on 2", "server.key can be read by every user of this machine"}) {
    EXPECT_NE(check.output().find(warning), std::string::npos) << check.output();
  }
}

}  // namespace
}  // namespace luminate::server
