#include <luminate/maintenance.hpp>

#include <algorithm>
#include <chrono>
#include <future>
#include <string>
#include <utility>
#include <vector>

#include "maintenance/copy_journal.hpp"
#include "maintenance/parts.hpp"
#include "maintenance/sample_windows.hpp"
#include "query/matcher.hpp"

namespace luminate {
namespace {

using maintenance::CopyJournal;
using maintenance::CopyPosition;
using maintenance::Part;
using maintenance::SampleWindows;
using std::chrono::steady_clock;

// Of one batch, whatever its number of points: dimensions may be long.
constexpr std::size_t kBatchBytes = std::size_t{16} << 20;

// How much of the work an end at the worst moment undoes, beside that of a window of time.
constexpr std::chrono::seconds kBetweenSaves(1);

Batch slice(const Batch& batch, std::size_t first, std::size_t last) {
  Batch part;
  for (std::size_t i = first; i < last; ++i) {
    const Batch::Series series = batch.series_at(batch.series_column()[i]);
    part.add(part.series_canonical(batch.metric_name(series.metric), series.dimensions), batch.timestamp_column()[i],
             batch.value_column()[i]);
  }
  return part;
}

/// Writes a batch. Where the target refuses it as a whole for one of its points, such as a time that it cannot hold,
/// the others are stored without it.
WriteReport write(Store& store, const Batch& batch) {
  try {
    return store.write(batch);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::invalid_request) throw;
    if (batch.size() == 1) {
      const auto metric = batch.metric_name(batch.series_at(batch.series_column()[0]).metric);
      return {.accepted = 0, .rejected = 1, .errors = {{0, std::string(metric), error.code(), error.what()}}};
    }
  }
  const std::size_t half = batch.size() / 2;
  WriteReport report = write(store, slice(batch, 0, half));
  const WriteReport rest = write(store, slice(batch, half, batch.size()));
  report.accepted += rest.accepted;
  report.rejected += rest.rejected;
  report.errors.insert(report.errors.end(), rest.errors.begin(), rest.errors.end());
  return report;
}

/// Reads one batch while the one before is written.
class Copier {
 public:
  Copier(const Store& from, Store& to, const CopyRequest& request)
      : from_(from), to_(to), request_(request), journal_(request.journal, request.title) {}

  CopyReport run() {
    (void)query::compile(request_.filters);  // Wrong filters are wrong even where nothing is there to be filtered.
    if (request_.all_tenants && !to_.tenant().empty()) {
      throw Error(ErrorCode::invalid_request, "to copy all tenants takes a target that is not narrowed to one of them");
    }
    resume();
    const std::vector<Part> parts = maintenance::parts_of(from_, request_.all_tenants, request_.metrics, "copy");
    begin_progress();
    save();  // A place that cannot be written is found out now, not after an hour.
    try {
      for (const Part& part : parts) copy(part);
    } catch (...) {
      keep_what_is_done();
      throw;
    }
    journal_.remove();
    report_.refused = saved_.refused;
    report_.points = saved_.points - std::min(saved_.points, saved_.refused);
    return report_;
  }

 private:
  void resume() {
    const auto found = journal_.load();
    if (!found) return;
    if (found->witness && !is_there(*found->witness)) {
      throw Error(ErrorCode::invalid_request,
                  request_.journal +
                      ": says that points were copied which the target does not have; if the target is "
                      "another by now, remove the journal to begin anew");
    }
    begin_ = saved_ = reached_ = *found;
    report_.resumed = true;
    report_.earlier_points = begin_.points - std::min(begin_.points, begin_.refused);
  }

  bool is_there(const CopyPosition::Witness& witness) const {
    const Store store = witness.tenant == to_.tenant() ? to_ : to_.tenant(witness.tenant);
    std::vector<Filter> filters;
    for (const auto& [key, value] : witness.dimensions) filters.push_back({.key = key, .operands = {value}});
    bool there = false;
    store.scan(
        {.metric = witness.metric,
         .time_range = {witness.timestamp_ms, witness.timestamp_ms + 1},
         .filters = std::move(filters)},
        [&](const SeriesSamples& samples) { there = there || samples.dimensions == witness.dimensions; },
        request_.watch.stop);
    return there;
  }

  void copy(const Part& part) {
    const std::string& tenant = part.store.tenant();
    if (!part.metrics.empty()) ++report_.tenants;
    report_.metrics += part.metrics.size();
    if (report_.resumed && tenant < begin_.tenant) return;
    target_.emplace(request_.all_tenants && !tenant.empty() ? to_.tenant(tenant) : to_);
    for (const std::string& metric : part.metrics) {
      const bool resumed_here = report_.resumed && tenant == begin_.tenant;
      if (resumed_here && metric < begin_.metric) continue;
      TimeRange range = request_.time_range;
      if (resumed_here && metric == begin_.metric) range.start_ms = std::max(range.start_ms, begin_.before_ms);
      if (range.start_ms < range.end_ms) copy(part.store, metric, range);
    }
    flush();
    settle();
    if (request_.retention && request_.metrics.empty()) {
      for (const RetentionPolicy& policy : part.store.retention()) {
        target_->set_retention(policy);
        ++report_.policies;
      }
    }
    save();
  }

  void copy(const Store& from, const std::string& metric, TimeRange range) {
    SampleWindows windows(from, metric, range, likely_begin_);
    bool first = true;
    while (const auto window = windows.next()) {
      if (std::exchange(first, false)) likely_begin_ = window->start_ms;
      std::uint64_t samples = 0;
      from.scan(
          {.metric = metric, .time_range = *window, .filters = request_.filters},
          [&](const SeriesSamples& visited) {
            samples += visited.timestamps.size();
            take(metric, visited);
          },
          request_.watch.stop);
      windows.found(samples);
      reached_.points += samples;
      reach(from.tenant(), metric, window->end_ms);
    }
    reach(from.tenant(), metric, range.end_ms);
  }

