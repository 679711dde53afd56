#include "sqlite/retention_enforcer.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <shared_mutex>

#include "model/retention.hpp"
#include "sqlite/removal.hpp"
#include "sqlite/retention_table.hpp"

namespace luminate::sqlite {
namespace {

// Bounds of one transaction. Rows that are dropped cost SQLite a few steps for each of their pages.
constexpr std::int64_t kDroppedSamples = std::int64_t{1} << 24;
constexpr std::size_t kDroppedSegments = 2'000;
constexpr std::int64_t kRewrittenSamples = std::int64_t{1} << 21;

bool overlap(const SegmentInfo& a, const SegmentInfo& b) {
  return a.min_timestamp <= b.max_timestamp && b.min_timestamp <= a.max_timestamp && a.min_series <= b.max_series &&
         b.min_series <= a.max_series;
}

bool expired(const SegmentInfo& segment, std::int64_t cutoff) {
  return segment.max_timestamp < cutoff;
}

bool half_expired(const SegmentInfo& segment, std::int64_t cutoff) {
  return segment.min_timestamp + (segment.max_timestamp - segment.min_timestamp) / 2 < cutoff;
}

}  // namespace

std::vector<RetentionEnforcer::Metric> RetentionEnforcer::metrics_with_old_samples(
    std::optional<std::string_view> tenant) {
  Connection& connection = rewriting_.loader().connection();
  const std::int64_t now = rewriting_.now_ms();
  std::map<std::string, std::vector<RetentionPolicy>, std::less<>> policies;
  std::vector<Metric> found;
  Statement oldest = connection.prepare("SELECT min(min_timestamp) FROM segment WHERE metric_id = ?");
  Statement rows = connection.prepare("SELECT id, tenant, name FROM metric WHERE ?1 OR tenant = ?2 ORDER BY id");
  rows.bind(1, std::int64_t{!tenant.has_value()}).bind(2, tenant.value_or(""));
  while (rows.step()) {
    Metric metric{.id = rows.integer(0), .tenant = std::string(rows.text(1)), .name = std::string(rows.text(2))};
    auto known = policies.find(metric.tenant);
    if (known == policies.end())
      known = policies.emplace(metric.tenant, read_retention(connection, metric.tenant)).first;
    const auto keep = model::keep_of(metric.name, known->second, rewriting_.options.retention);
    if (keep.count() == 0) continue;
    metric.cutoff = model::retention_cutoff(now, keep);
    oldest.bind(1, metric.id);
    const bool old = oldest.step() && oldest.integer(0) < metric.cutoff;
    oldest.reset();
    if (old) found.push_back(std::move(metric));
  }
  return found;
}

RetentionReport RetentionEnforcer::enforce(std::optional<std::string_view> tenant, Thoroughness thoroughness,
                                           const model::Call& call) {
  RetentionReport report;
  std::vector<Metric> metrics;
  {
    const std::lock_guard lock(rewriting_.mutex);
    metrics = metrics_with_old_samples(tenant);
  }
  for (const Metric& metric : metrics) {
    for (bool more = true; more;) {
      call.check();
      const std::lock_guard lock(rewriting_.mutex);
      more = drop_some(metric, thoroughness, call, report);
    }
  }
  return report;
}

/// Oldest writes first, and nothing that is newer than what stays: else a value that was overwritten would come back.
std::vector<SegmentInfo> RetentionEnforcer::segments_to_change(const Metric& metric, Thoroughness thoroughness) {
  std::vector<SegmentInfo> old = rewriting_.loader().list(metric.id);
  std::erase_if(old, [&](const SegmentInfo& segment) {
    return segment.min_timestamp >= metric.cutoff || damaged_.contains(segment.id);
  });
  std::sort(old.begin(), old.end(), [](const SegmentInfo& a, const SegmentInfo& b) {
    return a.sequence != b.sequence ? a.sequence < b.sequence : a.id < b.id;
  });
  if (thoroughness == Thoroughness::exact) return old;
  std::vector<SegmentInfo> staying;
  std::erase_if(old, [&](const SegmentInfo& segment) {
    const auto covers = [&](const SegmentInfo& older) {
      return older.sequence < segment.sequence && overlap(older, segment);
    };
    const bool stays = (!expired(segment, metric.cutoff) && !half_expired(segment, metric.cutoff)) ||
                       std::any_of(staying.begin(), staying.end(), covers);
    if (stays) staying.push_back(segment);
    return stays;
  });
  return old;
}

bool RetentionEnforcer::drop_some(const Metric& metric, Thoroughness thoroughness, const model::Call& call,
                                  RetentionReport& report) {
  Removal removal{.tenant = metric.tenant, .metric = metric.name, .metric_id = metric.id};
  {
    const std::shared_lock lock(rewriting_.catalog.mutex());
    removal.generation = rewriting_.catalog.generation();
  }
  const auto goes = [&](SeriesId, std::int64_t timestamp) { return timestamp < metric.cutoff; };
  std::int64_t dropped = 0;
  std::int64_t rewritten = 0;
  std::uint64_t samples = 0;
  const std::vector<SegmentInfo> segments = segments_to_change(metric, thoroughness);
  for (const SegmentInfo& segment : segments) {
    call.check();
    if (expired(segment, metric.cutoff)) {
      drop(segment, removal);
      samples += static_cast<std::uint64_t>(segment.samples);
      dropped += segment.samples;
    } else {
      try {
        samples += rewrite_without(rewriting_.loader(), segment, goes, removal);
        rewritten += segment.samples;
      } catch (const SegmentDamaged& damage) {
        leave_out(damage);
      }
    }
    if (dropped >= kDroppedSamples || rewritten >= kRewrittenSamples ||
        removal.swap.removed.size() >= kDroppedSegments) {
      break;
    }
  }
  if (removal.swap.removed.empty()) return false;
  const RemovalOutcome outcome = commit_removal(rewriting_, removal, call);
  report.samples += samples;
  report.series += outcome.series;
  report.metrics += outcome.metric ? 1 : 0;
  return !outcome.metric;
}

/// Takes the whole segment, of which only the names of its series are read.
void RetentionEnforcer::drop(const SegmentInfo& segment, Removal& removal) {
  removal.swap.removed.push_back(segment.id);
  try {
    rewriting_.loader().visit(segment, [&](const codec::SegmentReader& reader) {
      for (const codec::Run& run : reader.runs()) removal.losers.insert(static_cast<SeriesId>(run.series));
    });
  } catch (const SegmentDamaged&) {
    // It goes all the same; series that it alone held stay, without samples.
  }
}

void RetentionEnforcer::leave_out(const SegmentDamaged& damage) {
  damaged_.insert(damage.id());
  if (rewriting_.options.logger) {
    rewriting_.options.logger(LogLevel::error, std::string("retention leaves out what is damaged: ") + damage.what());
  }
}

}  // namespace luminate::sqlite
