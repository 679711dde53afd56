#include "postgres/migration.hpp"

namespace luminate::postgres {

Abilities prepare_schema(ConnectionPool&, const Options&, const model::Call&) {
  throw Error(ErrorCode::internal, "not there yet");
}

}  // namespace luminate::postgres
