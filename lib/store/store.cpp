#include <luminate/store.hpp>

#include <chrono>
#include <stop_token>
#include <utility>

#include "model/retention.hpp"
#include "query/matcher.hpp"
#include "query/plan.hpp"
#include "store/collect.hpp"
#include "store/range_stream_state.hpp"
#include "store/shared.hpp"
#include "store/store_url.hpp"

namespace luminate {

using std::chrono::steady_clock;
using store::CallScope;

Store::Store(std::shared_ptr<Shared> shared, std::string tenant, CallLimits limits)
    : shared_(std::move(shared)), tenant_(std::move(tenant)), limits_(std::move(limits)) {}

Store Store::open(std::string_view url, Options options) {
  const store::StoreUrl parsed = store::parse_store_url(url);
  options.read_only = options.read_only || parsed.read_only;
  return Store(std::make_shared<Shared>(parsed, std::move(options)), "", {});
}

Store Store::tenant(std::string_view tenant) const {
  const Point probe{.name = "tenant", .dimensions = {{"tenant", std::string(tenant)}}};
  if (const auto verdict = Validator(shared_->options.points).check(probe, 0)) {
    throw Error(ErrorCode::invalid_option,
                "the tenant's name breaks the rules of a dimension value: " + verdict->message, "tenant");
  }
  return Store(shared_, std::string(tenant), limits_);
}

Store Store::limited(CallLimits limits) const {
  return Store(shared_, tenant_, std::move(limits));
}

WriteReport Store::write(const Batch& batch) {
  const auto open = shared_->enter();
  return shared_->write(tenant_, batch, CallScope(limits_).call());
}

WriteReport Store::write_json(std::string_view json) {
  const auto open = shared_->enter();
  return shared_->write_json(tenant_, json, CallScope(limits_).call());
}

Result Store::query(const Query& query, std::stop_token stop) const {
  const auto open = shared_->enter();
  const auto start = steady_clock::now();
  const query::Plan plan = query::make_plan(query, tenant_, shared_->options.queries, shared_->now_ms());
  const CallScope scope(limits_, plan.timeout, std::move(stop));
  const model::Call& call = scope.call();
  backend::Backend& backend = *shared_->backend;
  Result result = plan.type == QueryType::range  ? store::collect(*backend.range(plan, call))
                  : plan.type == QueryType::rate ? backend.rate(plan, call)
                                                 : backend.aggregate(plan, call);
  result.execution_time = std::chrono::duration_cast<std::chrono::microseconds>(steady_clock::now() - start);
  return result;
}

RangeStream Store::stream(const Query& query, std::stop_token stop) const {
  const auto open = shared_->enter();
  const auto start = steady_clock::now();
  query::Plan plan = query::make_plan(query, tenant_, shared_->options.queries, shared_->now_ms());
  if (plan.type != QueryType::range) {
    throw Error(ErrorCode::invalid_query, "only range queries can be streamed; ask others with query()", "queryType");
  }
  return RangeStream(std::make_unique<RangeStream::State>(shared_, std::move(plan), start, limits_, std::move(stop)));
}

std::vector<std::string> Store::metrics(const Listing& listing) const {
  const auto open = shared_->enter();
  return shared_->backend->metrics({tenant_, listing.prefix, listing.limit, listing.time_range},
                                   CallScope(limits_, shared_->options.queries.default_timeout).call());
}

std::vector<std::string> Store::dimension_keys(std::string_view metric, const Listing& listing) const {
  const auto open = shared_->enter();
  return shared_->backend->dimension_keys(metric, {tenant_, listing.prefix, listing.limit, listing.time_range},
                                          CallScope(limits_, shared_->options.queries.default_timeout).call());
}

std::vector<std::string> Store::dimension_values(std::string_view metric, std::string_view key,
                                                 const Listing& listing) const {
  const auto open = shared_->enter();
  return shared_->backend->dimension_values(metric, key, {tenant_, listing.prefix, listing.limit, listing.time_range},
                                            CallScope(limits_, shared_->options.queries.default_timeout).call());
}

std::uint64_t Store::series_count(std::optional<std::string_view> metric) const {
  const auto open = shared_->enter();
  return shared_->backend->series_count(tenant_, metric,
                                        CallScope(limits_, shared_->options.queries.default_timeout).call());
}

Cardinality Store::cardinality(const CardinalityRequest& request) const {
  const auto open = shared_->enter();
  return shared_->backend->cardinality(tenant_, request,
                                       CallScope(limits_, shared_->options.queries.default_timeout).call());
}

std::vector<std::string> Store::tenants() const {
  const auto open = shared_->enter();
  auto all = shared_->backend->tenants(CallScope(limits_, shared_->options.queries.default_timeout).call());
  if (!tenant_.empty()) std::erase_if(all, [this](const std::string& each) { return each != tenant_; });
  return all;
}

std::vector<TenantSeries> Store::series_by_tenant(std::size_t limit) const {
  const auto open = shared_->enter();
  return shared_->backend->series_by_tenant(tenant_.empty() ? std::nullopt : std::optional<std::string_view>(tenant_),
                                            limit, CallScope(limits_, shared_->options.queries.default_timeout).call());
}

Refusals Store::refusals() const {
  shared_->check_process();
  return tenant_.empty() ? shared_->refusals.all() : shared_->refusals.of(tenant_);
}

void Store::scan(const Scan& what, const std::function<void(const SeriesSamples&)>& visit, std::stop_token stop) const {
  const auto open = shared_->enter();
  if (what.time_range.start_ms >= what.time_range.end_ms) {
    throw Error(ErrorCode::invalid_query, "the time range is empty: its start must be before its end", "timeRange");
  }
  const auto matchers = query::compile(what.filters);
  shared_->backend->scan({tenant_, what.metric, what.time_range, matchers}, visit,
                         CallScope(limits_, {}, std::move(stop)).call());
}

void Store::backup(const std::string& to, const BackupOptions& options) const {
  const auto open = shared_->enter();
  const CallScope scope(limits_, {}, options.watch.stop);
  BackupOptions limited = options;
  limited.watch.stop = scope.call().stop;
  limited.watch.progress = [&](const Progress& progress) {
    scope.call().check();
    if (options.watch.progress) options.watch.progress(progress);
  };
  shared_->backend->backup(to, limited);
}

std::uint64_t Store::remove(const Deletion& deletion) {
  const auto open = shared_->enter();
  if (deletion.time_range.start_ms >= deletion.time_range.end_ms) {
    throw Error(ErrorCode::invalid_query, "the time range to delete is empty: its start must be before its end",
                "timeRange");
  }
  const auto matchers = query::compile(deletion.filters);
  return shared_->backend->remove({tenant_, deletion.metric, deletion.time_range, matchers, deletion.dry_run},
                                  CallScope(limits_).call());
}

void Store::set_retention(const RetentionPolicy& policy) {
  const auto open = shared_->enter();
  const CallScope scope(limits_);
  model::check_retention(policy);
  shared_->backend->set_retention(tenant_, policy);
}

bool Store::remove_retention(std::string_view pattern) {
  const auto open = shared_->enter();
  const CallScope scope(limits_);
  return shared_->backend->remove_retention(tenant_, pattern);
}

std::vector<RetentionPolicy> Store::retention() const {
  const auto open = shared_->enter();
  const CallScope scope(limits_);
  return shared_->backend->retention(tenant_);
}

const RetentionLimits& Store::retention_limits() const noexcept {
  return shared_->options.retention;
}

RetentionReport Store::enforce_retention(std::stop_token stop) {
  const auto open = shared_->enter();
  const CallScope scope(limits_, {}, std::move(stop));
  return shared_->until_closed(
      scope.call(), [&](const model::Call& call) { return shared_->backend->enforce_retention(tenant_, call); });
}

CompactionReport Store::compact(std::stop_token stop) {
  const auto open = shared_->enter();
  const CallScope scope(limits_, {}, std::move(stop));
  return shared_->until_closed(scope.call(), [&](const model::Call& call) { return shared_->backend->compact(call); });
}

StoreStatistics Store::statistics() const {
  const auto open = shared_->enter();
  const CallScope scope(limits_);
  return shared_->backend->statistics();
}

Health Store::health() const {
  const auto open = shared_->enter();
  return shared_->backend->health(CallScope(limits_, shared_->options.queries.default_timeout).call());
}

void Store::close() {
  shared_->close();
}

}  // namespace luminate
