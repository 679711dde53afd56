#include "batch.hpp"

#include <luminate.h>
#include <luminate/metric.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "guard.hpp"

namespace luminate::capi {
namespace {

using SeriesIndex = Batch::SeriesIndex;

void need_series(const Batch& batch, SeriesIndex series) {
  if (series < batch.series_count()) return;
  refuse("series " + std::to_string(series) + " is none of this batch, which has " +
         std::to_string(batch.series_count()) + "; name it by luminate_batch_series() first");
}

Dimensions::iterator add_dimension(Dimensions& dimensions, std::string_view key, std::string_view value,
                                   std::string_view array, std::size_t index) {
  const auto [place, fresh] = dimensions.emplace(key, value);
  if (!fresh) refuse_element("gives the key '" + std::string(key) + "' twice; give each once", array, index);
  return place;
}

/// The arguments of luminate_batch_append_columns().
class Columns {
 public:
  Columns(const char* texts, std::span<const std::size_t> text_ends, std::span<const std::size_t> series_ends,
          std::span<const std::uint32_t> series)
      : texts_(texts), text_ends_(text_ends), series_ends_(series_ends), series_(series) {}

  void check() const {
    check_ascending(text_ends_, "text_ends");
    check_ascending(series_ends_, "series_ends");
    const std::size_t bytes = text_ends_.empty() ? 0 : text_ends_.back();
    static_cast<void>(need_array(texts_, bytes, "texts"));
    if (!series_ends_.empty() && series_ends_.back() > text_ends_.size()) {
      refuse_element("is beyond the last of " + std::to_string(text_ends_.size()) + " texts", "series_ends",
                     series_ends_.size() - 1);
    }
    for (std::size_t i = 0; i < series_ends_.size(); ++i) {
      if ((series_ends_[i] - begin_of(i)) % 2 == 0) {
        refuse_element("leaves a series of an even number of texts; give a metric, then keys and values", "series_ends",
                       i);
      }
    }
    for (std::size_t i = 0; i < series_.size(); ++i) {
      if (series_[i] < series_ends_.size()) continue;
      refuse_element("is " + std::to_string(series_[i]) + ", and there are " + std::to_string(series_ends_.size()) +
                         " series in this call",
                     "series", i);
    }
  }

  /// Until the next call. @throws Error for a key that comes twice, with the position of the series.
  const Dimensions& dimensions(std::size_t i) {
    const std::size_t first = begin_of(i) + 1;
    const std::size_t count = (series_ends_[i] - first) / 2;
    // Series of one call mostly have the same keys: then only values change, and nothing is allocated.
    bool same = count == places_.size();
    for (std::size_t k = 0; same && k < count; ++k) same = places_[k]->first == text(first + 2 * k);
    if (!same) name_keys(i, first, count);
    for (std::size_t k = 0; k < count; ++k) places_[k]->second.assign(text(first + 2 * k + 1));
    return dimensions_;
  }
  std::string_view metric(std::size_t i) const { return text(begin_of(i)); }

 private:
  static void check_ascending(std::span<const std::size_t> ends, std::string_view name) {
    for (std::size_t i = 1; i < ends.size(); ++i) {
      if (ends[i] < ends[i - 1]) refuse_element("is smaller than the one before", name, i);
    }
  }
  void name_keys(std::size_t series, std::size_t first, std::size_t count) {
    places_.clear();
    dimensions_.clear();
    for (std::size_t k = 0; k < count; ++k) {
      places_.push_back(add_dimension(dimensions_, text(first + 2 * k), "", "series_ends", series));
    }
  }
  std::size_t begin_of(std::size_t series) const { return series == 0 ? 0 : series_ends_[series - 1]; }
  std::string_view text(std::size_t i) const {
    const std::size_t begin = i == 0 ? 0 : text_ends_[i - 1];
    return {texts_ + begin, text_ends_[i] - begin};
  }

