#include "memory/memory_backend.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <utility>

#include "backend/backend.hpp"
#include "memory/reference_evaluator.hpp"
#include "model/dimension_set.hpp"

namespace luminate::backend {
namespace {

using MetricMap = std::map<std::string, SeriesMap, std::less<>>;

bool has_samples(const Samples& samples, const std::optional<TimeRange>& range) {
  if (!range) return !samples.empty();
  const auto [begin, end] = in_range(samples, *range);
  return begin != end;
}

/// The first `limit` of the names that begin with the prefix.
template <typename Names>
std::vector<std::string> listed(const Names& names, const ListRequest& request) {
  std::vector<std::string> list;
  for (const std::string& name : names) {
    if (list.size() >= request.limit) break;
    if (name.starts_with(request.prefix)) list.push_back(name);
  }
  return list;
}

class MemoryBackend final : public Backend {
 public:
  explicit MemoryBackend(const Options& options) : limits_(options.cardinality) {}

  WriteOutcome write(std::string_view tenant, const Batch& batch, const model::Call& call) override {
    const std::lock_guard lock(mutex_);
    call.check();                                  // Not again: a batch is written whole.
    WriteOutcome outcome;                          // Without handles: there is nothing here that they could save.
    std::map<Batch::SeriesIndex, Samples*> known;  // Null for a series that was refused.
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const Batch::SeriesIndex series = batch.series_column()[i];
      auto found = known.find(series);
      if (found == known.end()) {
        std::string refusal;
        found = known.emplace(series, find_or_make(tenant, batch, series, refusal)).first;
        if (!found->second) outcome.refusals.push_back({series, std::move(refusal)});
      }
      if (found->second) (*found->second)[batch.timestamp_column()[i]] = batch.value_column()[i];
    }
    return outcome;
  }

  Result range(const query::Plan& plan, const model::Call& call) override { return evaluate(plan, call); }
  Result aggregate(const query::Plan& plan, const model::Call& call) override { return evaluate(plan, call); }
  Result rate(const query::Plan& plan, const model::Call& call) override { return evaluate(plan, call); }

  std::vector<std::string> metrics(const ListRequest& request, const model::Call& call) override {
    const std::lock_guard lock(mutex_);
    std::set<std::string> names;
    for (const auto& [metric, all_series] : metrics_of(request.tenant)) {
      for (const auto& [dimensions, samples] : all_series) {
        call.check();
        if (!has_samples(samples, request.time_range)) continue;
        names.insert(metric);
        break;
      }
    }
    return listed(names, request);
  }

  std::vector<std::string> dimension_keys(std::string_view metric, const ListRequest& request,
                                          const model::Call& call) override {
    const std::lock_guard lock(mutex_);
    std::set<std::string> keys;
    for (const auto& [dimensions, samples] : series_of(request.tenant, metric)) {
      call.check();
      if (!has_samples(samples, request.time_range)) continue;
      for (const auto& [key, value] : dimensions) keys.insert(key);
    }
    return listed(keys, request);
  }

  std::vector<std::string> dimension_values(std::string_view metric, std::string_view key, const ListRequest& request,
                                            const model::Call& call) override {
    const std::lock_guard lock(mutex_);
    std::map<std::string, std::uint64_t> counts;
    for (const auto& [dimensions, samples] : series_of(request.tenant, metric)) {
      call.check();
      const auto found = dimensions.find(key);
      if (found != dimensions.end() && has_samples(samples, request.time_range)) ++counts[found->second];
    }
    std::vector<std::pair<std::string, std::uint64_t>> order(counts.begin(), counts.end());
    std::stable_sort(order.begin(), order.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
    std::vector<std::string> values;
    for (auto& [value, count] : order) values.push_back(std::move(value));
    return listed(values, request);
  }

  std::uint64_t series_count(std::string_view tenant, std::optional<std::string_view> metric,
                             const model::Call& call) override {
    const std::lock_guard lock(mutex_);
    call.check();
    if (metric) return series_of(tenant, *metric).size();
    std::uint64_t count = 0;
    for (const auto& [name, all_series] : metrics_of(tenant)) count += all_series.size();
    return count;
  }

  std::uint64_t remove(const DeleteRequest& request, const model::Call& call) override {
    const std::lock_guard lock(mutex_);
    const auto tenant = tenants_.find(request.tenant);
    if (tenant == tenants_.end()) return 0;
    const auto metric = tenant->second.find(request.metric);
    if (metric == tenant->second.end()) return 0;

    // First what can be given up, then what is done at once.
    SeriesMap& all_series = metric->second;
    std::vector<SeriesMap::iterator> matching;
    std::uint64_t count = 0;
    for (auto series = all_series.begin(); series != all_series.end(); ++series) {
      call.check();
      if (!matches_all(request.matchers, series->first)) continue;
      const auto [begin, end] = in_range(series->second, request.time_range);
      count += static_cast<std::uint64_t>(std::distance(begin, end));
      matching.push_back(series);
    }
    if (request.dry_run) return count;
    for (const auto series : matching) {
      const auto [begin, end] = in_range(series->second, request.time_range);
      series->second.erase(begin, end);
      if (series->second.empty()) all_series.erase(series);
    }
    if (all_series.empty()) tenant->second.erase(metric);
    return count;
  }

  Health health(const model::Call&) override { return {true, "memory", "ok"}; }

  void close() override {
    const std::lock_guard lock(mutex_);
    tenants_.clear();
  }

 private:
  Result evaluate(const query::Plan& plan, const model::Call& call) {
    const std::lock_guard lock(mutex_);
    return evaluate_reference(plan, series_of(plan.tenant, plan.metric), call);
  }

  const MetricMap& metrics_of(std::string_view tenant) const {
    static const MetricMap kNone;
    const auto found = tenants_.find(tenant);
    return found == tenants_.end() ? kNone : found->second;
  }

  const SeriesMap& series_of(std::string_view tenant, std::string_view metric) const {
    static const SeriesMap kNone;
    const MetricMap& metrics = metrics_of(tenant);
    const auto found = metrics.find(metric);
    return found == metrics.end() ? kNone : found->second;
  }

  /// Null, and why, when the series would be one more than a limit allows.
  Samples* find_or_make(std::string_view tenant, const Batch& batch, Batch::SeriesIndex index, std::string& refusal) {
    const Batch::Series series = batch.series_at(index);
    const std::string metric(batch.metric_name(series.metric));
    const Dimensions dimensions = model::dimensions_from(series.dimensions);
    const MetricMap& metrics = metrics_of(tenant);
    const auto known = metrics.find(metric);
    if (known == metrics.end() && metrics.size() >= limits_.max_metrics) {
      refusal = "metric \"" + metric + "\" is new, and there are " + std::to_string(metrics.size()) +
                " metrics already; the limit is " + std::to_string(limits_.max_metrics);
      return nullptr;
    }
    const SeriesMap& existing = series_of(tenant, metric);
    if (existing.find(dimensions) == existing.end() && existing.size() >= limits_.max_series_per_metric) {
      refusal = "the series is new, and metric \"" + metric + "\" has " + std::to_string(existing.size()) +
                " series already; the limit is " + std::to_string(limits_.max_series_per_metric);
      return nullptr;
    }
    return &tenants_[std::string(tenant)][metric][dimensions];
  }

  const CardinalityLimits limits_;
  std::mutex mutex_;
  std::map<std::string, MetricMap, std::less<>> tenants_;  ///< Guarded by mutex_.
};

}  // namespace

std::unique_ptr<Backend> open_memory(const Options& options) {
  return std::make_unique<MemoryBackend>(options);
}

}  // namespace luminate::backend
