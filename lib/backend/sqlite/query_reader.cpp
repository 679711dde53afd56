#include "sqlite/query_reader.hpp"

#include <string>
#include <vector>

#include "engine/evaluator.hpp"
#include "engine/selection.hpp"
#include "sqlite/sample_gatherer.hpp"
#include "sqlite/segment_table.hpp"

namespace luminate::sqlite {

Result read_query(Snapshot& snapshot, const query::Plan& plan, const model::Call& call) {
  engine::Selection selection(plan);
  std::vector<SeriesId> series;
  SegmentQuery segments{.time_range = plan.time_range};
  snapshot.begin(plan.tenant, plan.metric, [&](const Catalog::Metric& metric) {
    segments.metric_id = metric.id;
    std::string canonical;
    for (const auto position : metric.series->select(plan.matchers, call)) {
      canonical.clear();
      metric.series->append_canonical(position, canonical);
      selection.add(canonical);
      series.push_back(metric.series->id(position));
    }
  });

  const auto evaluator = engine::make_evaluator(plan, selection);
  if (!series.empty()) {
    segments.first_series = series.front();
    segments.last_series = series.back();
    SampleGatherer gatherer(series, plan.time_range);
    for_each_segment(snapshot.connection(), segments, [&](const SegmentInfo&, const codec::SegmentReader& segment) {
      call.check();
      gatherer.add(segment);
    });
    gatherer.for_each_series(call, [&](std::uint32_t index, auto timestamps, auto values) {
      evaluator->add(index, timestamps, values, call);
    });
  }
  return evaluator->finish(call);
}

}  // namespace luminate::sqlite
