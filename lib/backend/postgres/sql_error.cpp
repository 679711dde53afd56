#include "postgres/sql_error.hpp"

namespace luminate::postgres {
namespace {

struct Meaning {
  std::string_view state;  ///< The whole SQLSTATE, or its class: the first two characters.
  ErrorCode code;
  std::string_view advice;
};

// The first that fits holds.
constexpr Meaning kMeanings[] = {
    {"57014", ErrorCode::query_timeout, "narrow the query's time range or filters, or give it a longer timeout"},
    {"28", ErrorCode::storage_unavailable,
     "check user and password (in the store URL, PGPASSFILE or PGPASSWORD) and the server's pg_hba.conf"},
    {"3D", ErrorCode::storage_unavailable, "create the database, or name another one in the store URL"},
    {"42501", ErrorCode::storage_unavailable, "grant the user of the store URL what is missing"},
    {"25006", ErrorCode::storage_unavailable, "the database takes no writes now; point the store URL at a primary"},
    {"53100", ErrorCode::storage_unavailable, "free space on the database server's disk"},
    {"53200", ErrorCode::storage_unavailable, "the database server is out of memory"},
    {"53300", ErrorCode::storage_unavailable, "raise the server's max_connections or lower postgres.pool_size"},
    {"55P03", ErrorCode::storage_unavailable, "something else holds a lock; try again"},
    {"XX001", ErrorCode::storage_corrupt, "the database server found damaged data"},
    {"XX002", ErrorCode::storage_corrupt, "the database server found a damaged index; REINDEX mends it"},
    {"3F000", ErrorCode::storage_corrupt, "the store's schema was dropped while it was in use"},
    {"42P01", ErrorCode::storage_corrupt, "a table of the store was dropped"},
    {"42703", ErrorCode::storage_corrupt, "a table of the store was altered"},
    {"08", ErrorCode::storage_unavailable, ""},
    {"25P03", ErrorCode::storage_unavailable, ""},
    {"40", ErrorCode::storage_unavailable, ""},
    {"53", ErrorCode::storage_unavailable, ""},
    {"57", ErrorCode::storage_unavailable, ""},
    {"58", ErrorCode::storage_unavailable, ""},
};

const Meaning* meaning(std::string_view state) noexcept {
  for (const Meaning& known : kMeanings) {
    if (state.starts_with(known.state)) return &known;
  }
  return nullptr;
}

ErrorCode code_of(std::string_view state) noexcept {
  const Meaning* known = meaning(state);
  return known == nullptr ? ErrorCode::internal : known->code;
}

std::string advice_on(std::string_view state) {
  const Meaning* known = meaning(state);
  return known == nullptr ? "" : std::string(known->advice);
}

std::string text_of(std::string_view state, const std::string& message, const std::string& advice) {
  std::string text = "PostgreSQL: " + message + " (SQLSTATE " + std::string(state) + ")";
  if (!advice.empty()) text.append("; ").append(advice);
  return text;
}

}  // namespace

SqlError::SqlError(std::string_view state, const std::string& message) : SqlError(state, message, advice_on(state)) {}

SqlError::SqlError(std::string_view state, const std::string& message, const std::string& advice)
    : Error(code_of(state), text_of(state, message, advice)), state_(state), message_(message) {}

bool SqlError::connection_lost() const noexcept {
  return state_.starts_with("08") || state_ == "57P01" || state_ == "57P02" || state_ == "57P03" || state_ == "57P05" ||
         state_ == "25P03";
}

bool SqlError::worth_another_try() const noexcept {
  return connection_lost() || state_ == kSerializationFailure || state_ == kDeadlock || state_ == kCompletionUnknown ||
         state_ == kTooManyConnections || state_ == kCheckViolation;
}

bool SqlError::lasting() const noexcept {
  return state_.starts_with("28") || state_.starts_with("3D") || state_ == "42501" || code() == ErrorCode::internal ||
         code() == ErrorCode::storage_corrupt;
}

}  // namespace luminate::postgres
