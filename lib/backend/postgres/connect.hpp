#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "model/call.hpp"
#include "postgres/sql_error.hpp"
#include "postgres/url.hpp"

struct pg_conn;

namespace luminate::postgres {

struct Finish {
  void operator()(pg_conn* connection) const noexcept;
};
using PgConnection = std::unique_ptr<pg_conn, Finish>;

/// Connects to the first of the hosts that answers, each within Settings::connect_timeout. Looking up a host's name
/// blocks, for as long as the resolver is configured to. @throws SqlError, Error query_timeout, cancelled.
PgConnection connect(const Settings& settings, const model::Call& call);

/// What PQerrorMessage says of a connection that could not be made, with the SQLSTATE that stands in it where it came
/// from the server, and else 08001.
SqlError connect_error(std::string_view message);

/// The first line of what libpq says, fit for a message.
std::string first_line(std::string_view text);

}  // namespace luminate::postgres
