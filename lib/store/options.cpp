#include <luminate/options.hpp>
#include <luminate/query.hpp>

#include <array>
#include <charconv>

#include "model/names.hpp"
#include "model/nearest.hpp"
#include "model/retention.hpp"
#include "model/text.hpp"

namespace luminate {
namespace {

using std::chrono::milliseconds;

/// A key, the bounds of its value (numbers, or milliseconds), and where the value lives.
struct Setting {
  Options::Key key;
  std::uint64_t minimum = 0;
  std::uint64_t maximum = 0;
  void (*set)(Options&, const Setting&, std::string_view) = nullptr;
  std::string (*get)(const Options&) = nullptr;
};

[[noreturn]] void refuse(const Setting& setting, std::string_view value, const std::string& expected) {
  const std::string name(setting.key.name);
  throw Error(ErrorCode::invalid_option, name + " must be " + expected + ", not '" + model::printable(value, 64) + "'",
              name);
}

std::size_t read_count(const Setting& setting, std::string_view value) {
  std::size_t count = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), count);
  if (error != std::errc() || end != value.data() + value.size() || count < setting.minimum ||
      count > setting.maximum) {
    refuse(setting, value,
           "a whole number from " + std::to_string(setting.minimum) + " to " + std::to_string(setting.maximum));
  }
  return count;
}

milliseconds read_duration(const Setting& setting, std::string_view value) {
  const milliseconds minimum(setting.minimum);
  const milliseconds maximum(setting.maximum);
  const auto length = parse_duration(value);
  if (!length || *length < minimum || *length > maximum) {
    refuse(
        setting, value,
        "a duration from " + format_duration(minimum) + " to " + format_duration(maximum) + ", such as 30s or 1h30m");
  }
  return *length;
}

template <auto Group, auto Field>
constexpr Setting count(Options::Key key, std::uint64_t minimum, std::uint64_t maximum) {
  return {key, minimum, maximum,
          [](Options& options, const Setting& setting, std::string_view value) {
            (options.*Group).*Field = read_count(setting, value);
          },
          [](const Options& options) { return std::to_string((options.*Group).*Field); }};
}

template <auto Group, auto Field>
constexpr Setting duration(Options::Key key, milliseconds minimum, milliseconds maximum) {
  return {key, static_cast<std::uint64_t>(minimum.count()), static_cast<std::uint64_t>(maximum.count()),
          [](Options& options, const Setting& setting, std::string_view value) {
            (options.*Group).*Field = read_duration(setting, value);
          },
          [](const Options& options) { return format_duration((options.*Group).*Field); }};
}

void set_durability(Options& options, const Setting& setting, std::string_view value) {
  if (value == "full") {
    options.durability = Durability::full;
  } else if (value == "normal") {
    options.durability = Durability::normal;
  } else {
    refuse(setting, value, "full or normal");
  }
}

std::string get_durability(const Options& options) {
  return options.durability == Durability::full ? "full" : "normal";
}

void set_compaction(Options& options, const Setting& setting, std::string_view value) {
  if (value != "on" && value != "off") refuse(setting, value, "on or off");
  options.compaction = value == "on";
}

std::string get_compaction(const Options& options) {
  return options.compaction ? "on" : "off";
}

void set_default_retention(Options& options, const Setting& setting, std::string_view value) {
  options.retention.default_retention = value == "off" ? milliseconds(0) : read_duration(setting, value);
}

std::string get_default_retention(const Options& options) {
  const auto keep = options.retention.default_retention;
  return keep == milliseconds(0) ? "off" : format_duration(keep);
}

void set_policies(Options& options, const Setting& setting, std::string_view value) {
  try {
    options.retention.policies = model::policies_from(value);
  } catch (const Error& error) {
    const std::string name(setting.key.name);
    throw Error(ErrorCode::invalid_option, name + ": " + error.what(), name);
  }
}

std::string get_policies(const Options& options) {
  return model::to_text(options.retention.policies);
}

