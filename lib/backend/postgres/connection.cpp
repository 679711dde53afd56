#include "postgres/connection.hpp"

#include <fcntl.h>
#include <libpq-fe.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <exception>
#include <optional>

#include "postgres/cancel.hpp"
#include "postgres/patience.hpp"

namespace luminate::postgres {
namespace {

using Clock = std::chrono::steady_clock;
using Result = std::unique_ptr<PGresult, decltype(&PQclear)>;

// From the end of a call until a connection that does not answer its cancellation is given up.
constexpr std::chrono::milliseconds kCancelTime{400};
constexpr std::chrono::milliseconds kGraceTime{600};

SqlError error_of(const PGresult* result, const PGconn* connection) {
  const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const char* message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  if (message == nullptr) message = PQresultErrorMessage(result);
  if (message == nullptr || *message == '\0') message = PQerrorMessage(connection);
  return SqlError(state == nullptr ? "08006" : state, first_line(message));
}

}  // namespace

/// The answers to what was sent, one after another.
class Connection::Exchange {
 public:
  Exchange(Connection& connection, const model::Call& call)
      : connection_(connection), pg_(connection.connection_.get()), call_(call), patience_(call) {}
  ~Exchange() {
    if (!ended_) connection_.broken_ = true;  // Nobody knows what is still to come.
  }
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  /// The next result; null behind the last of a statement. @throws Error when the call is over and the server did not
  /// come back in time, SqlError when the connection breaks.
  Result next() {
    for (;;) {
      const int unsent = lost_ ? 0 : PQflush(pg_);
      if (unsent < 0) lost_ = true;
      if (lost_ && PQstatus(pg_) != CONNECTION_BAD) return Result(nullptr, &PQclear);
      if (lost_ || PQisBusy(pg_) == 0) return Result(PQgetResult(pg_), &PQclear);
      wait(static_cast<short>(unsent > 0 ? POLLIN | POLLOUT : POLLIN));
    }
  }

  /// Sends what libpq has buffered.
  void flush() {
    for (;;) {
      const int unsent = PQflush(pg_);
      if (unsent == 0) return;
      if (unsent < 0) {
        lost_ = true;
        return;
      }
      wait(POLLIN | POLLOUT);
      if (lost_) return;
    }
  }

  bool lost() const noexcept { return lost_; }

  /// What a failed result means to the caller.
  void note(const PGresult* result) {
    if (!error_) error_ = error_of(result, pg_);
  }

  /// All results have been read. @throws what went wrong, if anything did.
  void finish() {
    ended_ = true;
    if (lost_ || PQstatus(pg_) == CONNECTION_BAD) {
      connection_.broken_ = true;
      if (!error_) error_ = connection_.lost();
    }
    if (!error_) return;
    if (error_->state() == kQueryCanceled) call_.check();
    throw *error_;
  }

 private:
  void wait(short events) {
    const int socket = PQsocket(pg_);
    const bool ready = cancelled_ ? Patience::wait_regardless(socket, events, until_)
                                  : patience_.wait(socket, events, Clock::time_point::max());
    if (ready) {
      if (PQconsumeInput(pg_) == 0) lost_ = true;
      return;
    }
    if (!cancelled_) {
      cancelled_ = true;
      const auto now = Clock::now();
      until_ = now + kGraceTime;
      if (cancel(pg_, now + kCancelTime)) return;
    }
    call_.check();
    throw SqlError("08006", "the server did not answer in time");
  }

