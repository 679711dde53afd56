#include "lone_decoder.hpp"

#include <luminate/error.hpp>
#include <luminate/validator.hpp>

#include <gtest/gtest.h>
#include <random>
#include <string>
#include <vector>

#include "model/dimension_set.hpp"

namespace luminate::ingest {
namespace {

using namespace std::string_literals;

constexpr std::int64_t kNow = 1'760'000'000'000;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

Batch decode(std::string_view json, const WriteLimits& limits = {}) {
  Batch batch;
  LoneDecoder().decode(json, kNow, limits, batch);
  return batch;
}

/// A write of the points whose texts are given.
std::string write_of(const std::vector<std::string>& points) {
  std::string json = R"({"metrics":[)";
  for (const std::string& point : points) json += (&point == points.data() ? "" : ",") + point;
  return json + "]}";
}

Dimensions dimensions_of(const Batch& batch, std::size_t point) {
  return model::dimensions_from(batch.series_at(batch.series_column()[point]).dimensions);
}
std::string name_of(const Batch& batch, std::size_t point) {
  return std::string(batch.metric_name(batch.series_at(batch.series_column()[point]).metric));
}

void expect_error(const std::string& json, ErrorCode code, const std::string& field, const std::string& message,
                  const WriteLimits& limits = {}) {
  try {
    decode(json, limits);
    ADD_FAILURE() << "decoded: " << json.substr(0, 200);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << json.substr(0, 200);
    EXPECT_EQ(error.field(), field) << json.substr(0, 200);
    EXPECT_EQ(error.what(), message) << json.substr(0, 200);
    for (const char c : std::string(error.what())) EXPECT_FALSE(c >= 0 && c < 0x20) << error.what();
  }
}
void expect_refused(const std::string& json, const std::string& field, const std::string& message) {
  expect_error(json, ErrorCode::invalid_request, field, message);
}
/// Of a write with a good point before and this one.
void expect_point_refused(const std::string& point, const std::string& field, const std::string& message) {
  expect_refused(write_of({R"({"name":"m","value":1})", point}), field, message);
}

TEST(JsonDecoder, ReadsPointsIntoColumns) {
  const Batch batch = decode(write_of({
      R"({"name":"api_latency","timestamp":1760000000001,"value":12.5,"dimensions":{"region":"eu","host":"h1"}})",
      R"({"name":"api_latency","timestamp":-5,"value":-3e2,"dimensions":{"host":"h1","region":"eu"}})",
      R"({"name":"cpu","value":7})",
  }));
  ASSERT_EQ(batch.size(), 3U);
  EXPECT_EQ(batch.series_count(), 2U);
  EXPECT_EQ(name_of(batch, 0), "api_latency");
  EXPECT_EQ(dimensions_of(batch, 0), (Dimensions{{"region", "eu"}, {"host", "h1"}}));
  EXPECT_EQ(batch.series_column()[1], 0U);
  EXPECT_EQ(name_of(batch, 2), "cpu");
  EXPECT_EQ(dimensions_of(batch, 2), Dimensions{});
  EXPECT_EQ(std::vector(batch.timestamp_column().begin(), batch.timestamp_column().end()),
            (std::vector<std::int64_t>{1760000000001, -5, kNow}));
  EXPECT_EQ(std::vector(batch.value_column().begin(), batch.value_column().end()),
            (std::vector<double>{12.5, -300, 7}));
}

TEST(JsonDecoder, TakesFieldsInAnyOrderAndWhiteSpaceAnywhere) {
  const Batch batch = decode(
      " \r\n\t{ \"metrics\"\n:\t[ { \"dimensions\" : { \"b\" : \"2\" , \"a\" : \"1\" } , \"value\" : 1.5 , "
      "\"timestamp\" : 9 "
      ", \"name\" : \"m\" } , {\"dimensions\":{ },\"name\":\"m\",\"value\":2 }\n] } \n");
  ASSERT_EQ(batch.size(), 2U);
  EXPECT_EQ(dimensions_of(batch, 0), (Dimensions{{"a", "1"}, {"b", "2"}}));
  EXPECT_EQ(batch.timestamp_column()[0], 9);
  EXPECT_EQ(batch.value_column()[0], 1.5);
  EXPECT_EQ(dimensions_of(batch, 1), Dimensions{});
}

TEST(JsonDecoder, DecodesEscapesEverywhere) {
  const Batch batch = decode(
      R"({"m\u0065trics":[{"dimensions":{"\u0062":"x\n","a":"\ud83d\ude42"},"n\u0061me":"\u006d","v\u0061lue":1},)"
      R"({"name":"m","value":2,"dimensions":{"a":"🙂","b":"x\n"}},{"dimensions":{"c":"\\"},"name":"m\t","value":3}]})");
  ASSERT_EQ(batch.size(), 3U);
  EXPECT_EQ(name_of(batch, 0), "m");
  EXPECT_EQ(dimensions_of(batch, 0), (Dimensions{{"a", "🙂"}, {"b", "x\n"}}));
  EXPECT_EQ(batch.series_column()[1], 0U);
  EXPECT_EQ(dimensions_of(batch, 2), (Dimensions{{"c", "\\"}}));
  EXPECT_EQ(name_of(batch, 2), "m\t");
}

TEST(JsonDecoder, KnowsASeriesAgainHoweverItIsWritten) {
  // Same bytes, other order, other spaces, escapes, other metric.
  const Batch batch = decode(write_of({
      R"({"name":"m","value":1,"dimensions":{"a":"1","b":"2"}})",
      R"({"name":"m","value":2,"dimensions":{"a":"1","b":"2"}})",
      R"({"name":"m","value":3,"dimensions":{"b":"2","a":"1"}})",
      R"({"name":"m","value":4,"dimensions":{"a": "1","b":"2"}})",
      R"({"name":"m","value":5,"dimensions":{"a":"\u0031","b":"2"}})",
      R"({"name":"n","value":6,"dimensions":{"a":"1","b":"2"}})",
      R"({"name":"m","value":7,"dimensions":{"a":"1","b":"2"}})",
      R"({"name":"m","value":8,"dimensions":{"a":"1","b":"3"}})",
      R"({"name":"m","value":9})",
      R"({"name":"m","value":9,"dimensions":{}})",
      R"({"name":"n","value":9})",
  }));
  EXPECT_EQ(std::vector(batch.series_column().begin(), batch.series_column().end()),
            (std::vector<Batch::SeriesIndex>{0, 0, 0, 0, 0, 1, 0, 2, 3, 3, 4}));
}

TEST(JsonDecoder, SortsDimensionsByTheirBytes) {
  const Dimensions expected = {{"", "0"},
                               {"a", "1"},
                               {"aa", "2"},
                               {"aaaaaaaa", "3"},
                               {"aaaaaaaaa", "4"},
                               {"aaaaaaab", "5"},
                               {"ab", "6"},
                               {"abc", "7"},
                               {"b", "8"},
                               {"\xC3\xA9", "9"},
                               {std::string("a\0", 2), "10"},
                               {"aaaaaaaa_long_key_one", "11"},
                               {"aaaaaaaa_long_key_two", "12"}};
  std::vector<std::pair<std::string, std::string>> items(expected.begin(), expected.end());
  std::mt19937 random(3);
  for (int round = 0; round < 200; ++round) {
    std::shuffle(items.begin(), items.end(), random);
    std::string text;
    for (const auto& [key, value] : items) {
      const std::string written = key.find('\0') == std::string::npos ? key : "a\\u0000";
      text += (text.empty() ? "" : ",") + ("\"" + written + "\":\"" + value + "\"");
    }
    const Batch batch = decode(write_of({R"({"name":"m","value":1,"dimensions":{)" + text + "}}"}));
    ASSERT_EQ(batch.series_at(0).dimensions, model::canonical_bytes(expected));
  }
}

TEST(JsonDecoder, TakesManyAndLongDimensions) {
  Dimensions expected;
  std::string text;
  for (int i = 0; i < 2000; ++i) {
    const std::string key = "key_" + std::to_string((i * 7919) % 2000);
    const std::string value(static_cast<std::size_t>(i % 300), 'v');
    expected[key] = value;
    text += (i == 0 ? "\"" : ",\"") + key + "\":\"" + value + "\"";
  }
  const std::string point = R"({"name":"m","value":1,"dimensions":{)" + text + "}}";
  EXPECT_EQ(dimensions_of(decode(write_of({point})), 0), expected);
}

TEST(JsonDecoder, LeavesNumbersOutOfRangeToTheValidator) {
  const Batch batch = decode(write_of({
      R"({"name":"m","timestamp":9223372036854775808,"value":1e999})",
      R"({"name":"m","timestamp":1.5,"value":-1e999})",
      R"({"name":"m","timestamp":1e3,"value":1e-999})",
      R"({"name":"m","timestamp":-9223372036854775808,"value":1})",
      R"({"name":"m","timestamp":9223372036854775807,"value":1})",
      R"({"name":"m","value":1e999})",
      R"({"name":"m","value":1})",
  }));
  ASSERT_EQ(batch.size(), 7U);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(batch.timestamp_column()[i], kNoTimestamp);
  EXPECT_EQ(batch.value_column()[0], kInfinity);
  EXPECT_EQ(batch.value_column()[1], -kInfinity);
  EXPECT_EQ(batch.value_column()[2], 0);
  const PointLimits anything{.max_age = std::chrono::milliseconds::max(),
                             .max_future = std::chrono::milliseconds::max()};
  std::vector<std::pair<std::size_t, ErrorCode>> verdicts;
  for (const Verdict& verdict : Validator(anything).check(batch, kNow))
    verdicts.emplace_back(verdict.index, verdict.code);
  constexpr auto kTimestamp = ErrorCode::invalid_timestamp;
  EXPECT_EQ(verdicts,
            (std::vector<std::pair<std::size_t, ErrorCode>>{
                {0, kTimestamp}, {1, kTimestamp}, {2, kTimestamp}, {3, kTimestamp}, {5, ErrorCode::invalid_value}}));
}

TEST(JsonDecoder, NamesTheFieldThatHasTheWrongType) {
  const std::pair<std::string, std::string> values[] = {
      {"null", "null"},    {"true", "a boolean"}, {"false", "a boolean"}, {"[1]", "a list"},
      {"{}", "an object"}, {"\"x\"", "a string"}, {"7", "a number"},      {"NaN", "\"NaN\""},
      {"-", "\"-\""},      {"01", "\"01\""},      {"nul", "\"nul\""},     {"tru\x01", "\"tru\\x01\""},
      {"'x'", "\"'x'\""}};
  for (const auto& [text, kind] : values) {
    const auto found = [&, &kind_text = kind](std::size_t before) {
      return " has " + kind_text + " at byte " + std::to_string(before) + ", expected ";
    };
    const std::string start = R"({"metrics":[{"name":"m","value":1},)";
    const auto byte = [&](const std::string& before) { return start.size() + before.size(); };
    if (kind != "a string") {
      expect_point_refused(R"({"name":)" + text + R"(,"value":1})", "metrics[1].name",
                           "metrics[1].name" + found(byte(R"({"name":)")) + "a string");
      expect_point_refused(R"({"name":"m","value":1,"dimensions":{"region":)" + text + "}}",
                           "metrics[1].dimensions.region",
                           "metrics[1].dimensions.region" +
                               found(byte(R"({"name":"m","value":1,"dimensions":{"region":)")) + "a string");
      expect_point_refused(
          R"({"dimensions":{"a":"b","region":)" + text + R"(,"c":"d"},"name":"m","value":1})",
          "metrics[1].dimensions.region",
          "metrics[1].dimensions.region" + found(byte(R"({"dimensions":{"a":"b","region":)")) + "a string");
    }
    if (kind != "a number") {
      expect_point_refused(R"({"name":"m","value":)" + text + "}", "metrics[1].value",
                           "metrics[1].value" + found(byte(R"({"name":"m","value":)")) + "a number");
      expect_point_refused(
          R"({"name":"m","timestamp":)" + text + R"(,"value":1})", "metrics[1].timestamp",
          "metrics[1].timestamp" + found(byte(R"({"name":"m","timestamp":)")) + "a whole number of milliseconds");
    }
    if (kind != "an object") {
      expect_point_refused(
          R"({"name":"m","dimensions":)" + text + R"(,"value":1})", "metrics[1].dimensions",
          "metrics[1].dimensions" + found(byte(R"({"name":"m","dimensions":)")) + "an object of strings");
      expect_point_refused(text, "metrics[1]", "metrics[1]" + found(byte("")) + "an object");
      expect_refused(text, "", "the text" + found(0) + "an object {\"metrics\": [...]}");
    }
    if (kind != "a list")
      expect_refused("{\"metrics\":" + text + "}", "metrics", "metrics" + found(11) + "a list of points");
  }
}

TEST(JsonDecoder, NamesTheNearestKnownField) {
  expect_refused(R"({"metric":[]})", "metric", "metric is no known field, the nearest is \"metrics\"");
  expect_refused(R"({"metrics":[{"name":"m","value":1}],"x\n":1})", "x\\x0a",
                 "x\\x0a is no known field, the nearest is \"metrics\"");
  expect_refused(R"({"":1})", "", "\"\" is no known field, the nearest is \"metrics\"");
  expect_point_refused(R"({"name":"m","vaule":1})", "metrics[1].vaule",
                       "metrics[1].vaule is no known field, the nearest is \"value\"");
  expect_point_refused(R"({"nam":"m"})", "metrics[1].nam", "metrics[1].nam is no known field, the nearest is \"name\"");
  expect_point_refused(R"({"time":1})", "metrics[1].time",
                       "metrics[1].time is no known field, the nearest is \"name\"");
  expect_point_refused(R"({"Timestamp":1})", "metrics[1].Timestamp",
                       "metrics[1].Timestamp is no known field, the nearest is \"timestamp\"");
  expect_point_refused(R"({"labels":{}})", "metrics[1].labels",
                       "metrics[1].labels is no known field, the nearest is \"name\"");
  expect_point_refused("{\"" + std::string(500, 'x') + "\":{}}", "metrics[1]." + std::string(64, 'x'),
                       "metrics[1]." + std::string(64, 'x') + " is no known field, the nearest is \"name\"");
}

TEST(JsonDecoder, RefusesDuplicates) {
  expect_refused(R"({"metrics":[{"name":"m","value":1}],"metrics":[]})", "metrics", "metrics is there twice");
  expect_point_refused(R"({"name":"m","name":"m","value":1})", "metrics[1].name", "metrics[1].name is there twice");
  expect_point_refused(R"({"value":1,"name":"m","value":1})", "metrics[1].value", "metrics[1].value is there twice");
  expect_point_refused(R"({"timestamp":1,"timestamp":1})", "metrics[1].timestamp",
                       "metrics[1].timestamp is there twice");
  expect_point_refused(R"({"dimensions":{},"dimensions":{}})", "metrics[1].dimensions",
                       "metrics[1].dimensions is there twice");
  expect_point_refused(R"({"name":"m","value":1,"dimensions":{"region":"a","b":"c","region":"a"}})",
                       "metrics[1].dimensions.region", "metrics[1].dimensions.region is there twice");
  expect_point_refused(R"({"name":"m","value":1,"dimensions":{"long_region_name":"a","long_region_n\u0061me":"b"}})",
                       "metrics[1].dimensions.long_region_name",
                       "metrics[1].dimensions.long_region_name is there twice");
}

TEST(JsonDecoder, AsksForWhatIsMissing) {
  expect_refused("{}", "metrics", "metrics is missing, expected a list of points");
  expect_refused(R"({"metrics":[]})", "metrics", "metrics is empty, there is nothing to write");
  expect_point_refused("{}", "metrics[1].name", "metrics[1].name is missing");
  expect_point_refused(R"({"value":1})", "metrics[1].name", "metrics[1].name is missing");
  expect_point_refused(R"({"name":"m"})", "metrics[1].value", "metrics[1].value is missing");
}

TEST(JsonDecoder, RefusesWhatIsNoJson) {
  expect_refused("", "", "the text is empty, expected {\"metrics\": [...]}");
  expect_refused("   \n", "", "the text is empty, expected {\"metrics\": [...]}");
  expect_refused("\xEF\xBB\xBF{}", "", "the text begins with a byte order mark; send UTF-8 without one");
  const std::string good = write_of({R"({"name":"m","value":1})"});
  const std::string size = std::to_string(good.size());
  expect_refused(good + "x", "", "the text has \"x\" at byte " + size + ", expected the end of the text");
  expect_refused(good + good, "", "the text has an object at byte " + size + ", expected the end of the text");
  expect_refused(good + "]", "", "the text has \"]\" at byte " + size + ", expected the end of the text");
  expect_refused(good + "\0"s, "", "the text has \"\\x00\" at byte " + size + ", expected the end of the text");
  for (const std::string& point : {R"({"name":"m" "value":1})"s,
                                   R"({"name":"m",,"value":1})"s,
                                   R"({"name":"m","value":1,})"s,
                                   R"({,"name":"m","value":1})"s,
                                   R"({"name" "m","value":1})"s,
                                   R"({"name"::"m","value":1})"s,
                                   R"({"name":"m","value":1 2})"s,
                                   R"({"name":"m","value":1]})"s,
                                   R"({"name":"m"x,"value":1})"s,
                                   R"({"name":x"m","value":1})"s,
                                   R"({"name":"m","value":1"x"})"s,
                                   R"({name:"m","value":1})"s,
                                   R"({'name':"m","value":1})"s,
                                   R"({"name":"m","value":1}})"s,
                                   R"({"name":"m","value":1},)"s,
                                   R"({"name":"m","value":1/**/})"s,
                                   R"({"name":"m","value":1,"dimensions":{"a":"b",}})"s,
                                   R"({"name":"m","value":1,"dimensions":{,}})"s,
                                   R"({"name":"m","value":1,"dimensions":{"a"}})"s,
                                   R"({"name":"m","value":1,"dimensions":{"a":}})"s,
                                   R"({"name":"m","value":1,"dimensions":{"a":"b":"c"}})"s,
                                   R"({"name":"m","value":1,"dimensions":{"a":"b" "c":"d"}})"s,
                                   R"({"name":"m","value":1,"dimensions":{"a":"b"]})"s,
                                   R"({"name":"m","value":1,"dimensions":{"a":{"b":"c"}}})"s,
                                   R"({"name":"m","value":1,"dimensions":{a:"b"}})"s,
                                   R"({"name":"m","value":1,"dimensions":{1:"b"}})"s,
                                   "{\"name\":\"m\\\",\"value\":1}"s,
                                   "{\"name\":\"m\n\",\"value\":1}"s,
                                   "{\"name\":\"m\",\"value\":1\v}"s,
                                   "{\"name\":\"m\",\x1A\"value\":1}"s,
                                   "{\"name\":\"m\",\"value\":\f1}"s,
                                   "{\"name\":\"m\",\"value\":1\0}"s,
                                   "{\"name\":\"m\",\xC2\xA0\"value\":1}"s}) {
    EXPECT_THROW(decode(write_of({R"({"name":"m","value":1})", point})), Error) << point;
  }
}

TEST(JsonDecoder, RefusesBrokenEscapesAndBytes) {
  const std::string lone = R"(\ud800)";
  const auto at_byte = [](const std::string& before) {
    return " has a wrong escape, at byte " + std::to_string(write_of({R"({"name":"m","value":1})", before}).size() - 2);
  };
  expect_point_refused(R"({"name":")" + lone + R"(","value":1})", "metrics[1].name",
                       "metrics[1].name" + at_byte(R"({"name":)"));
  expect_point_refused(R"({"name":"m","value":1,"dimensions":{"a":")" + lone + R"("}})", "metrics[1].dimensions.a",
                       "metrics[1].dimensions.a" + at_byte(R"({"name":"m","value":1,"dimensions":{"a":)"));
  expect_point_refused(R"({"\x":1})", "metrics[1]", "metrics[1]" + at_byte("{"));
  // Dimensions before the name: the decoder comes back to them.
  EXPECT_THROW(decode(write_of({R"({"dimensions":{"a":"\ud800"},"name":"\u006d","value":1})"})), Error);
  EXPECT_EQ(dimensions_of(decode(write_of({R"({"dimensions":{"a":"\n"},"name":"\u006d","value":1})"})), 0),
            (Dimensions{{"a", "\n"}}));
  expect_refused("{\"metrics\":\"\xC3(\"}", "", "the text is not valid UTF-8 at byte 12");
  expect_refused("{\"metrics\":\"\xED\xA0\x80\"}", "", "the text is not valid UTF-8 at byte 12");
  expect_refused("{\"metrics\":\"a\tb\"}", "", "a string holds a raw control character; write it as an escape");
  expect_refused("{\"metrics", "", "the text ends inside a string, after byte 9");
}

TEST(JsonDecoder, KeepsToItsLimits) {
  const std::string point = R"({"name":"m","value":1})";
  EXPECT_EQ(decode(write_of({point, point, point}), {.max_batch_size = 3}).size(), 3U);
  // It stops there: what follows is not even looked at.
  expect_error(write_of({point, point, point, "garbage"}), ErrorCode::batch_too_large, "metrics",
               "more than 3 points in one write; send them in several", {.max_batch_size = 3});
  const std::string json = write_of({point});
  EXPECT_EQ(decode(json, {.max_request_size_bytes = json.size()}).size(), 1U);
  expect_error(json, ErrorCode::request_too_large, "",
               "the text has " + std::to_string(json.size()) + " bytes, at most " + std::to_string(json.size() - 1) +
                   " are allowed",
               {.max_request_size_bytes = json.size() - 1});
}

TEST(JsonDecoder, DoesNotMindDepth) {
  for (const std::string open : {"[", "{\"a\":", "{\"metrics\":[", "{\"metrics\":[{\"dimensions\":"}) {
    std::string json;
    while (json.size() < 200'000) json += open;
    EXPECT_THROW(decode(json), Error);
  }
  const std::string deep =
      R"({"name":"m","value":1,"dimensions":)" + std::string(200'000, '[') + std::string(200'000, ']') + "}";
  EXPECT_THROW(decode(write_of({deep})), Error);
}

const std::string& rich_text() {
  static const std::string kText = write_of({
      R"({"name":"api_latency","timestamp":1760000000000,"value":12.5,"dimensions":{"region":"eu","caf\u00e9":"\ud83d\ude42","x":"é日"}})",
      R"({ "dimensions" : { "a" : "b" } , "value" : -1.5e-3 , "name" : "m" } )",
      R"({"name":"m","value":0,"dimensions":{}})",
  });
  return kText;
}

TEST(JsonDecoder, RefusesATextThatIsCutAnywhere) {
  const std::string& text = rich_text();
  EXPECT_EQ(decode(text).size(), 3U);
  for (std::size_t length = 0; length < text.size(); ++length) {
    // An allocation of its own, so that a read behind the end is seen.
    const std::vector<char> cut(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(length));
    EXPECT_THROW(decode({cut.data(), cut.size()}), Error) << length;
  }
}

TEST(JsonDecoder, SurvivesAnyOtherByteAnywhere) {
  LoneDecoder decoder;
  Batch batch;
  for (std::size_t at = 0; at < rich_text().size(); ++at) {
    for (const unsigned flip : {0x01U, 0x02U, 0x08U, 0x10U, 0x20U, 0x7EU, 0x80U, 0xFFU}) {
      std::string text = rich_text();
      text[at] = static_cast<char>(static_cast<unsigned char>(text[at]) ^ flip);
      try {
        decoder.decode(text, kNow, {}, batch);
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::invalid_request) << text;
        continue;
      }
      EXPECT_EQ(batch.size(), 3U) << text;
    }
  }
}

TEST(JsonDecoder, MayBeUsedAgainAlsoAfterAnError) {
  LoneDecoder decoder;
  Batch batch;
  const std::string big = write_of(std::vector<std::string>(500, R"({"name":"m","value":1,"dimensions":{"a":"b\n"}})"));
  for (int round = 0; round < 3; ++round) {
    decoder.decode(big, kNow, {}, batch);
    EXPECT_EQ(batch.size(), 500U);
    EXPECT_EQ(batch.series_count(), 1U);
    EXPECT_THROW(decoder.decode(big.substr(0, big.size() / 2), kNow, {}, batch), Error);
    EXPECT_THROW(decoder.decode("[", kNow, {}, batch), Error);
    decoder.decode(write_of({R"({"name":"n","value":1,"dimensions":{"a":"c"}})"}), kNow, {}, batch);
    EXPECT_EQ(batch.size(), 1U);
    EXPECT_EQ(name_of(batch, 0), "n");
    EXPECT_EQ(dimensions_of(batch, 0), (Dimensions{{"a", "c"}}));
  }
}

}  // namespace
}  // namespace luminate::ingest