void set_schema(Options& options, const Setting& setting, std::string_view value) {
  if (!model::is_schema_name(value)) {
    refuse(setting, value, "1 to 63 lower-case letters, digits and _, the first no digit, and not begin with pg_");
  }
  options.postgres.schema = value;
}

std::string get_schema(const Options& options) {
  return options.postgres.schema;
}

void set_compress_after(Options& options, const Setting& setting, std::string_view value) {
  options.postgres.compress_after = value == "off" ? milliseconds(0) : read_duration(setting, value);
}

std::string get_compress_after(const Options& options) {
  const auto age = options.postgres.compress_after;
  return age == milliseconds(0) ? "off" : format_duration(age);
}

constexpr milliseconds kMillisecond(1);
constexpr milliseconds kDay = std::chrono::hours(24);
// Far enough for any history, and near enough that now +- a bound never overflows.
constexpr milliseconds kCentury = 36'500 * kDay;

constexpr std::array kSettings{
#ifdef LUMINATE_SIMULATE_LATER_VERSION  // See tests/capi.
    count<&Options::points, &PointLimits::max_dimensions>({"batch_write.later", "20", "what a later version has"}, 0,
                                                          99),
#endif
    Setting{{"storage.durability", "full",
             "what an answered write survives: full (a power cut) or normal (any crash of the process)"},
            0,
            0,
            set_durability,
            get_durability},
    Setting{{"storage.compaction", "on", "merge what was written into larger segments in the background: on or off"},
            0,
            0,
            set_compaction,
            get_compaction},
    Setting{
        {"storage.schema", "luminate", "PostgreSQL: the schema that holds the tables"}, 0, 0, set_schema, get_schema},
    count<&Options::postgres, &PostgresOptions::pool_size>(
        {"storage.pool_size", "10", "PostgreSQL: connections of this process"}, 1, 1'000),
    duration<&Options::postgres, &PostgresOptions::connect_timeout>(
        {"storage.connect_timeout", "5s", "PostgreSQL: how long making a connection may take"}, kMillisecond,
        std::chrono::minutes(10)),
    Setting{{"storage.compress_after", "7d",
             "TimescaleDB: samples older than this are compressed, where the edition can; off for never"},
            std::uint64_t{86'400'000},
            static_cast<std::uint64_t>(kCentury.count()),
            set_compress_after,
            get_compress_after},
    count<&Options::points, &PointLimits::max_dimensions>(
        {"cardinality_limits.max_dimensions_per_metric", "20", "dimensions that one point may carry"}, 0, 1'000),
    count<&Options::points, &PointLimits::max_dimension_key_length>(
        {"cardinality_limits.max_dimension_key_length", "128", "characters of a dimension key"}, 1, 1'024),
    count<&Options::points, &PointLimits::max_dimension_value_length>(
        {"cardinality_limits.max_dimension_value_length", "256", "code points of a dimension value"}, 1, 16'384),
    count<&Options::cardinality, &CardinalityLimits::max_series_per_metric>(
        {"cardinality_limits.max_unique_series_per_metric", "1000000", "series of one metric, per tenant"}, 1,
        1'000'000'000),
    count<&Options::cardinality, &CardinalityLimits::max_metrics>(
        {"cardinality_limits.max_metrics_per_tenant", "1000", "metrics of one tenant"}, 1, 1'000'000),
    duration<&Options::queries, &QueryLimits::default_timeout>(
        {"query_limits.default_query_timeout", "10s", "time for a query that names no timeout"}, kMillisecond, kDay),
    duration<&Options::queries, &QueryLimits::max_timeout>(
        {"query_limits.max_query_timeout", "30s", "longest timeout that a query may ask for"}, kMillisecond, kDay),
    duration<&Options::queries, &QueryLimits::max_time_range>(
        {"query_limits.max_query_time_range", "90d", "longest time range of one query"}, kMillisecond, kCentury),
    count<&Options::queries, &QueryLimits::max_result_points>(
        {"query_limits.max_result_points", "10000", "samples in the answer to one range query"}, 1, 100'000'000),
    count<&Options::queries, &QueryLimits::max_groups>(
        {"query_limits.max_group_by_cardinality", "1000", "groups that one query may form"}, 1, 100'000'000),
    count<&Options::queries, &QueryLimits::max_rows>(
        {"query_limits.max_result_rows", "1000000", "groups x buckets in the answer to one query"}, 1, 100'000'000),
    count<&Options::queries, &QueryLimits::max_memory_bytes>(
        {"query_limits.max_query_memory_bytes", "268435456",
         "bytes that one query may keep at once, such as the values of an exact percentile"},
        1'048'576, 1'099'511'627'776),
    count<&Options::queries, &QueryLimits::max_threads>(
        {"query_limits.max_query_threads", "0", "threads that one query may run on; 0: one a core"}, 0, 1'024),
    count<&Options::writes, &WriteLimits::max_batch_size>(
        {"batch_write.max_batch_size", "10000", "points of one write"}, 1, 10'000'000),
    count<&Options::writes, &WriteLimits::max_request_size_bytes>(
        {"batch_write.max_request_size_bytes", "10485760", "bytes of one encoded write, after decompression"}, 1,
        1'073'741'824),
    count<&Options::writes, &WriteLimits::max_waiting_points>(
        {"batch_write.max_waiting_points", "2000000", "points of all writes that wait for the disk; more are refused"},
        1, 1'000'000'000),
    count<&Options::writes, &WriteLimits::max_waiting_bytes>(
        {"batch_write.max_waiting_bytes", "268435456", "memory of all writes that wait for the disk; more are refused"},
        1, 1'099'511'627'776),
    duration<&Options::writes, &WriteLimits::max_wait>(
        {"batch_write.max_wait", "10s", "how long a write waits behind others for the disk; then it is refused"},
        kMillisecond, kDay),
    count<&Options::writes, &WriteLimits::max_series_cache_bytes>(
        {"batch_write.series_cache_bytes", "67108864",
         "memory for recognizing series by the bytes they came in; 0 turns it off"},
        0, 1'099'511'627'776),
    duration<&Options::points, &PointLimits::max_age>(
        {"batch_write.max_age", "7d", "how far in the past a timestamp may lie; raise it to back-fill history"},
        milliseconds(0), kCentury),
    duration<&Options::points, &PointLimits::max_future>(
        {"batch_write.max_future", "1h", "how far in the future a timestamp may lie"}, milliseconds(0), kCentury),
    Setting{{"retention.default_retention", "off",
             "how long metrics that no policy fits are kept, such as 90d; off for ever"},
            1,
            static_cast<std::uint64_t>(kCentury.count()),
            set_default_retention,
            get_default_retention},
    Setting{{"retention.policies", "",
             "how long metrics of every tenant are kept, by patterns of their names: debug_* 7d, audit_* off"},
            0,
            0,
            set_policies,
            get_policies},
    duration<&Options::retention, &RetentionLimits::cleanup_interval>(
        {"retention.cleanup_interval", "1h", "time between two searches for samples that are kept no longer"},
        std::chrono::seconds(1), kDay),
};

constexpr auto kKeys = [] {
  std::array<Options::Key, kSettings.size()> keys{};
  for (std::size_t i = 0; i < keys.size(); ++i) keys[i] = kSettings[i].key;
  return keys;
}();

const Setting& find(std::string_view key) {
  for (const Setting& setting : kSettings) {
    if (setting.key.name == key) return setting;
  }
  const std::string shown = model::printable(key, 128);
  std::array<std::string_view, kKeys.size()> names;
  for (std::size_t i = 0; i < names.size(); ++i) names[i] = kKeys[i].name;
  throw Error(ErrorCode::invalid_option,
              "there is no option '" + shown + "'; the nearest is " + std::string(model::nearest(shown, names)), shown);
}

}  // namespace

std::span<const Options::Key> Options::keys() noexcept {
  return kKeys;
}

void Options::set(std::string_view key, std::string_view value) {
  const Setting& setting = find(key);
  setting.set(*this, setting, value);
}

std::string Options::get(std::string_view key) const {
  return find(key).get(*this);
}

}  // namespace luminate
