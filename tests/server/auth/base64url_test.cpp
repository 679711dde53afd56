#include "server/auth/base64url.hpp"

#include <gtest/gtest.h>

namespace luminate::server::auth {
namespace {

TEST(Base64url, IsThatOfTheRfc) {
  // RFC 7515, appendix C.
  EXPECT_EQ(encode_base64url("\x03\xEC\xFF\xE0\xC1"), "A-z_4ME");
  EXPECT_EQ(decode_base64url("A-z_4ME"), "\x03\xEC\xFF\xE0\xC1");
}

TEST(Base64url, GivesEveryTextBack) {
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(decode_base64url(encode_base64url(bytes)), bytes);
    bytes += static_cast<char>(i * 7);
  }
}

TEST(Base64url, TakesNothingElseForTheSameBytes) {
  for (const char* text :
       {"QQ==", "QQ=", "QR", "QUJ", "Q", "QUFBQ", "QUE+", "QUE/", " QQ", "QQ\n", "Q Q", "Q.Q", "QQ\xC3"}) {
    EXPECT_FALSE(decode_base64url(text)) << text;
  }
  EXPECT_FALSE(decode_base64url(std::string_view("QQ\0", 3)));
  EXPECT_EQ(decode_base64url(""), "");
}

}  // namespace
}  // namespace luminate::server::auth
