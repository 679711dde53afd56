#include <luminate/error.hpp>
#include <luminate/options.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace luminate {
namespace {

/// The message of the error that setting `key` to `value` gives, or "" when it is taken.
std::string refusal(std::string_view key, std::string_view value) {
  Options options;
  try {
    options.set(key, value);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_option);
    return error.what();
  }
  return "";
}

TEST(Options, StartWithTheDefaultsTheyDocument) {
  const Options options;
  ASSERT_FALSE(Options::keys().empty());
  for (const Options::Key& key : Options::keys()) {
    EXPECT_EQ(options.get(key.name), key.default_value) << key.name;
    EXPECT_FALSE(key.meaning.empty()) << key.name;
  }
}

TEST(Options, TakeBackWhatTheyGive) {
  for (const Options::Key& key : Options::keys()) {
    Options options;
    options.set(key.name, options.get(key.name));
    EXPECT_EQ(options.get(key.name), key.default_value) << key.name;
  }
}

TEST(Options, SetTheFieldThatTheKeyNames) {
  Options options;
  options.set("storage.durability", "normal");
  options.set("cardinality_limits.max_dimensions_per_metric", "1");
  options.set("cardinality_limits.max_dimension_key_length", "2");
  options.set("cardinality_limits.max_dimension_value_length", "3");
  options.set("cardinality_limits.max_unique_series_per_metric", "4");
  options.set("cardinality_limits.max_metrics_per_tenant", "5");
  options.set("query_limits.default_query_timeout", "6ms");
  options.set("query_limits.max_query_timeout", "7s");
  options.set("query_limits.max_query_time_range", "8m");
  options.set("query_limits.max_result_points", "9");
  options.set("query_limits.max_group_by_cardinality", "10");
  options.set("query_limits.max_result_rows", "11");
  options.set("batch_write.max_batch_size", "12");
  options.set("batch_write.max_request_size_bytes", "13");
  options.set("batch_write.max_waiting_points", "14");
  options.set("batch_write.max_waiting_bytes", "15");
  options.set("batch_write.max_wait", "16s");
  options.set("batch_write.series_cache_bytes", "17");
  options.set("batch_write.max_age", "2w");
  options.set("batch_write.max_future", "1h30m");
  options.set("storage.compaction", "off");
  options.set("retention.default_retention", "14d");
  options.set("retention.policies", "debug_* 7d, audit_* off");
  options.set("retention.cleanup_interval", "15s");

  using std::chrono::milliseconds;
  EXPECT_EQ(options.durability, Durability::normal);
  EXPECT_EQ(options.points.max_dimensions, 1u);
  EXPECT_EQ(options.points.max_dimension_key_length, 2u);
  EXPECT_EQ(options.points.max_dimension_value_length, 3u);
  EXPECT_EQ(options.cardinality.max_series_per_metric, 4u);
  EXPECT_EQ(options.cardinality.max_metrics, 5u);
  EXPECT_EQ(options.queries.default_timeout, milliseconds(6));
  EXPECT_EQ(options.queries.max_timeout, milliseconds(7'000));
  EXPECT_EQ(options.queries.max_time_range, milliseconds(480'000));
  EXPECT_EQ(options.queries.max_result_points, 9u);
  EXPECT_EQ(options.queries.max_groups, 10u);
  EXPECT_EQ(options.queries.max_rows, 11u);
  EXPECT_EQ(options.writes.max_batch_size, 12u);
  EXPECT_EQ(options.writes.max_request_size_bytes, 13u);
  EXPECT_EQ(options.writes.max_waiting_points, 14u);
  EXPECT_EQ(options.writes.max_waiting_bytes, 15u);
  EXPECT_EQ(options.writes.max_wait, milliseconds(16'000));
  EXPECT_EQ(options.writes.max_series_cache_bytes, 17u);
  EXPECT_EQ(options.points.max_age, std::chrono::hours(14 * 24));
  EXPECT_EQ(options.points.max_future, std::chrono::minutes(90));
  EXPECT_FALSE(options.compaction);
  EXPECT_EQ(options.retention.default_retention, std::chrono::hours(14 * 24));
  EXPECT_EQ(options.retention.policies,
            (std::vector<RetentionPolicy>{{"debug_*", std::chrono::hours(7 * 24)}, {"audit_*", milliseconds(0)}}));
  EXPECT_EQ(options.retention.cleanup_interval, std::chrono::seconds(15));
  EXPECT_EQ(options.get("retention.policies"), "debug_* 7d, audit_* off");
  EXPECT_EQ(options.get("batch_write.max_age"), "14d");
  EXPECT_EQ(options.get("batch_write.max_future"), "1h30m");
}

TEST(Options, RefuseWhatLiesOneBeyondABound) {
  EXPECT_EQ(refusal("batch_write.max_batch_size", "1"), "");
  EXPECT_EQ(refusal("batch_write.max_batch_size", "10000000"), "");
  EXPECT_EQ(refusal("batch_write.max_batch_size", "0"),
            "batch_write.max_batch_size must be a whole number from 1 to 10000000, not '0'");
  EXPECT_NE(refusal("batch_write.max_batch_size", "10000001"), "");
  EXPECT_EQ(refusal("query_limits.max_query_timeout", "1ms"), "");
  EXPECT_EQ(refusal("query_limits.max_query_timeout", "1d"), "");
  EXPECT_NE(refusal("query_limits.max_query_timeout", "0ms"), "");
  EXPECT_NE(refusal("query_limits.max_query_timeout", "1d1ms"), "");
  EXPECT_EQ(refusal("batch_write.max_waiting_points", "1"), "");
  EXPECT_EQ(refusal("batch_write.max_waiting_points", "1000000000"), "");
  EXPECT_NE(refusal("batch_write.max_waiting_points", "0"), "");
  EXPECT_NE(refusal("batch_write.max_waiting_points", "1000000001"), "");
  EXPECT_EQ(refusal("batch_write.max_waiting_bytes", "1099511627776"), "");
  EXPECT_NE(refusal("batch_write.max_waiting_bytes", "1099511627777"), "");
  EXPECT_EQ(refusal("batch_write.max_wait", "1d"), "");
  EXPECT_NE(refusal("batch_write.max_wait", "1d1ms"), "");
  EXPECT_EQ(refusal("batch_write.series_cache_bytes", "0"), "");
  EXPECT_EQ(refusal("batch_write.series_cache_bytes", "1099511627776"), "");
  EXPECT_NE(refusal("batch_write.series_cache_bytes", "1099511627777"), "");
  EXPECT_EQ(refusal("batch_write.max_age", "36500d"), "");
  EXPECT_NE(refusal("batch_write.max_age", "36501d"), "");
}

TEST(Options, RefuseTextThatIsNoValue) {
  for (const char* text : {"", " 1", "1 ", "+1", "-1", "1.0", "1e3", "0x10", "ten", "99999999999999999999"}) {
    EXPECT_NE(refusal("batch_write.max_batch_size", text), "") << text;
  }
  EXPECT_EQ(
      refusal("retention.policies", "debug 7"),
      "retention.policies: \"debug 7\" is no policy: a pattern of metric names, a space, and a duration, or off for "
      "ever, such as debug_* 7d");
  for (const char* text : {"", "7", "d", "-7d", "7 d", "forever"}) {
    EXPECT_NE(refusal("batch_write.max_age", text), "") << text;
  }
  EXPECT_EQ(refusal("storage.durability", "Full"), "storage.durability must be full or normal, not 'Full'");
}

TEST(Options, TurnOffWhatCanBeOff) {
  Options options;
  options.set("retention.default_retention", "1ms");
  EXPECT_EQ(options.retention.default_retention, std::chrono::milliseconds(1));
  options.set("retention.default_retention", "off");
  EXPECT_EQ(options.retention.default_retention, std::chrono::milliseconds(0));
  EXPECT_NE(refusal("retention.default_retention", "0s"), "") << "would it be off, or keep nothing?";
  EXPECT_NE(refusal("retention.default_retention", "36501d"), "");
  options.set("storage.compaction", "off");
  EXPECT_EQ(options.get("storage.compaction"), "off");
  EXPECT_EQ(refusal("storage.compaction", "true"), "storage.compaction must be on or off, not 'true'");
  EXPECT_EQ(refusal("retention.cleanup_interval", "1s"), "");
  EXPECT_NE(refusal("retention.cleanup_interval", "999ms"), "");
}

TEST(Options, NameTheNearestKeyForAnUnknownOne) {
  EXPECT_EQ(refusal("batch_write.max_batchsize", "1"),
            "there is no option 'batch_write.max_batchsize'; the nearest is batch_write.max_batch_size");
  EXPECT_EQ(refusal("storage.durability\n", "1"),
            "there is no option 'storage.durability\\x0a'; the nearest is storage.durability");
  EXPECT_THROW(Options().get("nothing"), Error);
}

}  // namespace
}  // namespace luminate
