#include "postgres/retention.hpp"

namespace luminate::postgres {

void set_retention(Database&, std::string_view, const RetentionPolicy&) {
  throw Error(ErrorCode::internal, "not there yet");
}
bool remove_retention(Database&, std::string_view, std::string_view) {
  throw Error(ErrorCode::internal, "not there yet");
}
std::vector<RetentionPolicy> retention(Database&, std::string_view) {
  throw Error(ErrorCode::internal, "not there yet");
}
RetentionReport enforce_retention(Database&, Partitions&, std::string_view, const model::Call&) {
  throw Error(ErrorCode::internal, "not there yet");
}

}  // namespace luminate::postgres
