#include "sqlite/removal.hpp"

#include <algorithm>
#include <mutex>
#include <optional>
#include <set>
#include <shared_mutex>

namespace luminate::sqlite {
namespace {

/// What is read under the writer's mutex, at most: what was written while the rest was read.
constexpr std::int64_t kSamplesUnderMutex = 500'000;

/// Finds out which of the losers live on in other segments, of which each is looked at once.
class SurvivorSearch {
 public:
  SurvivorSearch(SegmentLoader& loader, Removal& removal) : loader_(loader), removal_(removal) {
    for (const std::int64_t id : removal.swap.removed) seen_.insert(id);
    for (const SeriesId id : removal.keepers.ids()) removal.losers.erase(id);
  }

  /// Segments that nobody has looked at, newest first: most series that live have samples there.
  std::vector<SegmentInfo> unseen() {
    if (removal_.losers.empty()) return {};
    std::vector<SegmentInfo> segments = loader_.list(removal_.metric_id);
    std::erase_if(segments, [&](const SegmentInfo& segment) { return seen_.contains(segment.id); });
    std::sort(segments.begin(), segments.end(),
              [](const SegmentInfo& a, const SegmentInfo& b) { return a.sequence > b.sequence; });
    return segments;
  }

  void look_at(const std::vector<SegmentInfo>& segments, const model::Call& call) {
    for (const SegmentInfo& segment : segments) {
      if (removal_.losers.empty()) return;
      call.check();
      seen_.insert(segment.id);
      try {
        loader_.visit(segment, [&](const codec::SegmentReader& reader) {
          for (const codec::Run& run : reader.runs()) removal_.losers.erase(static_cast<SeriesId>(run.series));
        });
      } catch (const SegmentDamaged&) {
        removal_.losers.clear();  // Nobody knows whose samples it holds.
      }
    }
  }

 private:
  SegmentLoader& loader_;
  Removal& removal_;
  std::set<std::int64_t> seen_;
};

std::int64_t samples_of(const std::vector<SegmentInfo>& segments) {
  std::int64_t samples = 0;
  for (const SegmentInfo& segment : segments) samples += segment.samples;
  return samples;
}

RemovalOutcome commit(Rewriting& rewriting, Connection& connection, Removal& removal) {
  RemovalOutcome outcome;
  {
    // A write that failed takes back the series that it had added, and others may have got their numbers since.
    const std::shared_lock lock(rewriting.catalog.mutex());
    if (rewriting.catalog.generation() != removal.generation) {
      throw Error(ErrorCode::storage_unavailable, "a write failed while samples were looked for; try again");
    }
  }
  Transaction transaction(connection, Transaction::Kind::write);
  apply(connection, rewriting.writer, removal.swap);
  rewriting.writer.save_segment_id();
  if (removal.losers.empty()) {
    transaction.commit();
    return outcome;
  }
  Statement forget = connection.prepare("DELETE FROM series WHERE metric_id = ? AND id = ?");
  for (const SeriesId id : removal.losers.ids()) forget.bind(1, removal.metric_id).bind(2, std::int64_t{id}).run();
  outcome.series = removal.losers.size();
  Statement left = connection.prepare("SELECT 1 FROM series WHERE metric_id = ?");
  outcome.metric = !left.bind(1, removal.metric_id).step();
  left.reset();
  if (outcome.metric) connection.prepare("DELETE FROM metric WHERE id = ?").bind(1, removal.metric_id).run();
  connection.execute("UPDATE catalog_version SET removals = removals + 1");

  // Readers resolve series and begin their snapshot under the shared lock: they see both before, or both after.
  const std::unique_lock lock(rewriting.catalog.mutex());
  transaction.commit();
  rewriting.catalog.forget(removal.tenant, removal.metric, outcome.metric);
  return outcome;
}

}  // namespace

void SeriesSet::insert(SeriesId id) {
  if (id >= bits_.size()) bits_.resize(std::max<std::size_t>(std::size_t{id} + 1, bits_.size() * 2), false);
  if (!bits_[id]) ++count_;
  bits_[id] = true;
}

void SeriesSet::erase(SeriesId id) {
  if (!contains(id)) return;
  bits_[id] = false;
  --count_;
}

void SeriesSet::clear() {
  bits_.clear();
  count_ = 0;
}

std::vector<SeriesId> SeriesSet::ids() const {
  std::vector<SeriesId> ids;
  ids.reserve(count_);
  for (std::size_t id = 0; id < bits_.size(); ++id) {
    if (bits_[id]) ids.push_back(static_cast<SeriesId>(id));
  }
  return ids;
}

std::uint64_t rewrite_without(SegmentLoader& loader, const SegmentInfo& segment, const Goes& goes, Removal& removal) {
  const DecodedSegment decoded = loader.load(segment);
  SegmentColumns kept;
  SeriesSet losers;
  std::size_t row = 0;
  for (const auto& [series, count] : decoded.runs) {
    codec::Run run{series, 0};
    for (const std::size_t end = row + count; row < end; ++row) {
      if (goes(series, decoded.timestamps[row])) continue;
      ++run.count;
      kept.timestamps.push_back(decoded.timestamps[row]);
      kept.values.push_back(decoded.values[row]);
    }
    if (run.count == 0) losers.insert(series);
    if (run.count > 0) kept.runs.push_back(run);
  }
  const std::uint64_t gone = decoded.timestamps.size() - kept.timestamps.size();
  if (gone == 0) return 0;
  for (const SeriesId id : losers.ids()) removal.losers.insert(id);
  removal.swap.removed.push_back(segment.id);
  if (!kept.runs.empty()) {
    for (const codec::Run& run : kept.runs) removal.keepers.insert(static_cast<SeriesId>(run.series));
    NewSegment rewritten = encode(segment.metric_id, kept);
    rewritten.info.sequence = segment.sequence;
    rewritten.info.level = segment.level;
    removal.swap.added.push_back(std::move(rewritten));
  }
  return gone;
}

RemovalOutcome commit_removal(Rewriting& rewriting, Removal& removal, const model::Call& call) {
  SurvivorSearch search(rewriting.loader(), removal);
  std::optional<RemovalOutcome> outcome;
  for (bool folded = false; !outcome;) {
    search.look_at(search.unseen(), call);
    try {
      rewriting.writer.exclusively([&](Connection& connection) {
        const auto written_meanwhile = search.unseen();
        if (samples_of(written_meanwhile) > kSamplesUnderMutex) return;
        search.look_at(written_meanwhile, model::Call{});
        outcome = commit(rewriting, connection, removal);
      });
    } catch (const Error& error) {
      // A full disk is no place to be stuck on: once the log is folded into the file it needs no more room than it has.
      if (error.code() != ErrorCode::storage_unavailable || folded) throw;
      folded = true;
      rewriting.writer.exclusively(
          [](Connection& connection) { connection.checkpoint(Connection::Checkpoint::restart); });
    }
  }
  return *outcome;
}

}  // namespace luminate::sqlite
