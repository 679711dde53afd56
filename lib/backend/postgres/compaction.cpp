#include "postgres/compaction.hpp"

namespace luminate::postgres {

CompactionReport compact(Database&, Partitions&, const model::Call&) {
  throw Error(ErrorCode::internal, "not there yet");
}
StoreStatistics statistics(Database&, const model::Call&) {
  throw Error(ErrorCode::internal, "not there yet");
}

}  // namespace luminate::postgres
