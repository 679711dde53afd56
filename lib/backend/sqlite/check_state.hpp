#pragma once

#include <luminate/maintenance.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "model/call.hpp"
#include "sqlite/connection.hpp"
#include "sqlite/metric_catalog.hpp"

// What the parts of a check of a file share: what they found, and what the catalog says for the segments to be held
// against.
namespace luminate::sqlite {

class CheckState {
 public:
  /// What the catalog knows of one metric.
  struct Metric {
    std::string tenant;
    std::string name;
    bool named = false;            ///< There is a row of it in the table `metric`.
    std::vector<SeriesId> series;  ///< Ascending.
    std::vector<bool> has_samples;
  };

  CheckState(Connection& opened, const CheckOptions& given)
      : connection(opened), options(given), call{.stop = given.watch.stop} {}

  /// @param metric_id 0 where it is about none.
  void damage(std::int64_t metric_id, std::string what, std::string consequence,
              std::optional<std::int64_t> segment = {});
  void warn(std::int64_t metric_id, std::string what, std::string consequence);

  /// Runs a part of the check. What cannot be read at all is damage too, and no reason not to look at the rest.
  /// @returns whether it came to its end. @throws Error cancelled.
  bool attempt(const std::string& what, const std::string& consequence, const std::function<void()>& part,
               std::optional<std::int64_t> segment = {});

  /// "metric "cpu" (tenant "acme")", for messages.
  std::string label(std::int64_t metric_id) const;

  void progress(std::uint64_t done_bytes) const;

  Connection& connection;
  const CheckOptions& options;
  const model::Call call;
  CheckReport report;
  std::map<std::int64_t, Metric> metrics;
  bool catalog_whole = true;  ///< All rows of the catalog could be read: what it does not name does not exist.

 private:
  void add(CheckFinding::Severity severity, std::int64_t metric_id, std::string what, std::string consequence,
           std::optional<std::int64_t> segment);
};

/// Words, metrics and series; fills CheckState::metrics.
void check_catalog(CheckState& state);

/// Segments, against themselves and against the catalog; then what the catalog has and no segment.
void check_segments(CheckState& state);

}  // namespace luminate::sqlite