  Connection& connection_;
  PGconn* pg_;
  const model::Call& call_;
  Patience patience_;
  Clock::time_point until_{};
  bool cancelled_ = false;
  bool lost_ = false;
  bool ended_ = false;
  std::optional<SqlError> error_;
};

Connection::Connection(const Settings& settings, const model::Call& call)
    : connection_(connect(settings, call)), opener_(::getpid()) {
  if (PQsetnonblocking(connection_.get(), 1) != 0) throw lost();
}

Connection::~Connection() {
  if (opener_ == ::getpid()) return;
  // The socket is the parent's too. libpq's goodbye goes nowhere.
  const int nowhere = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  if (nowhere >= 0) {
    ::dup2(nowhere, PQsocket(connection_.get()));
    ::close(nowhere);
  } else {
    static_cast<void>(connection_.release());
  }
}

SqlError Connection::lost() {
  broken_ = true;
  return SqlError("08006", "the connection broke: " + first_line(PQerrorMessage(connection_.get())));
}

void Connection::ready_for(const model::Call& call) {
  call.check();
  if (!broken() && unread_) settle(std::min(call.deadline, Clock::now() + kGraceTime));
  if (broken()) throw SqlError("08003", "the connection is broken");
}

Rows Connection::run(const Statement& statement, const model::Call& call) {
  return std::move(run(std::span(&statement, 1), call).front());
}

std::vector<Rows> Connection::run(std::span<const Statement> statements, const model::Call& call) {
  ready_for(call);
  PGconn* pg = connection_.get();
  Exchange exchange(*this, call);
  const bool pipeline = statements.size() > 1;
  if (pipeline && PQenterPipelineMode(pg) == 0) throw lost();
  for (const Statement& statement : statements) {
    const auto values = statement.parameters.values();
    const auto lengths = statement.parameters.lengths();
    const std::vector<int> formats(values.size(), 1);
    if (PQsendQueryParams(pg, statement.sql.c_str(), static_cast<int>(values.size()), statement.parameters.types(),
                          values.data(), lengths.data(), formats.data(), 1) == 0) {
      throw lost();
    }
  }
  if (pipeline && PQpipelineSync(pg) == 0) throw lost();

  std::vector<Rows> answers(statements.size());
  for (Rows& answer : answers) {
    for (Result result = exchange.next(); result != nullptr; result = exchange.next()) {
      switch (PQresultStatus(result.get())) {
        case PGRES_TUPLES_OK:
        case PGRES_COMMAND_OK:
        case PGRES_EMPTY_QUERY:
          answer = Rows(result.release());
          break;
        case PGRES_PIPELINE_ABORTED:
          break;
        case PGRES_COPY_IN:
        case PGRES_COPY_OUT:
        case PGRES_COPY_BOTH:
          throw Error(ErrorCode::internal, "COPY was run as a query");
        default:
          exchange.note(result.get());
      }
    }
    if (PQstatus(pg) == CONNECTION_BAD) exchange.finish();
  }
  if (pipeline) {
    const Result sync = exchange.next();
    if (PQstatus(pg) != CONNECTION_BAD && PQexitPipelineMode(pg) == 0) throw lost();
  }
  exchange.finish();
  return answers;
}

std::uint64_t Connection::copy_in(const std::string& sql, const std::function<void(std::string&)>& fill,
                                  const model::Call& call) {
  ready_for(call);
  PGconn* pg = connection_.get();
  Exchange exchange(*this, call);
  if (PQsendQuery(pg, sql.c_str()) == 0) throw lost();
  std::uint64_t rows = 0;
  std::exception_ptr failure;  // Of `fill`: then the server is told to forget what it got.
  for (Result result = exchange.next(); result != nullptr; result = exchange.next()) {
    switch (PQresultStatus(result.get())) {
      case PGRES_COPY_IN: {
        std::string piece;
        const auto next = [&] {
          piece.clear();
          try {
            call.check();
            fill(piece);
          } catch (...) {
            failure = std::current_exception();
            piece.clear();
          }
          return !piece.empty();
        };
        while (!exchange.lost() && next()) {
          if (PQputCopyData(pg, piece.data(), static_cast<int>(piece.size())) < 0) throw lost();
          exchange.flush();
        }
        if (!exchange.lost() && PQputCopyEnd(pg, failure ? "given up" : nullptr) < 0) throw lost();
        break;
      }
      case PGRES_COMMAND_OK:
        rows = Rows(result.release()).affected();
        break;
      default:
        exchange.note(result.get());
    }
  }
  try {
    exchange.finish();
  } catch (const SqlError&) {
    if (!failure) throw;
  }
  if (failure) std::rethrow_exception(failure);
  return rows;
}

void Connection::roll_back_soon() noexcept {
  PGconn* pg = connection_.get();
  if (broken() || opener_ != ::getpid()) return;
  if (PQpipelineStatus(pg) != PQ_PIPELINE_OFF || PQsendQuery(pg, "ROLLBACK") == 0 || PQflush(pg) < 0) {
    broken_ = true;
    return;
  }
  unread_ = true;
}

bool Connection::settle(Clock::time_point until) noexcept {
  PGconn* pg = connection_.get();
  while (unread_ && !broken()) {
    const int unsent = PQflush(pg);
    if (unsent < 0) broken_ = true;
    if (PQisBusy(pg) == 0) {
      const Result result(PQgetResult(pg), &PQclear);
      if (result == nullptr) unread_ = false;
      continue;
    }
    if (!Patience::wait_regardless(PQsocket(pg), static_cast<short>(unsent > 0 ? POLLIN | POLLOUT : POLLIN), until) ||
        PQconsumeInput(pg) == 0) {
      broken_ = true;
    }
  }
  return idle();
}

bool Connection::quiet() const noexcept {
  pollfd watched{PQsocket(connection_.get()), POLLIN, 0};
  return ::poll(&watched, 1, 0) == 0;
}

bool Connection::broken() const noexcept {
  return broken_ || PQstatus(connection_.get()) == CONNECTION_BAD;
}

bool Connection::reusable() const noexcept {
  return !broken() && (unread_ || PQtransactionStatus(connection_.get()) == PQTRANS_IDLE);
}

bool Connection::idle() const noexcept {
  return !broken() && !unread_ && PQtransactionStatus(connection_.get()) == PQTRANS_IDLE;
}

int Connection::server_version() const noexcept {
  return PQserverVersion(connection_.get());
}

}  // namespace luminate::postgres
