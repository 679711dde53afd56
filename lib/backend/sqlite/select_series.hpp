#pragma once

#include <vector>

#include "engine/selection.hpp"
#include "engine/workers.hpp"
#include "model/call.hpp"
#include "query/plan.hpp"
#include "sqlite/metric_catalog.hpp"

namespace luminate::sqlite {

/// Adds the series of a metric that pass a plan's filters to `selection`, each in its group, and their ids, ascending,
/// to `ids`. Groups are found by the numbers of words, not by their texts.
/// The catalog's lock is held by the caller, on behalf of all workers.
void select_series(const MetricCatalog& metric, const query::Plan& plan, engine::Workers& workers,
                   const model::Call& call, engine::Selection& selection, std::vector<SeriesId>& ids);

}  // namespace luminate::sqlite
