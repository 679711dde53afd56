#include <luminate/error.hpp>
#include <luminate/metric.hpp>

#include <algorithm>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "model/dimension_set.hpp"
#include "model/index_table.hpp"

namespace luminate {

/// Fingerprints and canonical bytes of the series stand one after another in `arena`. When memory runs out the columns
/// stay of one length, and a table may know an index that its list never got: hence the bounds checks of the lookups.
struct Batch::Columns {
  struct Entry {
    static constexpr std::uint32_t kHasHandle = std::numeric_limits<std::uint32_t>::max();

    std::uint32_t metric;
    std::uint32_t length;  ///< Of the canonical bytes, or kHasHandle.
    std::uint64_t place;   ///< Where in `arena` the fingerprint begins, or the handle.

    bool has_handle() const { return length == kHasHandle; }
  };

  std::vector<SeriesIndex> series;
  std::vector<std::int64_t> timestamps;
  std::vector<double> values;

  std::vector<Entry> entries;
  std::string arena;
  model::IndexTable series_table;
  std::vector<std::string> metrics;
  model::IndexTable metric_table;
  std::uint32_t last_metric = 0;
  std::size_t handles = 0;
  std::uint64_t handle_generation = 0;

  Fingerprint fingerprint(const Entry& entry) const {
    Fingerprint fingerprint;
    std::memcpy(&fingerprint, arena.data() + entry.place, sizeof fingerprint);
    return fingerprint;
  }
  std::string_view bytes(const Entry& entry) const {
    return {arena.data() + entry.place + sizeof(Fingerprint), entry.length};
  }

  void make_room(std::size_t points) {
    const std::size_t needed = series.size() + points;
    if (needed <= std::min({series.capacity(), timestamps.capacity(), values.capacity()})) return;
    const std::size_t capacity = std::max(needed, series.size() * 2);
    series.reserve(capacity);
    timestamps.reserve(capacity);
    values.reserve(capacity);
  }

  std::uint32_t metric_index(std::string_view name) {
    // Batches carry one metric, or a few in runs: the last one seen is the likeliest, and costs no hash.
    if (last_metric < metrics.size() && metrics[last_metric] == name) return last_metric;
    const auto next = static_cast<std::uint32_t>(metrics.size());
    last_metric = metric_table.find_or_insert(
        model::fingerprint(name).low, next, [&](std::uint32_t i) { return i < metrics.size() && metrics[i] == name; });
    if (last_metric == next) metrics.emplace_back(name);
    return last_metric;
  }

  SeriesIndex intern(std::string_view name, std::string_view canonical) {
    const std::uint32_t metric = metric_index(name);
    const Fingerprint fingerprint = model::fingerprint(canonical);
    const auto next = static_cast<SeriesIndex>(entries.size());
    const SeriesIndex index =
        series_table.find_or_insert(fingerprint.low + metric * 0x9E3779B97F4A7C15ULL, next, [&](SeriesIndex i) {
          if (i >= entries.size()) return false;
          const Entry& entry = entries[i];
          return entry.metric == metric && entry.length == canonical.size() && bytes(entry) == canonical;
        });
    if (index == next) {
      const std::size_t place = arena.size();
      arena.append(reinterpret_cast<const char*>(&fingerprint), sizeof fingerprint).append(canonical);
      entries.push_back({metric, static_cast<std::uint32_t>(canonical.size()), place});
    }
    return index;
  }

