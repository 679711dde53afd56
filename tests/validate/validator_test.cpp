#include <luminate/validator.hpp>

#include <gtest/gtest.h>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace luminate {
namespace {

using namespace std::string_literals;
using namespace std::chrono_literals;

constexpr std::int64_t kNow = 1'760'000'000'000;
constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

Point good_point() {
  return {"api_latency", kNow, 12.5, {{"region", "eu"}, {"host", "h1"}}};
}

std::string repeat(std::string_view text, std::size_t times) {
  std::string out;
  for (; times > 0; --times) out += text;
  return out;
}

/// The verdict on a point, which has to be the same alone and in a batch between good ones.
std::optional<Verdict> judge(const Point& point, const PointLimits& limits = {}, std::int64_t now_ms = kNow) {
  const Validator validator(limits);
  const auto alone = validator.check(point, now_ms);
  Batch batch;
  batch.add(point);
  const auto verdicts = validator.check(batch, now_ms);
  EXPECT_EQ(verdicts.size(), alone ? 1U : 0U);
  if (alone && !verdicts.empty()) {
    EXPECT_EQ(verdicts[0].index, alone->index);
    EXPECT_EQ(verdicts[0].metric, alone->metric);
    EXPECT_EQ(verdicts[0].code, alone->code);
    EXPECT_EQ(verdicts[0].message, alone->message);
  }
  return alone;
}

void expect_good(const Point& point, const PointLimits& limits = {}, std::int64_t now_ms = kNow) {
  const auto verdict = judge(point, limits, now_ms);
  EXPECT_FALSE(verdict) << verdict->message;
}

void expect_bad(const Point& point, ErrorCode code, const std::string& message, const PointLimits& limits = {},
                std::int64_t now_ms = kNow) {
  const auto verdict = judge(point, limits, now_ms);
  ASSERT_TRUE(verdict) << message;
  EXPECT_EQ(verdict->code, code);
  EXPECT_EQ(verdict->message, message);
}

Point named(const std::string& name) {
  Point point = good_point();
  point.name = name;
  return point;
}
Point with(const std::string& key, const std::string& value) {
  Point point = good_point();
  point.dimensions[key] = value;
  return point;
}
Point at(std::int64_t timestamp_ms) {
  Point point = good_point();
  point.timestamp_ms = timestamp_ms;
  return point;
}
Point valued(double value) {
  Point point = good_point();
  point.value = value;
  return point;
}

TEST(Validator, AcceptsAGoodPoint) {
  expect_good(good_point());
  expect_good({"m", kNow, 0, {}});
}

TEST(Validator, JudgesMetricNames) {
  constexpr auto kCode = ErrorCode::invalid_metric_name;
  expect_good(named("_"));
  expect_good(named("Az_09"));
  expect_good(named(std::string(256, 'a')));
  expect_bad(named(std::string(257, 'a')), kCode,
             "metric name \"" + std::string(64, 'a') + "...\" has 257 characters, at most 256 are allowed");
  expect_bad(named(""), kCode, "metric name is empty, 1 to 256 characters are needed");
  expect_bad(named("9x"), kCode, "metric name \"9x\" does not match ^[a-zA-Z_][a-zA-Z0-9_]*$");
  expect_bad(named("a.b"), kCode, "metric name \"a.b\" does not match ^[a-zA-Z_][a-zA-Z0-9_]*$");
  expect_bad(named("a\n"), kCode, "metric name \"a\\x0a\" does not match ^[a-zA-Z_][a-zA-Z0-9_]*$");
  expect_bad(named("\xE4"), kCode, "metric name \"\\xe4\" does not match ^[a-zA-Z_][a-zA-Z0-9_]*$");
}

TEST(Validator, JudgesDimensionKeys) {
  constexpr auto kCode = ErrorCode::invalid_dimension_key;
  expect_good(with("_x9", "v"));
  expect_good(with(std::string(128, 'k'), "v"));
  expect_bad(with(std::string(129, 'k'), "v"), kCode,
             "dimension key \"" + std::string(64, 'k') + "...\" has 129 characters, at most 128 are allowed");
  expect_bad(with("", "v"), kCode, "dimension key is empty, 1 to 128 characters are needed");
  expect_bad(with("a-b", "v"), kCode, "dimension key \"a-b\" does not match ^[a-zA-Z_][a-zA-Z0-9_]*$");
  expect_bad(with("_tenant_id", "v"), ErrorCode::reserved_dimension,
             "dimension \"_tenant_id\" is reserved and may not be sent");
  expect_good(with("_tenant_id2", "v"));
  expect_good(with("abc", "v"), {.max_dimension_key_length = 6});
  expect_bad(with("abcdefg", "v"), kCode, "dimension key \"abcdefg\" has 7 characters, at most 6 are allowed",
             {.max_dimension_key_length = 6});
}

TEST(Validator, CountsDimensions) {
  Point point{"m", kNow, 1, {}};
  for (int i = 0; i < 20; ++i) point.dimensions["k" + std::to_string(i)] = "v";
  expect_good(point);
  point.dimensions["one_more"] = "v";
  expect_bad(point, ErrorCode::dimension_limit_exceeded,
             "dimensions: the point has 21 dimensions, at most 20 are allowed");
  expect_good(point, {.max_dimensions = 21});
}

TEST(Validator, CountsTheCharactersOfDimensionValues) {
  constexpr auto kCode = ErrorCode::invalid_dimension_value;
  for (const char* character : {"x", "é", "日", "🙂", " "}) {
    expect_good(with("region", repeat(character, 1)));
    expect_good(with("region", repeat(character, 256)));
    expect_bad(with("region", repeat(character, 257)), kCode,
               "dimension \"region\": value has 257 characters, at most 256 are allowed");
  }
  expect_bad(with("region", ""), kCode, "dimension \"region\": value is empty, 1 to 256 characters are needed");
  expect_bad(with("region", "abcd"), kCode, "dimension \"region\": value has 4 characters, at most 3 are allowed",
             {.max_dimension_value_length = 3});
}

TEST(Validator, RefusesValuesThatAreNotUtf8) {
  for (const std::string& bad : {"\xFF"s, "\xC0\x80"s, "\xED\xA0\x80"s, "\xF4\x90\x80\x80"s, "\xE2\x82"s}) {
    for (const std::size_t before : {0U, 3U, 8U, 20U}) {
      expect_bad(with("region", std::string(before, 'a') + bad), ErrorCode::invalid_dimension_value,
                 "dimension \"region\": value is not valid UTF-8 at byte " + std::to_string(before));
    }
  }
}

TEST(Validator, RefusesControlCharactersWhereverTheyAre) {
  for (unsigned c = 0; c <= 0xA0; ++c) {
    const bool control = c < 0x20 || (c >= 0x7F && c < 0xA0);
    const std::string text =
        c < 0x80 ? std::string(1, static_cast<char>(c)) : std::string({static_cast<char>(0xC2), static_cast<char>(c)});
    for (const std::size_t length : {1U, 7U, 8U, 9U, 16U, 23U}) {
      for (std::size_t place = 0; place < length; ++place) {
        std::string value(length - 1, 'a');
        value.insert(place, text);
        const auto verdict = judge(with("region", value));
        ASSERT_EQ(verdict.has_value(), control) << c << " at " << place << " of " << length;
        if (verdict) {
          ASSERT_EQ(verdict->code, ErrorCode::invalid_dimension_value);
        }
      }
    }
  }
  expect_bad(with("region", "ab\ncd"), ErrorCode::invalid_dimension_value,
             "dimension \"region\": value has a control character (\\x0a) at byte 2, none is allowed");
}

TEST(Validator, AcceptsTimestampsUpToBothEndsOfTheWindow) {
  constexpr auto kCode = ErrorCode::invalid_timestamp;
  const std::int64_t oldest = kNow - 7LL * 24 * 3600 * 1000;
  const std::int64_t latest = kNow + 3600 * 1000;
  expect_good(at(oldest));
  expect_good(at(latest));
  expect_bad(
      at(oldest - 1), kCode,
      "timestamp " + std::to_string(oldest - 1) + " is before " + std::to_string(oldest) + ", the oldest accepted");
  expect_bad(
      at(latest + 1), kCode,
      "timestamp " + std::to_string(latest + 1) + " is after " + std::to_string(latest) + ", the latest accepted");
  expect_bad(at(kMax), kCode,
             "timestamp 9223372036854775807 is after " + std::to_string(latest) + ", the latest accepted");
}

TEST(Validator, TakesAnyTimestampButNoneWhenTheWindowIsHuge) {
  const PointLimits anything{.max_age = std::chrono::milliseconds::max(),
                             .max_future = std::chrono::milliseconds::max()};
  for (const std::int64_t now : {kMin, std::int64_t{-5}, std::int64_t{0}, kNow, kMax}) {
    expect_good(at(now == kMin ? kMin + 1 : now), anything, now);
    const auto verdict = judge(at(kMin), anything, now);
    ASSERT_TRUE(verdict);
    EXPECT_EQ(verdict->code, ErrorCode::invalid_timestamp);
  }
  expect_good(at(0), anything);
  expect_good(at(kMax), anything);
  expect_bad(at(kMin), ErrorCode::invalid_timestamp,
             "timestamp is no whole number of milliseconds from -9223370276854775807 to 9223372036854775807", anything);
}

TEST(Validator, JudgesValues) {
  expect_good(valued(std::numeric_limits<double>::max()));
  expect_good(valued(-std::numeric_limits<double>::denorm_min()));
  expect_bad(valued(std::nan("")), ErrorCode::invalid_value, "value is not a number, a finite one is needed");
  expect_bad(valued(std::numeric_limits<double>::infinity()), ErrorCode::invalid_value,
             "value is infinite, a finite number is needed");
  expect_bad(valued(-std::numeric_limits<double>::infinity()), ErrorCode::invalid_value,
             "value is infinite, a finite number is needed");
}

TEST(Validator, NamesTheFirstRuleThatIsBroken) {
  // Each cure uncovers the next fault.
  Point point{"9", kMin, std::nan(""), {}};
  for (int i = 0; i < 19; ++i) point.dimensions["k" + std::to_string(i)] = "v";
  point.dimensions["a"] = "";
  point.dimensions["b-"] = "v";
  const auto code = [&] { return judge(point).value_or(Verdict{}).code; };
  EXPECT_EQ(code(), ErrorCode::invalid_metric_name);
  point.name = "m";
  EXPECT_EQ(code(), ErrorCode::dimension_limit_exceeded);
  point.dimensions.erase("k1");
  EXPECT_EQ(code(), ErrorCode::invalid_dimension_value);
  point.dimensions["a"] = "v";
  EXPECT_EQ(code(), ErrorCode::invalid_dimension_key);
  point.dimensions.erase("b-");
  EXPECT_EQ(code(), ErrorCode::invalid_timestamp);
  point.timestamp_ms = kNow;
  EXPECT_EQ(code(), ErrorCode::invalid_value);
  point.value = 1;
  expect_good(point);
}

TEST(Validator, JudgesABatchPointByPoint) {
  Batch batch;
  for (std::size_t i = 0; i < 200; ++i) {
    Point point = good_point();
    point.dimensions["n"] = std::to_string(i % 20);
    if (i % 20 == 3) point.dimensions["n"] = "";  // A bad series of many points.
    if (i % 20 == 5) point.name = "bad name";     // A bad metric.
    if (i == 77) point.value = std::nan("");
    if (i == 78) point.timestamp_ms = 0;
    batch.add(point);
  }
  const auto verdicts = Validator().check(batch, kNow);
  ASSERT_EQ(verdicts.size(), 22U);
  std::size_t last = 0;
  for (const Verdict& verdict : verdicts) {
    EXPECT_TRUE(last == 0 || verdict.index > last);
    last = verdict.index;
    const auto expected = verdict.index == 77       ? ErrorCode::invalid_value
                          : verdict.index == 78     ? ErrorCode::invalid_timestamp
                          : verdict.index % 20 == 3 ? ErrorCode::invalid_dimension_value
                                                    : ErrorCode::invalid_metric_name;
    EXPECT_EQ(verdict.code, expected) << verdict.index;
    EXPECT_EQ(verdict.metric, verdict.index % 20 == 5 ? "bad name" : "api_latency");
  }
  EXPECT_TRUE(Validator().check(Batch(), kNow).empty());
}

TEST(Validator, DoesNotTakeAKeyForGoodBecauseItsPlaceHadAGoodOne) {
  Batch batch;
  batch.add({"m", kNow, 1, {{"ab", "v"}}});
  batch.add({"m", kNow, 1, {{"a-", "v"}}});
  batch.add({"m", kNow, 1, {{"", "v"}}});
  batch.add({"m", kNow, 1, {{"ab", "w"}, {"a-", "w"}}});
  batch.add({"m", kNow, 1, {{"ab", "x"}}});
  const auto verdicts = Validator().check(batch, kNow);
  ASSERT_EQ(verdicts.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(verdicts[i].index, i + 1);
}

TEST(Validator, LetsNothingHostileIntoItsWords) {
  const std::string hostile = "\x1b[2J\r\n\xFF\xC2\x9B \xED\xA0\x80";
  for (const Point& point : {named(hostile), named(hostile + std::string(5000, '\n')), with(hostile, "v"),
                             with(hostile + std::string(5000, '\xFF'), "v"), with("k", hostile)}) {
    const auto verdict = judge(point);
    ASSERT_TRUE(verdict);
    EXPECT_LE(verdict->metric.size(), 256U);
    EXPECT_LE(verdict->message.size(), 400U);
    for (const std::string& text : {verdict->metric, verdict->message}) {
      for (const char c : text) EXPECT_TRUE(c >= 0x20 && c < 0x7F) << text;
    }
  }
  EXPECT_EQ(judge(named("bad " + repeat("é", 200)))->metric, "bad " + repeat("é", 126));
}

}  // namespace
}  // namespace luminate
