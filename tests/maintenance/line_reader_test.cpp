#include "maintenance/line_reader.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/answers.hpp"
#include "support/text_pieces.hpp"

namespace luminate::maintenance {
namespace {

using test::source_of;

std::vector<std::string> lines_of(const std::string& text, std::size_t piece) {
  const Watch watch;
  const TextSource source = source_of(text, piece);
  LineReader reader(source, watch);
  std::vector<std::string> lines;
  while (reader.next()) {
    lines.emplace_back(reader.text());
    EXPECT_FALSE(reader.too_long());
    EXPECT_EQ(reader.number(), lines.size());
  }
  EXPECT_FALSE(reader.next());
  EXPECT_EQ(reader.bytes(), text.size());
  return lines;
}

TEST(LineReader, SplitsATextHoweverItComes) {
  using Lines = std::vector<std::string>;
  for (const std::size_t piece : {1U, 2U, 3U, 1000U}) {
    EXPECT_EQ(lines_of("", piece), Lines{});
    EXPECT_EQ(lines_of("a", piece), Lines{"a"});
    EXPECT_EQ(lines_of("a\n", piece), Lines{"a"});
    EXPECT_EQ(lines_of("\n", piece), Lines{""});
    EXPECT_EQ(lines_of("a\nbc\r\n\nd", piece), (Lines{"a", "bc", "", "d"}));
    EXPECT_EQ(lines_of("\xEF\xBB\xBFone\ntwo", piece), (Lines{"one", "two"}));
  }
}

TEST(LineReader, PassesOverLinesThatAreTooLong) {
  const Watch watch;
  for (const std::size_t piece : {100'000U, 10'000'000U}) {
    const TextSource source = source_of(
        std::string(kMaxImportLineBytes, 'a') + "\n" + std::string(kMaxImportLineBytes + 1, 'b') + "\n" +
            std::string(5 * kMaxImportLineBytes, 'c') + "\nlast\n" + std::string(2 * kMaxImportLineBytes, 'd'),
        piece);
    LineReader reader(source, watch);
    const std::vector<bool> expected{false, true, true, false, true};
    for (const bool too_long : expected) {
      ASSERT_TRUE(reader.next());
      EXPECT_EQ(reader.too_long(), too_long) << reader.number();
      EXPECT_LE(reader.text().size(), 2 * kMaxImportLineBytes);
      if (reader.number() == 4) {
        EXPECT_EQ(reader.text(), "last");
      }
    }
    EXPECT_FALSE(reader.next());
  }
}

TEST(LineReader, StopsWhenAskedTo) {
  std::stop_source stop;
  stop.request_stop();
  const Watch watch{.stop = stop.get_token()};
  const TextSource source = source_of("a\nb\n", 2);
  LineReader reader(source, watch);
  EXPECT_EQ(test::error_of([&] { reader.next(); }), "CANCELLED");
}

}  // namespace
}  // namespace luminate::maintenance
