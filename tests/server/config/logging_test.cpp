#include "server/logging.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <sstream>
#include <string>

namespace luminate::server {
namespace {

std::string logged(LogFormat format, std::string_view message, Logger::Fields fields = {}) {
  std::ostringstream out;
  Logger(LogLevel::info, format, out).log(LogLevel::info, message, fields);
  return out.str();
}

/// The line without its time.
std::string after_time(const std::string& line) {
  return line.substr(std::min(line.find("\"level\""), line.size()));
}

TEST(Logger, WritesAnObjectALine) {
  const std::string line = logged(LogFormat::json, "hello", {{"text", "a"}, {"count", 3}, {"ratio", 0.5}});
  EXPECT_EQ(after_time(line), R"("level":"info","message":"hello","text":"a","count":3,"ratio":0.5})"
                              "\n");
  EXPECT_EQ(line.substr(0, 9), R"({"time":")");
  EXPECT_EQ(line[32], 'Z');
}

TEST(Logger, WritesText) {
  const std::string line =
      logged(LogFormat::text, "hello there", {{"a", "plain"}, {"b", "two words"}, {"c", ""}, {"d", 1}});
  EXPECT_EQ(line.substr(24), " info    hello there a=plain b=\"two words\" c=\"\" d=1\n");
}

TEST(Logger, NeverLetsOutsidersBeginALineOrDriveATerminal) {
  const std::string attack =
      "x\n{\"level\":\"info\"}\r\x1b[2J\x7f\xc2\x9b"
      "31m\xe2\x80\xae\xff\xc0\x80"
      "end";
  for (const LogFormat format : {LogFormat::json, LogFormat::text}) {
    const std::string line = logged(format, attack, {{"field", attack}});
    EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
    EXPECT_EQ(line.back(), '\n');
    for (const char c : line.substr(0, line.size() - 1)) {
      EXPECT_GE(static_cast<unsigned char>(c), 0x20) << line;
      EXPECT_LT(static_cast<unsigned char>(c), 0x7F) << line;
    }
    EXPECT_NE(line.find("end"), std::string::npos);
  }
}

TEST(Logger, KeepsAFieldInItsQuotes) {
  EXPECT_EQ(after_time(logged(LogFormat::json, "m", {{"f", R"(a","admin":"yes\)"}})),
            R"("level":"info","message":"m","f":"a\",\"admin\":\"yes\\"})"
            "\n");
  EXPECT_NE(logged(LogFormat::text, "m", {{"f", "a status=200"}}).find(R"(f="a status=200")"), std::string::npos);
}

TEST(Logger, KeepsText) {
  EXPECT_EQ(escape_for_log("Grüße 東京 🚀"), "Grüße 東京 🚀");
}

TEST(Logger, WritesNoNumberThatJsonLacks) {
  EXPECT_NE(logged(LogFormat::json, "m", {{"f", std::nan("")}}).find("\"f\":null"), std::string::npos);
}

TEST(Logger, DropsWhatIsLessSevere) {
  std::ostringstream out;
  Logger logger(LogLevel::warning, LogFormat::json, out);
  logger.log(LogLevel::info, "no");
  EXPECT_EQ(out.str(), "");
  logger.log(LogLevel::warning, "yes");
  EXPECT_NE(out.str(), "");
}

TEST(Logger, TakesBracesAsTheyAre) {
  EXPECT_NE(logged(LogFormat::json, "{} {0} %s {:x}").find("{} {0} %s {:x}"), std::string::npos);
}

}  // namespace
}  // namespace luminate::server