  /// All that lies before was read.
  void reach(const std::string& tenant, const std::string& metric, std::int64_t before_ms) {
    reached_.tenant = tenant;
    reached_.metric = metric;
    reached_.before_ms = before_ms;
    check_stop();
    if (steady_clock::now() < next_save_) return;
    flush();
    settle();
  }

  void take(const std::string& metric, const SeriesSamples& samples) {
    std::size_t done = 0;
    while (done < samples.timestamps.size()) {
      if (batch_.empty()) last_ = {target_->tenant(), metric, samples.dimensions, samples.timestamps[done]};
      const auto series = batch_.series(metric, samples.dimensions);
      const std::size_t count = std::min(samples.timestamps.size() - done, request_.batch_points - batch_.size());
      batch_.append(series, samples.timestamps.subspan(done, count), samples.values.subspan(done, count));
      done += count;
      if (batch_.size() >= request_.batch_points || batch_.memory() >= kBatchBytes) flush();
    }
  }

  /// Has the batch written, beside what comes next.
  void flush() {
    settle();
    check_stop();
    std::swap(batch_, written_batch_);
    batch_.clear();
    written_.tenant = reached_.tenant;
    written_.metric = reached_.metric;
    written_.before_ms = reached_.before_ms;
    written_.points = reached_.points;
    written_.witness = last_;
    if (written_batch_.empty()) return;
    write_ =
        std::async(std::launch::async, [store = *target_, this]() mutable { return write(store, written_batch_); });
  }

  /// Waits for the write that is under way, if any.
  void settle() {
    try {
      if (write_.valid()) count(write_.get());
    } catch (...) {
      written_ = saved_;
      throw;
    }
    saved_ = written_;
    if (steady_clock::now() >= next_save_) save();
  }

  void count(const WriteReport& report) {
    written_.refused += report.rejected;
    done_ += report.accepted + report.rejected;
    // The witness was perhaps among the refused.
    if (report.rejected > 0) written_.witness = saved_.witness;
    if (request_.on_refused) {
      for (const Verdict& verdict : report.errors) request_.on_refused(target_->tenant(), verdict);
    }
    show_progress();
  }

  void save() {
    journal_.save(saved_);
    next_save_ = steady_clock::now() + kBetweenSaves;
  }

  void keep_what_is_done() {
    try {
      settle();
      save();
    } catch (const std::exception&) {  // What ends the copy is told; the journal is behind, which costs time only.
    }
  }

  void check_stop() const {
    if (request_.watch.stop.stop_requested()) throw Error(ErrorCode::cancelled, "the copy was stopped");
  }

  void begin_progress() {
    written_ = saved_;
    const TimeRange ever = Scan{}.time_range;
    const bool all = request_.all_tenants && request_.metrics.empty() && request_.filters.empty() &&
                     request_.time_range.start_ms == ever.start_ms && request_.time_range.end_ms == ever.end_ms;
    if (!all || !request_.watch.progress) return;
    total_ = from_.statistics().samples;
    total_ -= std::min(total_, begin_.points);
  }

  void show_progress() const {
    if (!request_.watch.progress) return;
    request_.watch.progress({done_, total_ == 0 ? 0 : std::max(total_, done_)});
  }

  const Store& from_;
  Store& to_;
  const CopyRequest& request_;
  const CopyJournal journal_;
  CopyReport report_;
  std::uint64_t total_ = 0;  ///< To copy, roughly; 0 where nobody knows.
  std::uint64_t done_ = 0;   ///< Points that were written, or refused.
  std::int64_t likely_begin_ = SampleWindows::kLikelyBegin;

  std::optional<Store> target_;                ///< As the tenant that is copied sees it.
  CopyPosition begin_;                         ///< Where this call began.
  CopyPosition reached_;                       ///< Read; what of it is not written is in the batches.
  CopyPosition written_;                       ///< Written once write_ is done.
  CopyPosition saved_;                         ///< Written.
  std::optional<CopyPosition::Witness> last_;  ///< The first of batch_, or older.
  steady_clock::time_point next_save_ = steady_clock::now() + kBetweenSaves;

  Batch batch_;
  Batch written_batch_;
  std::future<WriteReport> write_;  ///< Of written_batch_. Waits for its end when it goes, so it goes first.
};

}  // namespace

CopyReport copy_points(const Store& from, Store& to, const CopyRequest& request) {
  if (request.batch_points == 0) throw Error(ErrorCode::invalid_request, "batch_points must be at least 1");
  return Copier(from, to, request).run();
}

Options copy_options(Options options) {
  options = import_options(std::move(options));
  // The largest values that Options::set() takes: what one store has, another shall not refuse.
  options.points.max_dimensions = 1'000;
  options.points.max_dimension_key_length = 1'024;
  options.points.max_dimension_value_length = 16'384;
  options.cardinality.max_series_per_metric = 1'000'000'000;
  options.cardinality.max_metrics = 1'000'000;
  // A database that is restarted shall not end a copy.
  options.writes.max_wait = std::max<std::chrono::milliseconds>(options.writes.max_wait, std::chrono::minutes(1));
  options.queries.default_timeout =
      std::max<std::chrono::milliseconds>(options.queries.default_timeout, std::chrono::hours(1));
  return options;
}

}  // namespace luminate
