#pragma once

#include "backend/backend.hpp"
#include "model/call.hpp"
#include "sqlite/snapshot.hpp"

namespace luminate::sqlite {

/// Visits all samples that a scan asks for, from one snapshot, which must not have begun; see Store::scan().
///
/// Holds two million samples at most: it divides the asked for times and series until each part is small. A segment
/// that lies in several parts is read for each, so parts are cut where they cut few segments.
void scan_samples(Snapshot& snapshot, const backend::ScanRequest& request, const backend::ScanVisitor& visit,
                  const model::Call& call);

}  // namespace luminate::sqlite
