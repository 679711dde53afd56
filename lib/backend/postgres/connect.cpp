#include "postgres/connect.hpp"

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <new>
#include <span>
#include <vector>

#include "model/text.hpp"
#include "postgres/patience.hpp"

namespace luminate::postgres {
namespace {

using Clock = std::chrono::steady_clock;

/// One of the parameters of some hosts, as libpq takes it.
std::string joined(std::span<const Host> hosts, std::string Host::*member) {
  std::string text;
  for (const Host& host : hosts) text.append(text.empty() && &host == hosts.data() ? "" : ",").append(host.*member);
  return text;
}

PgConnection start(const Settings& settings, std::span<const Host> hosts) {
  const std::string names = joined(hosts, &Host::name);
  const std::string addresses = joined(hosts, &Host::address);
  const std::string ports = joined(hosts, &Host::port);
  const auto given = [](const std::string& text) {  // libpq passes over what is null.
    return text.find_first_not_of(',') == std::string::npos ? nullptr : text.c_str();
  };
  struct Parameter {
    const char* keyword;
    const char* value;
  };
  // Later ones win: what the URL says over our defaults, but not over the encoding.
  const Parameter parameters[] = {
      {"fallback_application_name", "luminate"},
      {"keepalives", "1"},
      {"keepalives_idle", "10"},
      {"keepalives_interval", "5"},
      {"keepalives_count", "3"},
      {"tcp_user_timeout", "10000"},
      {"dbname", settings.conninfo.c_str()},
      {"host", given(names)},
      {"hostaddr", given(addresses)},
      {"port", given(ports)},
      {"client_encoding", "UTF8"},
  };
  std::vector<const char*> keywords;
  std::vector<const char*> values;
  for (const Parameter& parameter : parameters) {
    keywords.push_back(parameter.keyword);
    values.push_back(parameter.value);
  }
  keywords.push_back(nullptr);
  values.push_back(nullptr);
  PgConnection connection(PQconnectStartParams(keywords.data(), values.data(), 1));
  if (connection == nullptr) throw std::bad_alloc();
  return connection;
}

[[noreturn]] void failed(PGconn* connection) {
  if (PQconnectionNeedsPassword(connection) != 0) throw SqlError("28P01", "the server asks for a password");
  throw connect_error(PQerrorMessage(connection));
}

/// How many of the hosts have been tried, the one under way included.
std::size_t tried(PGconn* connection, std::span<const Host> hosts) {
  const std::string_view name = PQhost(connection) == nullptr ? "" : PQhost(connection);
  const std::string_view port = PQport(connection) == nullptr ? "" : PQport(connection);
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    const Host& host = hosts[i];
    if ((host.name == name || host.address == name) && (host.port == port || host.port.empty())) return i + 1;
  }
  return hosts.size();
}

/// @returns whether it is connected; not, when the time was up.
bool finish(PGconn* connection, const Patience& patience, Clock::time_point until) {
  if (PQstatus(connection) == CONNECTION_BAD) failed(connection);
  PQsetErrorVerbosity(connection, PQERRORS_VERBOSE);  // With SQLSTATE.
  PQsetNoticeProcessor(
      connection, [](void*, const char*) {}, nullptr);
  for (auto status = PGRES_POLLING_WRITING; status != PGRES_POLLING_OK;) {
    const short events = status == PGRES_POLLING_READING ? POLLIN : POLLOUT;
    if (!patience.wait(PQsocket(connection), events, until)) return false;
    status = PQconnectPoll(connection);
    if (status == PGRES_POLLING_FAILED) failed(connection);
  }
  PQsetErrorVerbosity(connection, PQERRORS_DEFAULT);
  return true;
}

bool is_state(std::string_view text) noexcept {
  return text.size() == 5 &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); });
}

}  // namespace

void Finish::operator()(pg_conn* connection) const noexcept {
  PQfinish(connection);
}

std::string first_line(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
  return model::printable(text.substr(0, text.find('\n')), 512);
}

SqlError connect_error(std::string_view message) {
  // Such as: connection to server at "localhost" (127.0.0.1), port 5432 failed: FATAL:  28P01: password ... for user
  // "x"
  constexpr std::string_view kBefore = ":  ";
  for (auto at = message.find(kBefore); at != std::string_view::npos; at = message.find(kBefore, at + 1)) {
    const std::string_view behind = message.substr(at + kBefore.size());
    if (is_state(behind.substr(0, 5)) && behind.substr(5).starts_with(": ")) {
      return SqlError(behind.substr(0, 5), first_line(behind.substr(7)));
    }
  }
  return SqlError("08001", first_line(message));
}

PgConnection connect(const Settings& settings, const model::Call& call) {
  call.check();
  const Patience patience(call);
  for (std::span<const Host> hosts = settings.hosts;;) {
    PgConnection connection = start(settings, hosts);
    if (finish(connection.get(), patience, Clock::now() + settings.connect_timeout)) return connection;
    call.check();
    // libpq goes on to the next host by itself when one refuses, but not when one is silent.
    if (!hosts.empty()) hosts = hosts.subspan(tried(connection.get(), hosts));
    if (hosts.empty()) {
      throw SqlError("08001",
                     "no connection to the server within " + std::to_string(settings.connect_timeout.count()) + " ms");
    }
  }
}

}  // namespace luminate::postgres
