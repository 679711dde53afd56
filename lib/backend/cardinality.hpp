#pragma once

#include <luminate/options.hpp>
#include <luminate/store.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

// What all backends say about the number of series, in one place.
namespace luminate::backend {

inline std::string refusal_of_metric(std::string_view name, const CardinalityLimits& limits) {
  return "metric \"" + std::string(name) + "\" would be one more than the " + std::to_string(limits.max_metrics) +
         " metrics that are allowed; delete one, or raise cardinality_limits.max_metrics_per_tenant";
}

inline std::string refusal_of_series(std::string_view metric, const CardinalityLimits& limits) {
  return "metric \"" + std::string(metric) + "\" has " + std::to_string(limits.max_series_per_metric) +
         " series, as many as are allowed; use fewer distinct dimension values, or raise"
         " cardinality_limits.max_unique_series_per_metric";
}

/// The order of Store::series_by_tenant(), and its limit.
inline void keep_heaviest(std::vector<TenantSeries>& tenants, std::size_t limit) {
  std::sort(tenants.begin(), tenants.end(), [](const TenantSeries& a, const TenantSeries& b) {
    return std::tie(b.series, a.tenant) < std::tie(a.series, b.tenant);
  });
  if (tenants.size() > limit) tenants.resize(limit);
}

/// Takes the parts of a cardinality answer one by one, in any order, and keeps the heaviest of each list.
class CardinalityTally {
 public:
  CardinalityTally(const CardinalityRequest& request, const CardinalityLimits& limits) : limit_(request.limit) {
    answer_.limits = limits;
  }

  /// @param listed whether the request asks for this metric.
  void add_metric(std::string_view name, std::uint64_t series, bool listed) {
    ++answer_.metric_count;
    answer_.series_count += series;
    if (listed) add(answer_.metrics, {std::string(name), series, left(answer_.limits.max_series_per_metric, series)});
  }
  void add_key(std::string_view metric, std::string_view key, std::uint64_t values, std::uint64_t series) {
    add(answer_.keys, {std::string(metric), std::string(key), values, series});
  }
  /// Values are many, and most are no candidates: their texts are copied for those that are.
  void add_value(std::string_view metric, std::string_view key, std::string_view value, std::uint64_t series) {
    if (!admits(series)) return;
    const Cardinality::Value* last = answer_.values.empty() ? nullptr : &answer_.values.front();
    if (answer_.values.size() == limit_ && last->series == series &&
        std::tuple<std::string_view, std::string_view, std::string_view>(last->metric, last->key, last->value) <
            std::tuple(metric, key, value)) {
      return;
    }
    add(answer_.values, {std::string(metric), std::string(key), std::string(value), series});
  }
  /// Whether a value with so many series may still get into the list.
  bool admits(std::uint64_t series) const {
    return limit_ > 0 && (answer_.values.size() < limit_ || series >= answer_.values.front().series);
  }

  Cardinality finish() && {
    sort(answer_.metrics);
    sort(answer_.keys);
    sort(answer_.values);
    answer_.metrics_left = left(answer_.limits.max_metrics, answer_.metric_count);
    return std::move(answer_);
  }

 private:
  static std::uint64_t left(std::uint64_t limit, std::uint64_t used) { return limit > used ? limit - used : 0; }

  static auto rank(const Cardinality::Metric& m) { return std::tuple(~m.series, std::string_view(m.name)); }
  static auto rank(const Cardinality::Key& k) {
    return std::tuple(~k.values, std::string_view(k.metric), std::string_view(k.key));
  }
  static auto rank(const Cardinality::Value& v) {
    return std::tuple(~v.series, std::string_view(v.metric), std::string_view(v.key), std::string_view(v.value));
  }
  template <class Entry>
  static bool heavier(const Entry& a, const Entry& b) {
    return rank(a) < rank(b);
  }

  template <class Entry>
  static void sort(std::vector<Entry>& list) {
    std::sort_heap(list.begin(), list.end(), heavier<Entry>);
  }

  /// Each list is a heap with its lightest entry in front.
  template <class Entry>
  void add(std::vector<Entry>& list, Entry entry) {
    list.push_back(std::move(entry));
    std::push_heap(list.begin(), list.end(), heavier<Entry>);
    if (list.size() <= limit_) return;
    std::pop_heap(list.begin(), list.end(), heavier<Entry>);
    list.pop_back();
  }

  const std::size_t limit_;
  Cardinality answer_;
};

}  // namespace luminate::backend
