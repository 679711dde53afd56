#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backend/backend.hpp"
#include "postgres/parameters.hpp"

// The statements of discovery. Each function adds the parameters that its text refers to.
namespace luminate::postgres::sql {

/// As many rows as a list may have; PostgreSQL counts them as bigint.
std::int64_t row_limit(std::size_t limit) noexcept;

/// `AND EXISTS (...)`: that series `s` has samples in the range; empty without one. PostgreSQL decides whether to
/// look for each series, or to read the samples: both are good somewhere, and bad elsewhere.
std::string has_samples(const std::optional<TimeRange>& range, Parameters& parameters);

/// id, name, whether its first series have samples in the range, whether there are more series than these: of the
/// metrics that begin with the prefix, sorted. Where there are samples at all, a few series mostly show it.
std::string metrics_by_first_series(const backend::ListRequest& request, Parameters& parameters);

/// The names of those metrics that have samples in the range.
std::string metrics_by_samples(const std::vector<std::int64_t>& metrics, const backend::ListRequest& request,
                               Parameters& parameters);

/// Keys of some series that have keys beside the known ones; none when there are no such series.
std::string keys_beside(std::int64_t metric, const std::vector<std::string>& known,
                        const std::optional<TimeRange>& range, Parameters& parameters);
std::string all_keys(std::int64_t metric, const std::optional<TimeRange>& range, Parameters& parameters);

/// The values of a key, as discovery lists them.
std::string values(std::int64_t metric, std::string_view key, const backend::ListRequest& request,
                   Parameters& parameters);

/// metric, key, number of values, series: the heaviest keys; and metric, key, value, series: the heaviest values. In
/// one answer of name, key, value (null for a key), values (null for a value), series. Of one metric, or all.
std::string cardinality(std::string_view tenant, std::optional<std::int64_t> metric, std::int64_t limit,
                        Parameters& parameters);

}  // namespace luminate::postgres::sql
