#include <luminate/error.hpp>
#include <luminate/metric.hpp>

#include <limits>
#include <string>
#include <vector>

#include "model/dimension_set.hpp"

namespace luminate {

/// Series are found by an open-addressing table of indices into `entries`; their canonical bytes stand one after
/// another in `arena`.
struct Batch::Columns {
  struct Entry {
    std::uint32_t metric;
    std::uint32_t length;
    std::size_t offset;
    Fingerprint fingerprint;
  };

  std::vector<SeriesIndex> series;
  std::vector<std::int64_t> timestamps;
  std::vector<double> values;

  std::vector<Entry> entries;
  std::string arena;
  std::vector<std::string> metrics;
  std::vector<SeriesIndex> table;  ///< Size a power of two, at most half full; kFree where nothing is.

  static constexpr SeriesIndex kFree = std::numeric_limits<SeriesIndex>::max();

  std::string_view bytes(const Entry& entry) const { return {arena.data() + entry.offset, entry.length}; }

  static std::size_t slot(std::uint32_t metric, const Fingerprint& fingerprint, std::size_t mask) {
    return (fingerprint.low ^ (metric * 0x9E3779B97F4A7C15ULL)) & mask;
  }

  std::uint32_t metric_index(std::string_view name) {
    // Batches carry one metric, or a few; the last one seen is the likeliest.
    for (std::size_t i = metrics.size(); i-- > 0;) {
      if (metrics[i] == name) return static_cast<std::uint32_t>(i);
    }
    metrics.emplace_back(name);
    return static_cast<std::uint32_t>(metrics.size() - 1);
  }

  void grow() {
    table.assign(table.empty() ? 64 : table.size() * 2, kFree);
    const std::size_t mask = table.size() - 1;
    for (SeriesIndex i = 0; i < entries.size(); ++i) {
      std::size_t at = slot(entries[i].metric, entries[i].fingerprint, mask);
      while (table[at] != kFree) at = (at + 1) & mask;
      table[at] = i;
    }
  }

  SeriesIndex intern(std::string_view name, std::string_view canonical) {
    if (entries.size() * 2 >= table.size()) grow();
    const std::uint32_t metric = metric_index(name);
    const Fingerprint fingerprint = model::fingerprint(canonical);
    const std::size_t mask = table.size() - 1;
    std::size_t at = slot(metric, fingerprint, mask);
    for (; table[at] != kFree; at = (at + 1) & mask) {
      const Entry& entry = entries[table[at]];
      if (entry.metric == metric && entry.fingerprint == fingerprint && bytes(entry) == canonical) return table[at];
    }
    const auto index = static_cast<SeriesIndex>(entries.size());
    entries.push_back({metric, static_cast<std::uint32_t>(canonical.size()), arena.size(), fingerprint});
    arena.append(canonical);
    table[at] = index;
    return index;
  }
};

Batch::Batch() : columns_(std::make_unique<Columns>()) {}
Batch::~Batch() = default;
Batch::Batch(Batch&&) noexcept = default;
Batch& Batch::operator=(Batch&&) noexcept = default;
Batch::Batch(const Batch& other) : columns_(std::make_unique<Columns>(*other.columns_)) {}
Batch& Batch::operator=(const Batch& other) {
  if (this != &other) columns_ = std::make_unique<Columns>(*other.columns_);
  return *this;
}

Batch::SeriesIndex Batch::series(std::string_view name, const Dimensions& dimensions) {
  return columns_->intern(name, model::canonical_bytes(dimensions));
}

Batch::SeriesIndex Batch::series_canonical(std::string_view name, std::string_view canonical_dimensions) {
  return columns_->intern(name, canonical_dimensions);
}

void Batch::add(const Point& point) { add(series(point.name, point.dimensions), point.timestamp_ms, point.value); }

void Batch::add(SeriesIndex series, std::int64_t timestamp_ms, double value) {
  columns_->series.push_back(series);
  columns_->timestamps.push_back(timestamp_ms);
  columns_->values.push_back(value);
}

void Batch::append(SeriesIndex series, std::span<const std::int64_t> timestamps_ms, std::span<const double> values) {
  if (timestamps_ms.size() != values.size()) {
    throw Error(ErrorCode::invalid_request, "append() got " + std::to_string(timestamps_ms.size()) +
                                                " timestamps and " + std::to_string(values.size()) +
                                                " values; give it as many of one as of the other");
  }
  columns_->series.insert(columns_->series.end(), values.size(), series);
  columns_->timestamps.insert(columns_->timestamps.end(), timestamps_ms.begin(), timestamps_ms.end());
  columns_->values.insert(columns_->values.end(), values.begin(), values.end());
}

std::size_t Batch::size() const noexcept { return columns_->series.size(); }

void Batch::clear() noexcept {
  columns_->series.clear();
  columns_->timestamps.clear();
  columns_->values.clear();
  columns_->entries.clear();
  columns_->arena.clear();
  columns_->metrics.clear();
  columns_->table.assign(columns_->table.size(), Columns::kFree);
}

std::span<const Batch::SeriesIndex> Batch::series_column() const noexcept { return columns_->series; }
std::span<const std::int64_t> Batch::timestamp_column() const noexcept { return columns_->timestamps; }
std::span<const double> Batch::value_column() const noexcept { return columns_->values; }

std::size_t Batch::series_count() const noexcept { return columns_->entries.size(); }

Batch::Series Batch::series_at(SeriesIndex index) const {
  const Columns::Entry& entry = columns_->entries.at(index);
  return {entry.metric, columns_->bytes(entry), entry.fingerprint};
}

std::size_t Batch::metric_count() const noexcept { return columns_->metrics.size(); }
std::string_view Batch::metric_name(std::uint32_t metric) const { return columns_->metrics.at(metric); }

}  // namespace luminate