  SeriesIndex by_handle(std::uint32_t metric, std::uint64_t handle) {
    const bool as_before = !entries.empty() && entries.back().has_handle() && entries.back().place == handle &&
                           entries.back().metric == metric;
    if (!as_before) {
      entries.push_back({metric, Entry::kHasHandle, handle});
      ++handles;
    }
    return static_cast<SeriesIndex>(entries.size() - 1);
  }
};

Batch::Batch() : columns_(std::make_unique<Columns>()) {}
Batch::~Batch() = default;
Batch::Batch(Batch&&) noexcept = default;
Batch& Batch::operator=(Batch&&) noexcept = default;
Batch::Batch(const Batch& other) : columns_(std::make_unique<Columns>(other.read())) {}
Batch& Batch::operator=(const Batch& other) {
  if (this != &other) columns_ = std::make_unique<Columns>(other.read());
  return *this;
}

const Batch::Columns& Batch::read() const noexcept {
  static const Columns kEmpty;
  return columns_ ? *columns_ : kEmpty;
}

Batch::Columns& Batch::change() {
  if (!columns_) columns_ = std::make_unique<Columns>();
  return *columns_;
}

Batch::SeriesIndex Batch::series(std::string_view name, const Dimensions& dimensions) {
  return change().intern(name, model::canonical_bytes(dimensions));
}

Batch::SeriesIndex Batch::series_canonical(std::string_view name, std::string_view canonical_dimensions) {
  return change().intern(name, canonical_dimensions);
}

std::uint32_t Batch::metric(std::string_view name) {
  return change().metric_index(name);
}

Batch::SeriesIndex Batch::series_by_handle(std::uint32_t metric, std::uint64_t handle) {
  return change().by_handle(metric, handle);
}

std::uint64_t Batch::handle_generation() const noexcept {
  return read().handle_generation;
}
void Batch::set_handle_generation(std::uint64_t generation) {
  change().handle_generation = generation;
}
std::size_t Batch::handle_count() const noexcept {
  return read().handles;
}

void Batch::add(const Point& point) {
  add(series(point.name, point.dimensions), point.timestamp_ms, point.value);
}

void Batch::add(SeriesIndex series, std::int64_t timestamp_ms, double value) {
  Columns& columns = change();
  columns.make_room(1);
  columns.series.push_back(series);
  columns.timestamps.push_back(timestamp_ms);
  columns.values.push_back(value);
}

void Batch::append(SeriesIndex series, std::span<const std::int64_t> timestamps_ms, std::span<const double> values) {
  if (timestamps_ms.size() != values.size()) {
    throw Error(ErrorCode::invalid_request, "append() got " + std::to_string(timestamps_ms.size()) +
                                                " timestamps and " + std::to_string(values.size()) +
                                                " values; give it as many of one as of the other");
  }
  Columns& columns = change();
  columns.make_room(values.size());
  columns.series.insert(columns.series.end(), values.size(), series);
  columns.timestamps.insert(columns.timestamps.end(), timestamps_ms.begin(), timestamps_ms.end());
  columns.values.insert(columns.values.end(), values.begin(), values.end());
}

void Batch::remove_points(std::span<const std::size_t> points) {
  if (points.empty()) return;
  Columns& columns = change();
  const auto without = [&](auto& column) {
    auto next = points.begin();
    std::size_t kept = *next;
    for (std::size_t i = kept; i < column.size(); ++i) {
      if (next != points.end() && *next == i) {
        ++next;
      } else {
        column[kept++] = column[i];
      }
    }
    column.resize(std::min(kept, column.size()));
  };
  without(columns.series);
  without(columns.timestamps);
  without(columns.values);
}

std::size_t Batch::size() const noexcept {
  return read().series.size();
}

std::size_t Batch::memory() const noexcept {
  const Columns& columns = read();
  constexpr std::size_t kPoint = sizeof(SeriesIndex) + sizeof(std::int64_t) + sizeof(double);
  return columns.series.size() * kPoint + columns.entries.size() * sizeof(Columns::Entry) + columns.arena.size();
}

void Batch::clear() noexcept {
  if (!columns_) return;
  columns_->series.clear();
  columns_->timestamps.clear();
  columns_->values.clear();
  columns_->entries.clear();
  columns_->arena.clear();
  columns_->series_table.clear();
  columns_->metrics.clear();
  columns_->metric_table.clear();
  columns_->handles = 0;
  columns_->handle_generation = 0;
}

std::span<const Batch::SeriesIndex> Batch::series_column() const noexcept {
  return read().series;
}
std::span<const std::int64_t> Batch::timestamp_column() const noexcept {
  return read().timestamps;
}
std::span<const double> Batch::value_column() const noexcept {
  return read().values;
}

std::size_t Batch::series_count() const noexcept {
  return read().entries.size();
}

Batch::Series Batch::series_at(SeriesIndex index) const {
  const Columns& columns = read();
  const Columns::Entry& entry = columns.entries.at(index);
  if (entry.has_handle()) return {.metric = entry.metric, .dimensions = {}, .fingerprint = {}, .handle = entry.place};
  return {.metric = entry.metric, .dimensions = columns.bytes(entry), .fingerprint = columns.fingerprint(entry)};
}

std::size_t Batch::metric_count() const noexcept {
  return read().metrics.size();
}
std::string_view Batch::metric_name(std::uint32_t metric) const {
  return read().metrics.at(metric);
}

}  // namespace luminate
