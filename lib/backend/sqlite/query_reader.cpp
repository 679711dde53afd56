#include "sqlite/query_reader.hpp"

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "engine/evaluator.hpp"
#include "engine/selection.hpp"
#include "sqlite/select_series.hpp"
#include "sqlite/unit_reader.hpp"

namespace luminate::sqlite {
namespace {

/// Merges what tasks have evaluated in the order of the tasks, whichever is done first.
class OrderedMerge {
 public:
  OrderedMerge(std::size_t tasks, MemoryBudget& budget) : done_(tasks), budget_(budget), share_(budget) {}

  void add(std::size_t task, std::unique_ptr<engine::Evaluator> evaluator, const model::Call& call) {
    MemoryBudget::Share share(budget_);
    share.resize(evaluator->memory());
    const std::lock_guard lock(mutex_);
    done_[task] = std::make_unique<Done>(Done{std::move(evaluator), std::move(share)});
    for (; next_ < done_.size() && done_[next_] != nullptr; ++next_) {
      const std::unique_ptr<Done> done = std::move(done_[next_]);
      if (merged_ == nullptr) {
        merged_ = std::move(done->evaluator);
      } else {
        merged_->merge(*done->evaluator, call);
      }
      done->share.resize(0);
      share_.resize(merged_->memory());
    }
  }

  /// @pre all tasks were added.
  engine::Evaluator& merged() { return *merged_; }

 private:
  struct Done {
    std::unique_ptr<engine::Evaluator> evaluator;
    MemoryBudget::Share share;
  };

  std::mutex mutex_;
  std::vector<std::unique_ptr<Done>> done_;  // Guarded by mutex_, like what follows.
  std::size_t next_ = 0;
  std::unique_ptr<engine::Evaluator> merged_;
  MemoryBudget& budget_;
  MemoryBudget::Share share_;
};

/// Readers for as many threads as turn up. Each keeps its buffers from one task to the next.
class UnitReaders {
 public:
  explicit UnitReaders(const QueryContext& context) : context_(context) {}

  std::unique_ptr<UnitReader> take() {
    const std::lock_guard lock(mutex_);
    if (idle_.empty()) return std::make_unique<UnitReader>(context_);
    auto reader = std::move(idle_.back());
    idle_.pop_back();
    return reader;
  }
  void give_back(std::unique_ptr<UnitReader> reader) {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(reader));
  }

 private:
  const QueryContext& context_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<UnitReader>> idle_;  // Guarded by mutex_.
};

}  // namespace

Result read_query(Snapshot& snapshot, const query::Plan& plan, engine::Workers& workers, const model::Call& call) {
  engine::Selection selection(plan);
  std::vector<SeriesId> series;
  SegmentQuery query{.time_range = plan.time_range};
  snapshot.begin(plan.tenant, plan.metric, call, [&](const Catalog::Metric& metric) {
    query.metric_id = metric.id;
    select_series(*metric.series, plan, workers, call, selection, series);
  });
  if (series.empty()) return engine::make_evaluator(plan, selection)->finish(workers, call);

  (void)selection.ranks(call);  // Before threads share it.
  MemoryBudget budget(plan.limits.max_memory_bytes);
  MemoryBudget::Share selected(budget);
  selected.resize(selection.memory() + series.capacity() * sizeof(SeriesId));

  query.first_series = series.front();
  query.last_series = series.back();
  const std::vector<SegmentInfo> segments = list_segments(snapshot.connection(), query);
  const std::vector<ReadTask> tasks = plan_reads(segments, engine::demand_of(plan).whole_series);
  SegmentSource source(snapshot.connection());
  const QueryContext context{plan, series, segments, source, budget};
  UnitReaders readers(context);
  OrderedMerge merge(tasks.size(), budget);
  workers.run(tasks.size(), [&](std::size_t task) {
    auto reader = readers.take();
    auto evaluator = engine::make_evaluator(plan, selection);
    MemoryBudget::Share share(budget);
    for (const ReadUnit& unit : tasks[task]) {
      reader->read(unit, *evaluator, call);
      share.resize(evaluator->memory());
    }
    readers.give_back(std::move(reader));
    share.resize(0);
    merge.add(task, std::move(evaluator), call);
  });
  if (tasks.empty()) return engine::make_evaluator(plan, selection)->finish(workers, call);
  return merge.merged().finish(workers, call);
}

}  // namespace luminate::sqlite
