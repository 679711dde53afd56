#pragma once

#include <luminate/query.hpp>
#include <luminate/validator.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace luminate {

/// What an answered write has survived.
enum class Durability : std::int32_t {
  full = 1,    ///< A power cut: synced to the disk before every answer.
  normal = 2,  ///< Any crash of the process. A power cut may lose the last moments; it never corrupts.
};

/// How many series a store takes. Points of series that exist are accepted beyond these.
struct CardinalityLimits {
  std::size_t max_series_per_metric = 1'000'000;  ///< Per tenant.
  std::size_t max_metrics = 1'000;                ///< Per tenant.
};

/// How much one write may carry, and how much all of them together may keep in memory.
struct WriteLimits {
  std::size_t max_batch_size = 10'000;              ///< Points of one write.
  std::size_t max_request_size_bytes = 10'485'760;  ///< Of an encoded one.
  /// Points, and bytes of memory, of all writes that wait for the disk; one past it fails with storage_unavailable. A
  /// write that finds no other is taken whatever its size.
  std::size_t max_waiting_points = 2'000'000;
  std::size_t max_waiting_bytes = 268'435'456;
  /// For its turn, behind other writes; then it fails with storage_unavailable.
  std::chrono::milliseconds max_wait = std::chrono::seconds(10);
  /// What write_json() remembers of series, so that it need not read their dimensions again. 0: nothing.
  std::size_t max_series_cache_bytes = 67'108'864;
};

/// How long samples of some metrics are kept.
struct RetentionPolicy {
  std::string pattern{};             ///< Metrics it is for: a name in which `*` stands for any text, such as "debug_*".
  std::chrono::milliseconds keep{};  ///< Older samples go. Zero: none ever do.
  friend bool operator==(const RetentionPolicy&, const RetentionPolicy&) = default;
};

/// What holds for metrics of every tenant, unless a policy of Store::set_retention() says otherwise, and when old
/// samples are looked for.
struct RetentionLimits {
  std::chrono::milliseconds default_retention{0};  ///< Of what no policy fits: older samples go. Zero: none ever do.
  /// Hold for every tenant, where it has no policy of its own that fits with a pattern as long or longer. Checked when
  /// the store is opened; in text: "debug_* 7d, audit_* off".
  std::vector<RetentionPolicy> policies{};
  /// Between two clean-ups, the first of which comes a minute after opening. They take whole segments, and rewrite one
  /// once half of it is too old: a sample may stay half as long again, or half a day, after its time.
  std::chrono::milliseconds cleanup_interval = std::chrono::hours(1);
};

/// How the PostgreSQL backend works; others know nothing of it.
struct PostgresOptions {
  /// The PostgreSQL schema that holds the tables: a lower-case letter or _, then those and digits, at most 63. Stores
  /// in different schemas of a database know nothing of each other. A store URL may name another: `?schema=NAME`.
  std::string schema = "luminate";
  /// Connections of this store. PostgreSQL allows 100 of all programs together, by default.
  std::size_t pool_size = 10;
  std::chrono::milliseconds connect_timeout = std::chrono::seconds(5);
  /// Where TimescaleDB compresses: how old samples are then. Zero: never.
  std::chrono::milliseconds compress_after = std::chrono::hours(7 * 24);
};

enum class LogLevel : std::int32_t { debug = 1, info = 2, warning = 3, error = 4 };

/// How a store is opened: plain fields, or key by key from text.
struct Options {
  Durability durability = Durability::full;
  bool read_only = false;
  PointLimits points;
  CardinalityLimits cardinality;
  WriteLimits writes;
  QueryLimits queries;
  RetentionLimits retention;
  PostgresOptions postgres;
  /// Merge segments in the background. Off for tests that count them; Store::compact() works all the same.
  bool compaction = true;

  /// The time, in Unix milliseconds. Empty: the system clock.
  std::function<std::int64_t()> clock;
  /// Receives what the library has to say; empty: nothing. Called from any thread; must not throw.
  std::function<void(LogLevel, std::string_view)> logger;

  /// One settable option, by the name that C callers, the server's configuration and the docs share.
  struct Key {
    std::string_view name;  ///< Such as "query_limits.max_group_by_cardinality".
    std::string_view default_value;
    std::string_view meaning;
  };
  static std::span<const Key> keys() noexcept;

  /// @throws Error invalid_option: no such key (the message names the nearest), or a text that is no value for it.
  void set(std::string_view key, std::string_view value);
  /// The current value as set() would take it. @throws Error invalid_option for an unknown key.
  std::string get(std::string_view key) const;
};

}  // namespace luminate
