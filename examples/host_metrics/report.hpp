#pragma once

#include <luminate/metric.hpp>
#include <luminate/query.hpp>

#include <iosfwd>
#include <string>
#include <vector>

#include "host_metrics/sink.hpp"

namespace host_metrics {

/// The body of POST /api/v1/write for these points.
std::string to_write_json(const std::vector<luminate::Point>& points);

/// Asks the sink what happened on `host` in `range` and prints it as tables.
void print_report(Sink& sink, const std::string& host, luminate::TimeRange range, std::ostream& out);

}  // namespace host_metrics
