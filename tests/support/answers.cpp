#include "support/answers.hpp"

#include <gtest/gtest.h>

#include <array>
#include <charconv>

namespace luminate::test {
namespace {

std::string at(std::int64_t timestamp, std::int64_t origin) {
  return "@" + std::to_string(timestamp - origin) + " ";
}

std::string joined(const std::vector<std::string>& texts, char separator) {
  std::string all;
  for (const auto& text : texts) all += (&text == &texts.front() ? "" : std::string(1, separator)) + text;
  return all;
}

}  // namespace

Options test_options() {
  Options options;
  options.durability = Durability::normal;
  options.clock = [] { return kNow; };
  return options;
}

Options timeless_options() {
  Options options = test_options();
  options.points.max_age = std::chrono::hours(24 * 36'500);
  options.points.max_future = std::chrono::hours(24 * 36'500);
  return options;
}

std::string text(double value) {
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  return {digits.data(), end};
}

std::string text(const Dimensions& dimensions) {
  std::vector<std::string> pairs;
  for (const auto& [key, value] : dimensions) pairs.push_back(key + "=" + value);
  return "{" + joined(pairs, ',') + "}";
}

Lines lines(const Result& result, std::int64_t origin) {
  Lines lines;
  if (result.type() == QueryType::range) {
    const RangeResult& range = result.range();
    for (std::size_t i = 0; i < range.timestamp_column.size(); ++i) {
      lines.push_back(at(range.timestamp_column[i], origin) + text(range.series.at(range.series_column[i])) + " " +
                      text(range.value_column[i]));
    }
    if (range.truncated) lines.emplace_back("truncated");
  } else if (result.type() == QueryType::aggregate) {
    for (const auto& row : result.aggregate().rows) {
      std::string line = row.bucket_ms ? at(*row.bucket_ms, origin) : "";
      line += joined(row.group, ',') + ":";
      for (const double value : row.values) line += " " + text(value);
      lines.push_back(line + " (" + std::to_string(row.count) + ")");
    }
  } else {
    for (const auto& row : result.rate().rows) {
      lines.push_back(at(row.bucket_ms, origin) + joined(row.group, ',') + ": " + text(row.rate));
    }
  }
  return lines;
}

Batch batch_of(const std::vector<Point>& points) {
  Batch batch;
  for (Point point : points) {
    point.timestamp_ms += kStart;
    batch.add(point);
  }
  return batch;
}

void put(Store& store, const std::vector<Point>& points) {
  const WriteReport report = store.write(batch_of(points));
  ASSERT_EQ(report.accepted, points.size()) << text(report);
}

std::string text(const WriteReport& report) {
  std::string shown = std::to_string(report.accepted) + " accepted";
  for (const Verdict& verdict : report.errors) {
    shown += ", " + std::to_string(verdict.index) + ": " + std::string(to_string(verdict.code));
  }
  EXPECT_EQ(report.rejected, report.errors.size());
  return shown;
}

}  // namespace luminate::test
