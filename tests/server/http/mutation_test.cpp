// Valid requests with random damage, over real sockets: whatever arrives is answered in the shape of an answer, or the
// connection ends, and the server serves on.
#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>

#include "server/http/content_encoding.hpp"
#include "tests/server/http/test_server.hpp"

namespace luminate::server::http {
namespace {

class Mutations {
 public:
  std::string next() {
    std::string text = seeds_[below(seeds_.size())];
    for (std::size_t count = 1 + below(4); count > 0 && !text.empty(); --count) mutate(text);
    return text;
  }

 private:
  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(random_()) % bound; }

  void mutate(std::string& text) {
    const std::size_t at = below(text.size());
    const std::size_t length = std::min(text.size() - at, 1 + below(20));
    switch (below(7)) {
      case 0:
        text[at] = static_cast<char>(random_());
        break;
      case 1:
        text.erase(at, length);
        break;
      case 2:
        text.insert(at, text.substr(below(text.size()), length));
        break;
      case 3:
        text.insert(at, pieces_[below(pieces_.size())]);
        break;
      case 4:
        text.resize(at);
        break;
      case 5:
        text.insert(at, below(2000), static_cast<char>(random_()));
        break;
      default:
        text += seeds_[below(seeds_.size())];
    }
  }

  std::mt19937 random_{20'261'121};  // NOLINT(cert-msc51-cpp): each run tries the same.
  const std::array<std::string, 6> seeds_{
      get("/path?a=%41&b=c", "Accept-Encoding: gzip, zstd\r\nX-Request-Id: abc\r\n"),
      post("{\"metrics\": []}", "Content-Type: application/json\r\n"),
      post_chunks(chunk("hello") + chunk("world") + chunk(""), "Expect: 100-continue\r\n"),
      post(encode_content(ContentEncoding::gzip, std::string(500, 'x')), "Content-Encoding: gzip\r\n"),
      post(encode_content(ContentEncoding::zstd, std::string(500, 'x')), "Content-Encoding: zstd\r\n"),
      "HEAD /x HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n"};
  const std::array<std::string, 14> pieces_{"\r\n",
                                            "\n",
                                            "\r",
                                            "\r\n\r\n",
                                            ":",
                                            " ",
                                            std::string(1, '\0'),
                                            "Content-Length: 5\r\n",
                                            "Content-Length: 99999999999999999999\r\n",
                                            "Transfer-Encoding: chunked\r\n",
                                            "Host: b\r\n",
                                            "%0d%0a",
                                            "ffffffffffffffff\r\n",
                                            "\x16\x03\x01"};
};

/// Reads answers until the connection ends. @returns whether all had the shape of one.
bool answers_are_sane(RawClient& client, const std::string& sent) {
  for (;;) {
    // An answer to HEAD has no body, which a reader can only know who knows what was asked.
    const bool head_only = sent.find("HEAD") != std::string::npos;
    const auto answer = client.receive(RawClient::kPatience, head_only);
    if (!answer) return true;
    if (head_only) return answer->status >= 100 && answer->status <= 599;
    if (answer->status == 100) continue;
    if (answer->status < 200 || answer->status > 599 || answer->header("X-Request-Id").empty()) return false;
    if (answer->status >= 400 && (error_code(*answer).empty() || answer->header("Connection") != "close")) return false;
  }
}

TEST(Mutations, AreAnsweredOrCutOffAndHarmNobodyElse) {
  HttpLimits limits;
  limits.max_body_bytes = 10'000;
  limits.linger_timeout = std::chrono::milliseconds(50);
  TestServer server(limits);
  Mutations mutations;
  RawClient bystander = server.connect();
  for (int i = 0; i < 600; ++i) {
    const std::string request = mutations.next();
    RawClient client = server.connect();
    client.send(request);
    client.finish_sending();
    ASSERT_TRUE(answers_are_sane(client, request)) << i << ": " << testing::PrintToString(request);
    if (i % 50 == 0) {
      ASSERT_EQ(bystander.ask(get("/")).value_or(RawResponse{}).status, 200) << i;
    }
  }
}

}  // namespace
}  // namespace luminate::server::http
