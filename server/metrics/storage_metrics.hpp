#pragma once

#include <luminate/options.hpp>

#include <cstddef>

#include "server/metrics/families.hpp"
#include "server/metrics/storage_probe.hpp"

namespace luminate::server::metrics {

/// What a storage is known to have. Of the tenants the heaviest have a label of their own, `max_tenants` at most; all
/// others are added up.
Families storage_metrics(const StorageProbe::Answer& answer, std::size_t max_tenants);

/// The limits that the figures of tenants are to be compared with.
Families limit_metrics(const CardinalityLimits& limits);

}  // namespace luminate::server::metrics
