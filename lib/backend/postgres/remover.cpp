#include "postgres/remover.hpp"

namespace luminate::postgres {

std::uint64_t remove(Database&, const backend::DeleteRequest&, const model::Call&) {
  throw Error(ErrorCode::internal, "not there yet");
}

}  // namespace luminate::postgres
