#include <gtest/gtest.h>
#include <luminate/query.hpp>

#include <limits>
#include <string>

namespace luminate {
namespace {

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();

std::int64_t ms(std::string_view text) {
  const auto duration = parse_duration(text);
  return duration ? duration->count() : -1;
}

TEST(Duration, ReadsEveryUnit) {
  EXPECT_EQ(ms("500ms"), 500);
  EXPECT_EQ(ms("30s"), 30'000);
  EXPECT_EQ(ms("5m"), 300'000);
  EXPECT_EQ(ms("1h"), 3'600'000);
  EXPECT_EQ(ms("7d"), 604'800'000);
  EXPECT_EQ(ms("2w"), 1'209'600'000);
  EXPECT_EQ(ms("0s"), 0);
  EXPECT_EQ(ms("007m"), 420'000);
}

TEST(Duration, ReadsSumsOfUnits) {
  EXPECT_EQ(ms("1h30m"), 5'400'000);
  EXPECT_EQ(ms("1w1d1h1m1s1ms"), 604'800'000 + 86'400'000 + 3'600'000 + 60'000 + 1'000 + 1);
  EXPECT_EQ(ms("1m1ms"), 60'001);
  EXPECT_EQ(ms("90m"), 5'400'000);
}

TEST(Duration, RefusesWhatIsNotOne) {
  for (const char* text : {"",     "5",    "m",  "-1s",    "+1s",  "1.5h", "1h 30m", " 1h", "1h ",  "1H",  "1M",
                           "1min", "1ms1", "1y", "1h-30m", "0x1s", "1e3s", "1mss",   "h1",  "1,5h", "1m\n"}) {
    EXPECT_EQ(ms(text), -1) << '"' << text << '"';
  }
  EXPECT_EQ(ms(std::string_view("1h\0", 3)), -1);
}

TEST(Duration, RefusesUnitsThatAreRepeatedOrOutOfOrder) {
  EXPECT_EQ(ms("1h1h"), -1);
  EXPECT_EQ(ms("1s1s"), -1);
  EXPECT_EQ(ms("1ms1ms"), -1);
  EXPECT_EQ(ms("30m1h"), -1);
  EXPECT_EQ(ms("1ms1s"), -1);
}

TEST(Duration, EndsAtTheLargestInt64) {
  EXPECT_EQ(ms("9223372036854775807ms"), kMax);
  EXPECT_EQ(ms("9223372036854775808ms"), -1);
  EXPECT_EQ(ms("9223372036854775s807ms"), kMax);
  EXPECT_EQ(ms("9223372036854775s808ms"), -1);
  EXPECT_EQ(ms("9223372036854776s"), -1);
  EXPECT_EQ(ms("15250284452w"), 15'250'284'452 * 604'800'000);
  EXPECT_EQ(ms("15250284453w"), -1);
  EXPECT_EQ(ms("99999999999999999999s"), -1);
}

TEST(Duration, IsPrintedSoThatItReadsBackTheSame) {
  using std::chrono::milliseconds;
  EXPECT_EQ(format_duration(std::chrono::hours(24 * 90)), "90d");
  EXPECT_EQ(format_duration(std::chrono::minutes(90)), "1h30m");
  EXPECT_EQ(format_duration(milliseconds(1)), "1ms");
  EXPECT_EQ(format_duration(milliseconds(1'500)), "1s500ms");
  EXPECT_EQ(format_duration(milliseconds(0)), "0ms");
  EXPECT_EQ(format_duration(milliseconds(-5)), "0ms");
  for (const std::int64_t length :
       {1LL, 999LL, 1'000LL, 86'399'999LL, 86'400'001LL, 604'800'000LL, 123'456'789'012LL}) {
    EXPECT_EQ(ms(format_duration(milliseconds(length))), length);
  }
  EXPECT_EQ(ms(format_duration(milliseconds(kMax))), kMax);
}

TEST(Instant, ReadsRfc3339) {
  EXPECT_EQ(parse_instant("1970-01-01T00:00:00Z"), 0);
  EXPECT_EQ(parse_instant("2026-01-31T12:00:00Z"), 1'769'860'800'000);
  EXPECT_EQ(parse_instant("2026-01-31t12:00:00z"), 1'769'860'800'000);
  EXPECT_EQ(parse_instant("1969-12-31T23:59:59Z"), -1'000);
  EXPECT_EQ(parse_instant("0000-01-01T00:00:00Z"), -62'167'219'200'000);
  EXPECT_EQ(parse_instant("9999-12-31T23:59:59.999Z"), 253'402'300'799'999);
}

TEST(Instant, ReadsOffsets) {
  EXPECT_EQ(parse_instant("2026-01-31T12:00:00+01:00"), 1'769'860'800'000 - 3'600'000);
  EXPECT_EQ(parse_instant("2026-01-31T12:00:00-05:30"), 1'769'860'800'000 + 19'800'000);
  EXPECT_EQ(parse_instant("2026-01-31T12:00:00-00:00"), 1'769'860'800'000);
  EXPECT_EQ(parse_instant("1970-01-01T23:59:00+23:59"), 0);
  EXPECT_EQ(parse_instant("2026-01-31T12:00:00+24:00"), std::nullopt);
  EXPECT_EQ(parse_instant("2026-01-31T12:00:00+00:60"), std::nullopt);
  EXPECT_EQ(parse_instant("2026-01-31T12:00:00+0100"), std::nullopt);
  EXPECT_EQ(parse_instant("2026-01-31T12:00:00+01"), std::nullopt);
  EXPECT_EQ(parse_instant("2026-01-31T12:00:00"), std::nullopt);
}

TEST(Instant, CutsFractionsToMilliseconds) {
  EXPECT_EQ(parse_instant("1970-01-01T00:00:00.5Z"), 500);
  EXPECT_EQ(parse_instant("1970-01-01T00:00:00.05Z"), 50);
  EXPECT_EQ(parse_instant("1970-01-01T00:00:00.001Z"), 1);
  EXPECT_EQ(parse_instant("1970-01-01T00:00:00.999999999999Z"), 999);
  EXPECT_EQ(parse_instant("1969-12-31T23:59:59.9999Z"), -1);  // Cut towards the past on both sides of the epoch.
  EXPECT_EQ(parse_instant("1970-01-01T00:00:00.Z"), std::nullopt);
  EXPECT_EQ(parse_instant("1970-01-01T00:00:00,5Z"), std::nullopt);
}

TEST(Instant, KnowsTheCalendar) {
  EXPECT_EQ(parse_instant("2024-02-29T00:00:00Z"), 1'709'164'800'000);
  EXPECT_EQ(parse_instant("2000-02-29T00:00:00Z"), 951'782'400'000);
  for (const char* text :
       {"2026-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2026-02-30T00:00:00Z", "2026-04-31T00:00:00Z",
        "2026-00-01T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-00T00:00:00Z", "2026-01-32T00:00:00Z"}) {
    EXPECT_EQ(parse_instant(text), std::nullopt) << text;
  }
}

TEST(Instant, RefusesTimesOfDayThatUnixTimeDoesNotHave) {
  for (const char* text :
       {"2026-01-31T24:00:00Z", "2026-01-31T12:60:00Z", "2016-12-31T23:59:60Z", "2026-01-31T12:00:61Z"}) {
    EXPECT_EQ(parse_instant(text), std::nullopt) << text;
  }
}

TEST(Instant, RefusesOtherShapes) {
  for (const char* text :
       {"", "now", "2026-01-31", "2026-01-31T12:00Z", "2026-01-31 12:00:00Z", " 2026-01-31T12:00:00Z",
        "2026-01-31T12:00:00Z ", "2026-1-31T12:00:00Z", "26-01-31T12:00:00Z", "12026-01-31T12:00:00Z",
        "2026-01-31T12:00:00ZZ", "-2026-01-31T12:00:00Z", "20260131T120000Z", "1.5", "1e3", "0x10", "+5", "5 ", "-"}) {
    EXPECT_EQ(parse_instant(text), std::nullopt) << '"' << text << '"';
  }
}

TEST(Instant, ReadsUnixMilliseconds) {
  EXPECT_EQ(parse_instant("0"), 0);
  EXPECT_EQ(parse_instant("1769860800000"), 1'769'860'800'000);
  EXPECT_EQ(parse_instant("-1"), -1);
  EXPECT_EQ(parse_instant("9223372036854775807"), kMax);
  EXPECT_EQ(parse_instant("9223372036854775808"), std::nullopt);
  EXPECT_EQ(parse_instant("-9223372036854775808"), kMin);
  EXPECT_EQ(parse_instant("-9223372036854775809"), std::nullopt);
}

}  // namespace
}  // namespace luminate
