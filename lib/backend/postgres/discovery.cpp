#include "postgres/discovery.hpp"

namespace luminate::postgres {

std::vector<std::string> metrics(Database&, const backend::ListRequest&, const model::Call&) {
  throw Error(ErrorCode::internal, "not there yet");
}
std::vector<std::string> dimension_keys(Database&, std::string_view, const backend::ListRequest&, const model::Call&) {
  throw Error(ErrorCode::internal, "not there yet");
}
std::vector<std::string> dimension_values(Database&, std::string_view, std::string_view, const backend::ListRequest&,
                                          const model::Call&) {
  throw Error(ErrorCode::internal, "not there yet");
}
std::uint64_t series_count(Database&, std::string_view, std::optional<std::string_view>, const model::Call&) {
  throw Error(ErrorCode::internal, "not there yet");
}
Cardinality cardinality(Database&, std::string_view, const CardinalityRequest&, const model::Call&) {
  throw Error(ErrorCode::internal, "not there yet");
}
std::vector<std::string> tenants(Database&, const model::Call&) {
  throw Error(ErrorCode::internal, "not there yet");
}

}  // namespace luminate::postgres
