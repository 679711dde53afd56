#include "postgres/scanner.hpp"

namespace luminate::postgres {

void scan(Database&, const backend::ScanRequest&, const backend::ScanVisitor&, const model::Call&) {
  throw Error(ErrorCode::internal, "not there yet");
}

}  // namespace luminate::postgres
