#pragma once

#include "server/metrics/families.hpp"

namespace luminate::server::metrics {

/// The process_* metrics that Prometheus' own clients have, of this process at this moment. What /proc does not tell is
/// left out.
Families process_metrics();

}  // namespace luminate::server::metrics
