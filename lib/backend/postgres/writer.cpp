#include "postgres/writer.hpp"

namespace luminate::postgres {

Writer::Writer(Database& database, Partitions& partitions) : database_(database), partitions_(partitions) {}
Writer::~Writer() = default;
backend::WriteOutcome Writer::write(std::string_view, const Batch&, const model::Call&) {
  (void)database_;
  (void)partitions_;
  throw Error(ErrorCode::internal, "not there yet");
}

}  // namespace luminate::postgres
