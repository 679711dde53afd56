#include "postgres/querying.hpp"

namespace luminate::postgres {

std::unique_ptr<backend::RangeCursor> range(Database&, const query::Plan&, const model::Call&) {
  throw Error(ErrorCode::internal, "not there yet");
}
Result aggregate(Database&, const query::Plan&, const model::Call&) {
  throw Error(ErrorCode::internal, "not there yet");
}
Result rate(Database&, const query::Plan&, const model::Call&) {
  throw Error(ErrorCode::internal, "not there yet");
}

}  // namespace luminate::postgres
