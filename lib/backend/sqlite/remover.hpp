#pragma once

#include <cstdint>

#include "backend/backend.hpp"
#include "sqlite/rewriting.hpp"

namespace luminate::sqlite {

/// Deletes samples: drops or rewrites the segments that hold them, then forgets the series, and the metric, that have
/// none left. Reads and encodes beside the writers; only the rows are swapped under their mutex, in one transaction,
/// or, where more than 64 MB are rewritten, in several. Any thread. @returns how many samples there were.
std::uint64_t remove_samples(Rewriting& rewriting, const backend::DeleteRequest& request, const model::Call& call);

}  // namespace luminate::sqlite
