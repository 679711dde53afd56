#include "server/http/content_encoding.hpp"

#include <gtest/gtest.h>

#include <random>

namespace luminate::server::http {
namespace {

std::string noise(std::size_t size) {
  std::mt19937_64 random(1);
  std::string out(size, '\0');
  for (char& c : out) c = static_cast<char>(random());
  return out;
}

class Encodings : public testing::TestWithParam<ContentEncoding> {};
INSTANTIATE_TEST_SUITE_P(All, Encodings, testing::Values(ContentEncoding::gzip, ContentEncoding::zstd));

TEST_P(Encodings, ComeBackUnchanged) {
  for (const std::size_t size : {0U, 1U, 65'535U, 65'536U, 65'537U, 131'072U, 1'000'000U}) {
    for (const std::string& in : {std::string(size, 'a'), noise(size)}) {
      std::string out;
      ASSERT_EQ(decode_content(GetParam(), encode_content(GetParam(), in), size, out), DecodeStatus::done) << size;
      EXPECT_EQ(out, in);
    }
  }
}

TEST_P(Encodings, StopAtTheLimit) {
  for (const std::size_t size : {1U, 1000U, 65'536U, 200'000U, 10'000'000U}) {
    std::string out;
    EXPECT_EQ(decode_content(GetParam(), encode_content(GetParam(), std::string(size, 'a')), size - 1, out),
              DecodeStatus::too_large);
    EXPECT_LE(out.size(), size);
  }
}

TEST_P(Encodings, HoldNoMoreThanTheLimitOfABomb) {
  std::string out;
  const std::string bomb = encode_content(GetParam(), std::string(10'000'000, '\0'));
  EXPECT_EQ(decode_content(GetParam(), bomb, 100'000, out), DecodeStatus::too_large);
  EXPECT_LT(out.capacity(), 400'000U);
}

TEST_P(Encodings, RefuseTruncationAtEveryByte) {
  const std::string whole = encode_content(GetParam(), "some text, some text, some text");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    std::string out;
    EXPECT_EQ(decode_content(GetParam(), whole.substr(0, size), 1000, out), DecodeStatus::malformed) << size;
  }
}

TEST_P(Encodings, RefuseWhatFollows) {
  std::string out;
  EXPECT_EQ(decode_content(GetParam(), encode_content(GetParam(), "text") + "garbage", 1000, out),
            DecodeStatus::malformed);
  EXPECT_EQ(decode_content(GetParam(), encode_content(GetParam(), "text") + '\0', 1000, out), DecodeStatus::malformed);
}

TEST_P(Encodings, TakeSeveralStreamsInARow) {
  std::string out;
  const std::string both = encode_content(GetParam(), "one ") + encode_content(GetParam(), "two");
  EXPECT_EQ(decode_content(GetParam(), both, 7, out), DecodeStatus::done);
  EXPECT_EQ(out, "one two");
  EXPECT_EQ(decode_content(GetParam(), both, 6, out), DecodeStatus::too_large);
}

TEST(Zstd, RefusesWindowsAboveEightMebibytes) {
  // A frame header that asks for a window of 16 MiB, then an empty last block.
  const std::string_view frame("\x28\xB5\x2F\xFD\x00\x70\x01\x00\x00", 9);
  std::string out;
  EXPECT_EQ(decode_content(ContentEncoding::zstd, frame, 1000, out), DecodeStatus::malformed);
  std::string allowed(frame);
  allowed[5] = '\x68';
  EXPECT_EQ(decode_content(ContentEncoding::zstd, allowed, 1000, out), DecodeStatus::done);
}

TEST(ContentEncoding, KnowsItsNames) {
  EXPECT_EQ(parse_content_encoding(""), ContentEncoding::identity);
  EXPECT_EQ(parse_content_encoding("Identity"), ContentEncoding::identity);
  EXPECT_EQ(parse_content_encoding(" GZIP "), ContentEncoding::gzip);
  EXPECT_EQ(parse_content_encoding("x-gzip"), ContentEncoding::gzip);
  EXPECT_EQ(parse_content_encoding("zstd"), ContentEncoding::zstd);
  for (const char* name : {"br", "deflate", "gzip, zstd", "gzip,", "gzi"}) {
    EXPECT_FALSE(parse_content_encoding(name).has_value()) << name;
  }
}

TEST(AcceptEncoding, IsChosenByWeight) {
  const auto choice = [](std::string_view header) { return content_encoding_name(choose_content_encoding(header)); };
  EXPECT_EQ(choice(""), "identity");
  EXPECT_EQ(choice("br, deflate"), "identity");
  EXPECT_EQ(choice("gzip"), "gzip");
  EXPECT_EQ(choice("gzip, deflate, br, zstd"), "zstd");
  EXPECT_EQ(choice("gzip;q=1.0, zstd;q=0.5"), "gzip");
  EXPECT_EQ(choice("GZIP ; Q=0.001"), "gzip");
  EXPECT_EQ(choice("gzip;q=0"), "identity");
  EXPECT_EQ(choice("*"), "zstd");
  EXPECT_EQ(choice("*, zstd;q=0"), "gzip");
  EXPECT_EQ(choice("*;q=0, gzip"), "gzip");
  EXPECT_EQ(choice("identity, gzip;q=0.5"), "identity");
  EXPECT_EQ(choice("identity;q=0.5, gzip;q=0.5"), "gzip");
  for (const char* weight : {"2", "-1", "nan", "x", "1.00000", ""}) {
    EXPECT_EQ(choice("gzip;q=" + std::string(weight)), "identity") << weight;
  }
}

}  // namespace
}  // namespace luminate::server::http
