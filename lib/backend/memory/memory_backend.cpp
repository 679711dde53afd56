#include "memory/memory_backend.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <map>
#include <mutex>
#include <set>
#include <utility>

#include "backend/backend.hpp"
#include "backend/cardinality.hpp"
#include "backend/cardinality_watch.hpp"
#include "backend/whole_range.hpp"
#include "memory/reference_evaluator.hpp"
#include "model/dimension_set.hpp"
#include "model/retention.hpp"

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
  explicit MemoryBackend(const Options& options)
      : limits_(options.cardinality),
        retention_(options.retention),
        clock_(options.clock),
        watch_(options.cardinality, options.logger) {
    next_cleanup_ms_ = now_ms() + retention_.cleanup_interval.count();
  }

  WriteOutcome write(std::string_view tenant, const Batch& batch, const model::Call& call) override {
    Growths growths;
    const WriteOutcome outcome = store(tenant, batch, call, growths);
    watch_.note(growths);
    return outcome;
  }

  std::unique_ptr<RangeCursor> range(const query::Plan& plan, const model::Call& call) override {
    return std::make_unique<WholeRange>(evaluate(plan, call));
  }
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

  Cardinality cardinality(std::string_view tenant, const CardinalityRequest& request,
                          const model::Call& call) override {
    const std::lock_guard lock(mutex_);
    CardinalityTally tally(request, limits_);
    for (const auto& [metric, all_series] : metrics_of(tenant)) {
      const bool listed = !request.metric || *request.metric == metric;
      tally.add_metric(metric, all_series.size(), listed);
      if (!listed) continue;
      std::map<std::string, std::map<std::string, std::uint64_t>> keys;
      for (const auto& [dimensions, samples] : all_series) {
        call.check();
        for (const auto& [key, value] : dimensions) ++keys[key][value];
      }
      for (const auto& [key, values] : keys) {
        std::uint64_t carriers = 0;
        for (const auto& [value, series] : values) {
          carriers += series;
          tally.add_value(metric, key, value, series);
        }
        tally.add_key(metric, key, values.size(), carriers);
      }
    }
    return std::move(tally).finish();
  }

  std::vector<std::string> tenants(const model::Call& call) override {
    const std::lock_guard lock(mutex_);
    call.check();
    std::vector<std::string> names;
    for (const auto& [tenant, metrics] : tenants_) {
      if (!metrics.empty()) names.push_back(tenant);
    }
    return names;
  }

  std::vector<TenantSeries> series_by_tenant(std::optional<std::string_view> tenant, std::size_t limit,
                                             const model::Call& call) override {
    const std::lock_guard lock(mutex_);
    call.check();
    std::vector<TenantSeries> list;
    for (const auto& [name, metrics] : tenants_) {
      if (metrics.empty() || (tenant && name != *tenant)) continue;
      TenantSeries& entry = list.emplace_back(TenantSeries{.tenant = name, .metrics = metrics.size()});
      for (const auto& [metric, all_series] : metrics) entry.series += all_series.size();
    }
    keep_heaviest(list, limit);
    return list;
  }

  void scan(const ScanRequest& request, const ScanVisitor& visit, const model::Call& call) override {
    // A copy, so that nobody waits for the visitor: this backend holds what fits into memory twice.
    const SeriesMap all_series = [&] {
      const std::lock_guard lock(mutex_);
      return series_of(request.tenant, request.metric);
    }();
    std::vector<std::int64_t> timestamps;
    std::vector<double> values;
    for (const auto& [dimensions, samples] : all_series) {
      call.check();
      if (!matches_all(request.matchers, dimensions)) continue;
      timestamps.clear();
      values.clear();
      const auto [begin, end] = in_range(samples, request.time_range);
      for (auto at = begin; at != end; ++at) {
        timestamps.push_back(at->first);
        values.push_back(at->second);
      }
      if (!timestamps.empty()) visit({dimensions, timestamps, values});
    }
  }

  void backup(const std::string&, const BackupOptions&) override {
    throw Error(ErrorCode::invalid_request, "a memory: store has no file to back up; export its points instead");
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

  void set_retention(std::string_view tenant, const RetentionPolicy& policy) override {
    const std::lock_guard lock(mutex_);
    auto& policies = policies_[std::string(tenant)];
    const auto found = policies.find(policy.pattern);
    if (found == policies.end()) model::check_retention_count(policies.size());
    policies[policy.pattern] = policy.keep;
  }

  bool remove_retention(std::string_view tenant, std::string_view pattern) override {
    const std::lock_guard lock(mutex_);
    const auto policies = policies_.find(tenant);
    return policies != policies_.end() && policies->second.erase(std::string(pattern)) > 0;
  }

  std::vector<RetentionPolicy> retention(std::string_view tenant) override {
    const std::lock_guard lock(mutex_);
    return policies_of(tenant);
  }

  RetentionReport enforce_retention(std::string_view tenant, const model::Call& call) override {
    const std::lock_guard lock(mutex_);
    call.check();
    RetentionReport report;
    const auto metrics = tenants_.find(tenant);
    if (metrics != tenants_.end()) clean_up(tenant, metrics->second, report);
    return report;
  }

  CompactionReport compact(const model::Call&) override { return {}; }

  StoreStatistics statistics() override {
    const std::lock_guard lock(mutex_);
    StoreStatistics statistics;
    for (const auto& [tenant, metrics] : tenants_) {
      statistics.metrics += metrics.size();
      for (const auto& [name, all_series] : metrics) {
        statistics.series += all_series.size();
        for (const auto& [dimensions, samples] : all_series) statistics.samples += samples.size();
      }
    }
    return statistics;
  }

  Health health(const model::Call&) override { return {true, "memory", "ok"}; }

  void close() override {
    const std::lock_guard lock(mutex_);
    tenants_.clear();
  }

 private:
  using Growths = std::vector<CardinalityWatch::Growth>;

  WriteOutcome store(std::string_view tenant, const Batch& batch, const model::Call& call, Growths& growths) {
    const std::lock_guard lock(mutex_);
    call.check();  // Not again: a batch is written whole.
    clean_up_if_due();
    const std::size_t metrics_before = metrics_of(tenant).size();
    std::map<std::string, std::size_t> series_before;  // Of the metrics that get more.
    WriteOutcome outcome;                              // Without handles: there is nothing here that they could save.
    std::map<Batch::SeriesIndex, Samples*> known;      // Null for a series that was refused.
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const Batch::SeriesIndex series = batch.series_column()[i];
      auto found = known.find(series);
      if (found == known.end()) {
        const std::string metric(batch.metric_name(batch.series_at(series).metric));
        series_before.emplace(metric, series_of(tenant, metric).size());
        std::string refusal;
        found = known.emplace(series, find_or_make(tenant, batch, series, refusal)).first;
        if (!found->second) outcome.refusals.push_back({series, std::move(refusal)});
      }
      if (found->second) (*found->second)[batch.timestamp_column()[i]] = batch.value_column()[i];
    }
    const auto add = [&](const std::string& metric, std::size_t before, std::size_t after) {
      if (after > before) growths.push_back({std::string(tenant), metric, before, after});
    };
    for (const auto& [metric, before] : series_before) add(metric, before, series_of(tenant, metric).size());
    add("", metrics_before, metrics_of(tenant).size());
    return outcome;
  }

  Result evaluate(const query::Plan& plan, const model::Call& call) {
    const std::lock_guard lock(mutex_);
    return evaluate_reference(plan, series_of(plan.tenant, plan.metric), call);
  }

  std::int64_t now_ms() const {
    using namespace std::chrono;
    return clock_ ? clock_() : duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
  }

  std::vector<RetentionPolicy> policies_of(std::string_view tenant) const {
    std::vector<RetentionPolicy> list;
    const auto policies = policies_.find(tenant);
    if (policies == policies_.end()) return list;
    for (const auto& [pattern, keep] : policies->second) list.push_back({pattern, keep});
    return list;
  }

  void clean_up(std::string_view tenant, MetricMap& metrics, RetentionReport& report) {
    const auto policies = policies_of(tenant);
    for (auto metric = metrics.begin(); metric != metrics.end();) {
      const auto keep = model::keep_of(metric->first, policies, retention_);
      const TimeRange old{std::numeric_limits<std::int64_t>::min(), model::retention_cutoff(now_ms(), keep)};
      SeriesMap& all_series = metric->second;
      for (auto series = all_series.begin(); series != all_series.end();) {
        const auto [begin, end] = in_range(series->second, old);
        report.samples += static_cast<std::uint64_t>(std::distance(begin, end));
        series->second.erase(begin, end);
        const bool gone = series->second.empty();
        if (gone) ++report.series;
        series = gone ? all_series.erase(series) : std::next(series);
      }
      if (all_series.empty()) ++report.metrics;
      metric = all_series.empty() ? metrics.erase(metric) : std::next(metric);
    }
  }

  /// There is no thread of its own: writes, which are what makes it grow, see to it.
  void clean_up_if_due() {
    if (now_ms() < next_cleanup_ms_) return;
    next_cleanup_ms_ = now_ms() + retention_.cleanup_interval.count();
    RetentionReport ignored;
    for (auto& [tenant, metrics] : tenants_) clean_up(tenant, metrics, ignored);
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
      refusal = refusal_of_metric(metric, limits_);
      return nullptr;
    }
    const SeriesMap& existing = series_of(tenant, metric);
    if (existing.find(dimensions) == existing.end() && existing.size() >= limits_.max_series_per_metric) {
      refusal = refusal_of_series(metric, limits_);
      return nullptr;
    }
    return &tenants_[std::string(tenant)][metric][dimensions];
  }

  const CardinalityLimits limits_;
  const RetentionLimits retention_;
  const std::function<std::int64_t()> clock_;
  CardinalityWatch watch_;
  std::mutex mutex_;
  std::map<std::string, MetricMap, std::less<>> tenants_;  ///< Guarded by mutex_, like what follows.
  /// By tenant, then by pattern.
  std::map<std::string, std::map<std::string, std::chrono::milliseconds>, std::less<>> policies_;
  std::int64_t next_cleanup_ms_ = 0;
};

}  // namespace

std::unique_ptr<Backend> open_memory(const Options& options) {
  return std::make_unique<MemoryBackend>(options);
}

}  // namespace luminate::backend
