// Random good texts, read by the decoder and by a general JSON library: both have to find the same points.
#include <gtest/gtest.h>
#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "lone_decoder.hpp"
#include "model/dimension_set.hpp"

namespace luminate::ingest {
namespace {

constexpr std::int64_t kNow = 1'760'000'000'000;

/// Writes points with whatever freedom JSON leaves.
class RandomWriter {
 public:
  explicit RandomWriter(std::uint64_t seed) : random_(seed) {}

  std::string text(std::size_t points) {
    std::string json = space() + "{" + space() + string("metrics", false) + space() + ":" + space() + "[";
    for (std::size_t i = 0; i < points; ++i) json += (i == 0 ? "" : ",") + space() + point() + space();
    return json + "]" + space() + "}" + space();
  }

 private:
  bool chance(unsigned one_in) { return random_() % one_in == 0; }

  std::string space() {
    std::string out;
    while (chance(6)) out += " \t\r\n"[random_() % 4];
    return out;
  }

  std::string string(const std::string& plain, bool may_grow = true) {
    std::string out = "\"";
    for (const char c : plain) {
      if (c == '"' || c == '\\') {
        out += '\\', out += c;
      } else if (c == '\n') {
        out += chance(2) ? "\\n" : "\\u000A";
      } else if (c > 0 && chance(40)) {
        char hex[8];
        std::snprintf(hex, sizeof hex, chance(2) ? "\\u%04x" : "\\u%04X", static_cast<unsigned>(c));
        out += hex;
      } else {
        out += c;
      }
    }
    if (may_grow && chance(30)) out += chance(2) ? "\\ud83d\\ude42" : "\\u00E9";
    return out + "\"";
  }

  std::string word() {
    static const std::vector<std::string> kParts = {"a",  "region", "_",  "host", "é", "日本", "🙂", "\"", "\\",
                                                    "\n", "/",      "zz", "{",    "}", ":",    ",",    "[",  "]"};
    std::string out;
    for (auto n = random_() % 4; n > 0; --n) out += kParts[random_() % kParts.size()];
    return out;
  }

  std::string number() {
    char text[40];
    char* end = text;
    switch (random_() % 4) {
      case 0:
        end = std::to_chars(text, text + sizeof text, static_cast<std::int64_t>(random_() % 2000) - 1000).ptr;
        break;
      case 1:
        end = std::to_chars(text, text + sizeof text, static_cast<double>(random_() % 100000) / 100).ptr;
        break;
      default: {
        const auto value = std::bit_cast<double>(random_());
        end = std::to_chars(text, text + sizeof text, std::isfinite(value) ? value : 0.5).ptr;
      }
    }
    return {text, end};
  }

  std::string object(std::vector<std::string> members) {
    std::shuffle(members.begin(), members.end(), random_);
    std::string out = "{" + space();
    for (const std::string& member : members)
      out += (&member == members.data() ? "" : "," + space()) + member + space();
    return out + "}";
  }

  std::string dimensions() {
    std::map<std::string, std::string> distinct;
    for (auto n = random_() % 7; n > 0; --n) distinct[word() + std::to_string(random_() % 5)] = word();
    std::vector<std::string> members;
    for (const auto& [key, value] : distinct) {
      // Keys differ before the digit they end in, so what string() may append keeps them different.
      members.push_back(string(key) + space() + ":" + space() + string(value));
    }
    const std::string out = object(members);
    if (!seen_.empty() && chance(2)) return seen_[random_() % seen_.size()];
    seen_.push_back(out);
    return out;
  }

  std::string point() {
    const auto member = [&](const std::string& key, const std::string& value) {
      return "\"" + key + "\"" + space() + ":" + space() + value;
    };
    std::vector<std::string> members = {member("name", string("metric" + std::to_string(random_() % 3))),
                                        member("value", number())};
    if (!chance(4))
      members.push_back(member("timestamp", std::to_string(static_cast<std::int64_t>(random_() >> (random_() % 50)))));
    if (!chance(4)) members.push_back(member("dimensions", dimensions()));
    return object(members);
  }

  std::mt19937_64 random_;
  std::vector<std::string> seen_;
};

TEST(JsonDecoder, FindsWhatAGeneralParserFinds) {
  LoneDecoder decoder;
  Batch batch;
  std::size_t points = 0;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    const std::string text = RandomWriter(seed).text(1 + seed % 40);
    const auto reference = nlohmann::json::parse(text);
    ASSERT_NO_THROW(decoder.decode(text, kNow, {}, batch)) << text;
    const auto& expected = reference.begin().value();
    ASSERT_EQ(batch.size(), expected.size()) << text;
    for (std::size_t i = 0; i < expected.size(); ++i, ++points) {
      const auto& point = expected[i];
      const auto series = batch.series_at(batch.series_column()[i]);
      ASSERT_EQ(batch.metric_name(series.metric), point["name"].get<std::string>()) << text;
      ASSERT_EQ(model::dimensions_from(series.dimensions), point.value("dimensions", Dimensions())) << text;
      ASSERT_EQ(batch.timestamp_column()[i], point.value("timestamp", kNow)) << text;
      ASSERT_EQ(std::bit_cast<std::uint64_t>(batch.value_column()[i]),
                std::bit_cast<std::uint64_t>(point["value"].get<double>()))
          << text;
    }
  }
  EXPECT_GT(points, 5000U);
}

}  // namespace
}  // namespace luminate::ingest
