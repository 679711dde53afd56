#include "sqlite/writer.hpp"

#include <luminate/error.hpp>

#include <algorithm>
#include <iterator>
#include <limits>
#include <map>
#include <mutex>
#include <shared_mutex>

#include "backend/cardinality.hpp"
#include "backend/storage_failed.hpp"
#include "sqlite/schema.hpp"

namespace luminate::sqlite {
namespace {

// 4 KiB each: the log is folded into the file every 16 MiB, which keeps it short without many syncs.
constexpr int kCheckpointPages = 4096;
// The log begins again when it is folded in and no reader is in it. Where readers overlap that moment may never come:
// from here on the writer waits for it.
constexpr int kRestartPages = 2 * kCheckpointPages;

// A group of writes takes no more once it has as many points: a bound on how long its first caller waits.
constexpr std::size_t kGroupPoints = 100'000;

// Smaller batches that are committed together share segments, so that a file of single points is not all framing.
constexpr std::size_t kOwnSegmentPoints = 1'000;

// Of many series each look-up waits for the memory: the one of so many series later is asked for meanwhile.
constexpr std::size_t kLookAhead = 8;

/// Which series of a batch that came without a handle have points, and the order in which points first name them.
std::vector<Batch::SeriesIndex> used_series(const Batch& batch) {
  std::vector<Batch::SeriesIndex> used;
  if (batch.handle_count() == batch.series_count()) return used;
  std::vector<bool> seen(batch.series_count(), false);
  for (const auto index : batch.series_column()) {
    if (seen[index]) continue;
    seen[index] = true;
    if (batch.series_at(index).handle == 0) used.push_back(index);
  }
  return used;
}

/// What a series is called outside of this backend: the id of its metric above its own. A file has far fewer metrics
/// than would not fit; those get no handle.
constexpr int kHandleSeriesBits = 32;
constexpr std::int64_t kMostMetricsWithHandle = std::numeric_limits<std::int32_t>::max();

std::uint64_t handle_of(const ResolvedSeries& series) {
  if (series.id == kNoSeries || series.metric_id > kMostMetricsWithHandle) return 0;
  return static_cast<std::uint64_t>(series.metric_id) << kHandleSeriesBits | series.id;
}
ResolvedSeries series_of(std::uint64_t handle) {
  return {static_cast<std::int64_t>(handle >> kHandleSeriesBits), static_cast<SeriesId>(handle)};
}

Error waited_too_long(std::chrono::milliseconds max_wait) {
  return Error(ErrorCode::storage_unavailable,
               "the disk does not keep up: the write waited " + format_duration(max_wait) +
                   " behind others (batch_write.max_wait); nothing was stored, try again later");
}

}  // namespace

Writer::Writer(const std::string& path, const Options& options, Catalog& catalog)
    : catalog_(catalog),
      limits_(options.cardinality),
      watch_(options.cardinality, options.logger),
      max_wait_(options.writes.max_wait),
      backlog_({.points = options.writes.max_waiting_points, .bytes = options.writes.max_waiting_bytes}),
      writes_({.group_weight = kGroupPoints, .max_wait = max_wait_, .concerns_all = backend::storage_failed}),
      connection_(path, Connection::Mode::read_write),
      file_(path),
      checkpoint_at_(kCheckpointPages) {
  prepare_for_writing(connection_, path, options.durability);
  connection_.checkpoint_on_close();
  const std::unique_lock lock(catalog_.mutex());
  catalog_.catch_up(connection_);
  next_segment_ = 1 + connection_.query_integer(
                          "SELECT max(coalesce((SELECT max(id) FROM segment), 0), (SELECT largest FROM segment_id))");
}

backend::WriteOutcome Writer::write(std::string_view tenant, const Batch& batch, const model::Call& call) {
  const backend::Backlog::Share share(backlog_, {.points = batch.size(), .bytes = batch.memory()});
  Write write{.tenant = tenant, .batch = &batch, .resolution = resolve(tenant, batch)};
  if (write.resolution.outdated) return {.outdated = true};
  encode_alone(write);
  backend::WriteOutcome outcome;
  const bool has_new_series = batch.handle_count() < batch.series_count();
  if (has_new_series) outcome.handles.reserve(batch.series_count());  // Now: after the commit nothing may fail.
  const auto process = [this](std::span<Write* const> group) { write_group(group); };
  if (!writes_.run(write, batch.size(), process, call)) {
    call.check();
    throw waited_too_long(max_wait_);
  }
  outcome.outdated = write.resolution.outdated;
  if (outcome.outdated) return outcome;
  outcome.refusals = std::move(write.refusals);
  outcome.generation = write.resolution.generation;
  if (has_new_series) {
    for (const ResolvedSeries& series : write.resolution.series) outcome.handles.push_back(handle_of(series));
  }
  return outcome;
}

/// Encodes a batch while others commit, where that pays: small ones that come together make one segment instead.
void Writer::encode_alone(Write& write) const {
  if (!write.resolution.complete || write.batch->size() < kOwnSegmentPoints) return;
  const ResolvedBatch resolved{write.batch, write.resolution.series};
  write.segments = build_segments({&resolved, 1});
}

void Writer::write_group(std::span<Write* const> writes) {
  std::unique_lock lock(mutex_, max_wait_);
  if (!lock.owns_lock()) throw waited_too_long(max_wait_);
  file_.check();
  catch_up_after_failure();
  Growths growths;
  try {
    Grown grown;
    std::vector<NewSegment> segments;
    std::vector<ResolvedBatch> together;
    for (Write* write : writes) {
      write->refusals.clear();  // It may be the second time.
      renew_if_outdated(*write);
      if (write->resolution.outdated) continue;
      if (!write->resolution.complete) add_missing(*write, grown);
      if (write->segments.empty()) {
        together.push_back({write->batch, write->resolution.series});
      } else {
        std::move(write->segments.begin(), write->segments.end(), std::back_inserter(segments));
      }
    }
    // Nobody knows an order among writes that are under way together, so these may well be the newest.
    if (!together.empty()) std::ranges::move(build_segments(together), std::back_inserter(segments));
    if (!segments.empty()) growths = commit(segments, grown);
  } catch (...) {
    // Whatever was added to the catalog on the way must not be taken for saved.
    failed_ = true;
    try {
      catch_up_after_failure();
    } catch (const Error&) {
      // The next write tries again, and fails if the file can still not be read.
    }
    throw;
  }
  checkpoint_if_due();
  lock.unlock();
  watch_.note(growths);
}

/// Ids that were looked up before a deletion, or before a failed write took back what it had added, may mean nothing
/// now, or another series.
void Writer::renew_if_outdated(Write& write) const {
  {
    const std::shared_lock lock(catalog_.mutex());
    if (write.resolution.generation == catalog_.generation()) return;
  }
  write.segments.clear();
  write.resolution = resolve(write.tenant, *write.batch);
}

void Writer::catch_up_after_failure() {
  if (!failed_) return;
  connection_.end_abandoned_transaction();  // What it wrote must not be read back.
  const std::unique_lock lock(catalog_.mutex());
  catalog_.reset(connection_);
  failed_ = false;
}

Writer::Resolution Writer::resolve(std::string_view tenant, const Batch& batch) const {
  Resolution resolution;
  resolution.series.resize(batch.series_count());
  const std::shared_lock lock(catalog_.mutex());
  resolution.generation = catalog_.generation();
  resolution.outdated = batch.handle_count() > 0 && batch.handle_generation() != resolution.generation;
  if (resolution.outdated) return resolution;
  for (Batch::SeriesIndex index = 0; index < batch.series_count(); ++index) {
    if (const std::uint64_t handle = batch.series_at(index).handle) resolution.series[index] = series_of(handle);
  }
  const auto used = used_series(batch);
  if (used.empty()) return resolution;
  std::vector<const Catalog::Metric*> metrics(batch.metric_count());
  for (std::uint32_t i = 0; i < metrics.size(); ++i) {
    metrics[i] = std::as_const(catalog_).find(tenant, batch.metric_name(i));
  }
  for (std::size_t i = 0; i < used.size(); ++i) {
    if (i + kLookAhead < used.size()) {
      const Batch::Series soon = batch.series_at(used[i + kLookAhead]);
      const Catalog::Metric* metric = metrics[soon.metric];
      if (metric != nullptr && metric->series != nullptr) metric->series->prefetch(soon.fingerprint);
    }
    const Batch::SeriesIndex index = used[i];
    const Batch::Series series = batch.series_at(index);
    const Catalog::Metric* metric = metrics[series.metric];
    if (metric != nullptr && metric->series != nullptr) {
      resolution.series[index] = {metric->id, metric->series->find(series.fingerprint, series.dimensions)};
    }
    resolution.complete = resolution.complete && resolution.series[index].id != kNoSeries;
  }
  return resolution;
}

void Writer::load_metrics(std::string_view tenant, const Batch& batch, std::span<const Batch::SeriesIndex> used) {
  std::vector<bool> loaded(batch.metric_count(), false);
  for (const auto index : used) {
    const std::uint32_t metric = batch.series_at(index).metric;
    if (!loaded[metric]) catalog_.load(connection_, tenant, batch.metric_name(metric));
    loaded[metric] = true;
  }
}

void Writer::add_missing(Write& write, Grown& grown) {
  const Batch& batch = *write.batch;
  const auto used = used_series(batch);
  load_metrics(write.tenant, batch, used);
  const std::unique_lock lock(catalog_.mutex());
  const auto [first, last] = catalog_.metrics_of(write.tenant);
  auto metric_count = static_cast<std::size_t>(std::distance(first, last));

  for (const auto index : used) {
    const Batch::Series series = batch.series_at(index);
    const std::string_view name = batch.metric_name(series.metric);
    auto* entry = catalog_.find_entry(write.tenant, name);
    if (entry == nullptr) {
      if (metric_count >= limits_.max_metrics) {
        write.refusals.push_back({index, backend::refusal_of_metric(name, limits_)});
        continue;
      }
      if (limits_.max_series_per_metric == 0) {  // Before the metric is made: it would stay without series.
        write.refusals.push_back({index, backend::refusal_of_series(name, limits_)});
        continue;
      }
      entry = &catalog_.add_metric(connection_, write.tenant, name);
      ++metric_count;
    }
    Catalog::Metric& metric = entry->second;
    SeriesId id = metric.series->find(series.fingerprint, series.dimensions);
    if (id == kNoSeries) {
      if (metric.series->size() >= limits_.max_series_per_metric) {
        write.refusals.push_back({index, backend::refusal_of_series(name, limits_)});
        continue;
      }
      id = metric.series->add(series.fingerprint, series.dimensions);
      grown.insert(entry);
    }
    write.resolution.series[index] = {metric.id, id};
  }
}

Writer::Growths Writer::growths(const Grown& grown) const {
  Growths growths;
  std::map<std::string_view, std::uint64_t> new_metrics;  // By tenant.
  for (const auto* entry : grown) {
    const auto& [key, metric] = *entry;
    if (!metric.committed) ++new_metrics[key.first];
    if (!watch_.concerns_series(metric.series->size())) continue;
    growths.push_back({key.first, key.second, metric.series->committed(), metric.series->size()});
  }
  for (const auto& [tenant, count] : new_metrics) {
    const auto [first, last] = std::as_const(catalog_).metrics_of(tenant);
    const auto after = static_cast<std::uint64_t>(std::distance(first, last));
    if (watch_.concerns_metrics(after)) growths.push_back({std::string(tenant), "", after - count, after});
  }
  return growths;
}

Writer::Growths Writer::commit(std::vector<NewSegment>& segments, const Grown& grown) {
  Growths growths;
  Transaction transaction(connection_, Transaction::Kind::write);
  if (!grown.empty()) {
    const std::shared_lock lock(catalog_.mutex());
    growths = this->growths(grown);
    catalog_.save_words(connection_);
    for (const auto* entry : grown) Catalog::save(connection_, *entry);
    connection_.execute("UPDATE catalog_version SET additions = additions + 1");
  }
  std::uint64_t bytes = 0;
  for (auto& segment : segments) {
    segment.info.id = segment.info.sequence = next_segment_++;
    insert_segment(connection_, segment);
    bytes += segment.data.size();
  }
  transaction.commit();
  counters_.ingested_bytes += bytes;
  if (!grown.empty()) {
    const std::unique_lock lock(catalog_.mutex());
    for (auto* entry : grown) catalog_.commit_additions(*entry);
  }
  if (on_write_) on_write_(segments.size());
  return growths;
}

void Writer::exclusively(const std::function<void(Connection&)>& work) {
  const std::lock_guard lock(mutex_);
  file_.check();
  catch_up_after_failure();
  work(connection_);
  checkpoint_if_due();
}

void Writer::save_segment_id() {
  connection_.prepare("UPDATE segment_id SET largest = ?").bind(1, next_segment_ - 1).run();
}

void Writer::checkpoint_if_due() {
  const int pages = connection_.wal_pages();
  if (pages < kCheckpointPages) checkpoint_at_ = kCheckpointPages;  // It has begun again.
  if (pages < checkpoint_at_) return;
  // Whatever comes of it, the next attempt is due after as much again: not every commit is to wait for a slow reader.
  checkpoint_at_ = pages + kCheckpointPages;
  try {
    if (pages < kRestartPages) {
      connection_.checkpoint(Connection::Checkpoint::passive);
    } else {
      // No new snapshot begins while the lock is held, so that the readers there are come to an end.
      const std::unique_lock lock(catalog_.mutex());
      connection_.checkpoint(Connection::Checkpoint::restart);
    }
  } catch (const Error&) {
    // The commit before it stands, and the log keeps everything.
  }
}

}  // namespace luminate::sqlite