  const char* texts_;
  std::span<const std::size_t> text_ends_;
  std::span<const std::size_t> series_ends_;
  std::span<const std::uint32_t> series_;
  Dimensions dimensions_;
  std::vector<Dimensions::iterator> places_;  ///< Of the keys, in the order in which they are given.
};

/// Takes points out again that were added when memory ran out. Needs none itself.
void shrink(Batch& batch, std::size_t size) noexcept {
  while (batch.size() > size) {
    const std::size_t last = batch.size() - 1;
    batch.remove_points({&last, 1});
  }
}

/// Points come in runs of one series, more often than not.
void append_runs(Batch& batch, std::span<const SeriesIndex> numbers, std::span<const std::uint32_t> series,
                 std::span<const std::int64_t> timestamps, std::span<const double> values) {
  for (std::size_t begin = 0; begin < series.size();) {
    std::size_t end = begin + 1;
    while (end < series.size() && series[end] == series[begin]) ++end;
    const SeriesIndex number = numbers[series[begin]];
    if (end - begin == 1) {
      batch.add(number, timestamps[begin], values[begin]);
    } else {
      batch.append(number, timestamps.subspan(begin, end - begin), values.subspan(begin, end - begin));
    }
    begin = end;
  }
}

}  // namespace
}  // namespace luminate::capi

using namespace luminate::capi;  // NOLINT

extern "C" {

luminate_status luminate_batch_create(luminate_batch** batch, luminate_error** error) {
  clear(batch);
  return guarded(error, [&] {
    need(batch, "batch");
    *batch = std::make_unique<luminate_batch>().release();
  });
}

void luminate_batch_clear(luminate_batch* batch) {
  if (batch != nullptr) batch->batch.clear();
}

size_t luminate_batch_size(const luminate_batch* batch) {
  return batch == nullptr ? 0 : batch->batch.size();
}

luminate_status luminate_batch_series(luminate_batch* batch, const char* metric, size_t metric_size,
                                      const char* const* keys, const size_t* key_sizes, const char* const* values,
                                      const size_t* value_sizes, size_t count, uint32_t* series,
                                      luminate_error** error) {
  clear(series);
  return guarded(error, [&] {
    need(batch, "batch");
    need(series, "series");
    const std::string_view name = need_text(metric, metric_size, "metric");
    need_array(keys, count, "keys");
    need_array(values, count, "values");
    luminate::Dimensions dimensions;
    for (std::size_t i = 0; i < count; ++i) {
      add_dimension(dimensions, need_text(keys, key_sizes, i, "keys"), need_text(values, value_sizes, i, "values"),
                    "keys", i);
    }
    *series = batch->batch.series(name, dimensions);
  });
}

luminate_status luminate_batch_add(luminate_batch* batch, uint32_t series, int64_t timestamp_ms, double value,
                                   luminate_error** error) {
  return guarded(error, [&] {
    need_series(need(batch, "batch").batch, series);
    batch->batch.add(series, timestamp_ms, value);
  });
}

luminate_status luminate_batch_append(luminate_batch* batch, uint32_t series, const int64_t* timestamps_ms,
                                      const double* values, size_t count, luminate_error** error) {
  return guarded(error, [&] {
    need_series(need(batch, "batch").batch, series);
    const auto timestamps = need_array(timestamps_ms, count, "timestamps_ms");
    batch->batch.append(series, timestamps, need_array(values, count, "values"));
  });
}

luminate_status luminate_batch_append_columns(luminate_batch* batch, const char* texts, const size_t* text_ends,
                                              size_t text_count, const size_t* series_ends, size_t series_count,
                                              const uint32_t* series, const int64_t* timestamps_ms,
                                              const double* values, size_t count, luminate_error** error) {
  return guarded(error, [&] {
    need(batch, "batch");
    const auto numbers_here = need_array(series, count, "series");
    Columns columns(texts, need_array(text_ends, text_count, "text_ends"),
                    need_array(series_ends, series_count, "series_ends"), numbers_here);
    const auto timestamps = need_array(timestamps_ms, count, "timestamps_ms");
    const auto measured = need_array(values, count, "values");
    columns.check();

    // A series that nobody gave a point to is no change that anyone could see.
    std::vector<luminate::Batch::SeriesIndex> numbers(series_count);
    for (std::size_t i = 0; i < series_count; ++i) {
      numbers[i] = batch->batch.series(columns.metric(i), columns.dimensions(i));
    }
    const std::size_t before = batch->batch.size();
    try {
      append_runs(batch->batch, numbers, numbers_here, timestamps, measured);
    } catch (...) {
      shrink(batch->batch, before);
      throw;
    }
  });
}

void luminate_batch_destroy(luminate_batch* batch) {
  delete batch;
}

}  // extern "C"
