#pragma once

#include <chrono>

struct pg_conn;

namespace luminate::postgres {

/// Asks the server to stop what it does for this connection, and waits until it was told, until `until` at most.
/// @returns whether it was told: otherwise the request may still arrive, and would hit what the connection does then.
///
/// PQcancel blocks for as long as a server does that hangs, so a thread of its own calls it. That thread owns all it
/// uses; where it does not come back in time it is left alone. Only a connection that is given up leaves one behind,
/// and a server that hangs lets no new connections in, so there are never more than the pool has connections.
bool cancel(pg_conn* connection, std::chrono::steady_clock::time_point until) noexcept;

}  // namespace luminate::postgres
