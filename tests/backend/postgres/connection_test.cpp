#include "postgres/connection.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <optional>
#include <thread>

#include "backend/postgres/connections.hpp"
#include "support/child_process.hpp"
#include "support/postgres_server.hpp"

namespace luminate::postgres {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class ConnectionTest : public testing::Test {
 protected:
  void SetUp() override {
    LUMINATE_NEEDS_POSTGRES();
    connection_.emplace(settings_of(test::postgres_server()), within(seconds(20)));
  }

  Rows run(const std::string& sql, Parameters parameters = {}) {
    return connection_->run({.sql = sql, .parameters = std::move(parameters)}, within(seconds(20)));
  }
  std::int64_t pid() { return run("SELECT pg_backend_pid()").integer(0, 0); }
  /// How many statements with that in their text the server works on.
  static std::string at_work(const std::string& mark) {
    return test::Psql(test::postgres_server())
        .value(
            "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND pid <> pg_backend_pid() AND query LIKE "
            "'%" +
            mark + "%'");
  }
  /// @returns what it threw.
  template <class Work>
  static std::string error_of(Work&& work) {
    try {
      work();
    } catch (const Error& error) {
      return std::string(to_string(error.code()));
    }
    return "";
  }

  std::optional<Connection> connection_;
};

TEST_F(ConnectionTest, GivesBackWhatItWasGiven) {
  const std::vector<std::string> texts{"", "a", "h\xC3\xBC\"\\,{}NULL"};
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  const std::vector<std::int64_t> numbers{std::numeric_limits<std::int64_t>::min(), -1, 7};
  const std::vector<double> doubles{-0.0, 5e-324, 1.7976931348623157e308};
  const std::vector<std::int64_t> times{-1, 0, 1'700'000'000'123};
  Parameters parameters;
  parameters.add(numbers[0]).add(0.1).add(true).add(texts[2]).add_time(-1).add_json(R"({"k": "v"})");
  parameters.add(std::span(numbers)).add(std::span(doubles)).add(std::span(texts)).add(std::span(views));
  parameters.add_times(times).add(std::span<const double>());
  const Rows rows =
      run("SELECT $1, $2, $3, $4, $5, $6->>'k', n, d, t, v, ts, cardinality($12), NULL::text "
          "FROM unnest($7, $8, $9, $10, $11) WITH ORDINALITY AS u(n, d, t, v, ts, i) ORDER BY i",
          std::move(parameters));
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows.integer(0, 0), numbers[0]);
  EXPECT_EQ(rows.real(0, 1), 0.1);
  EXPECT_TRUE(rows.boolean(0, 2));
  EXPECT_EQ(rows.text(0, 3), texts[2]);
  EXPECT_EQ(rows.time_ms(0, 4), -1);
  EXPECT_EQ(rows.text(0, 5), "v");
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(rows.integer(i, 6), numbers[i]);
    EXPECT_EQ(rows.real(i, 7), doubles[i]);
    EXPECT_EQ(rows.text(i, 8), texts[i]);
    EXPECT_EQ(rows.text(i, 9), texts[i]);
    EXPECT_EQ(rows.time_ms(i, 10), times[i]);
  }
  EXPECT_TRUE(std::signbit(rows.real(0, 7)));
  EXPECT_EQ(rows.integer(0, 11), 0);
  EXPECT_TRUE(rows.null(0, 12));
}

TEST_F(ConnectionTest, ReadsAllWidthsOfIntegersAndRoundsTimesDown) {
  const Rows rows =
      run("SELECT (-2)::smallint, (-2)::int, 4000000000::oid, 'name'::name, '\\x00ff'::bytea, false, "
          "'1969-12-31 23:59:59.9994Z'::timestamptz, 'infinity'::timestamptz, '-infinity'::timestamptz");
  EXPECT_EQ(rows.integer(0, 0), -2);
  EXPECT_EQ(rows.integer(0, 1), -2);
  EXPECT_EQ(rows.integer(0, 2), 4'000'000'000);
  EXPECT_EQ(rows.text(0, 3), "name");
  EXPECT_EQ(rows.text(0, 4), std::string_view("\0\xFF", 2));
  EXPECT_FALSE(rows.boolean(0, 5));
  EXPECT_EQ(rows.time_ms(0, 6), -1);
  EXPECT_EQ(rows.time_ms(0, 7), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(rows.time_ms(0, 8), std::numeric_limits<std::int64_t>::min());
}

TEST_F(ConnectionTest, RefusesToReadAColumnAsAnotherType) {
  const Rows rows = run("SELECT 1::bigint, 'x'::text, NULL::bigint");
  EXPECT_EQ(error_of([&] { (void)rows.text(0, 0); }), "INTERNAL_ERROR");
  EXPECT_EQ(error_of([&] { (void)rows.real(0, 0); }), "INTERNAL_ERROR");
  EXPECT_EQ(error_of([&] { (void)rows.integer(0, 1); }), "INTERNAL_ERROR");
  EXPECT_EQ(error_of([&] { (void)rows.integer(0, 2); }), "INTERNAL_ERROR");
  EXPECT_EQ(error_of([&] { (void)rows.integer(0, 3); }), "INTERNAL_ERROR");
  EXPECT_EQ(error_of([&] { (void)rows.integer(1, 0); }), "INTERNAL_ERROR");
}

TEST_F(ConnectionTest, RunsSeveralStatementsEachAsTheOneBeforeLeftThings) {
  const std::vector<Statement> statements{
      {.sql = "CREATE TEMP TABLE t (n bigint)"},
      {.sql = "INSERT INTO t VALUES ($1), ($1 + 1)", .parameters = Parameters().add(std::int64_t{5})},
      {.sql = "SELECT sum(n)::bigint FROM t"}};
  const auto rows = connection_->run(statements, within(seconds(20)));
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[1].affected(), 2U);
  EXPECT_EQ(rows[1].command(), "INSERT 0 2");
  EXPECT_EQ(rows[2].integer(0, 0), 11);
}

TEST_F(ConnectionTest, ThrowsTheFirstErrorAndRunsNothingBehindIt) {
  run("CREATE TEMP TABLE t (n bigint)");
  const std::vector<Statement> statements{{.sql = "INSERT INTO t VALUES (1)"},
                                          {.sql = "SELECT 1 / 0"},
                                          {.sql = "INSERT INTO t VALUES (2)"},
                                          {.sql = "no statement"}};
  try {
    connection_->run(statements, within(seconds(20)));
    FAIL();
  } catch (const SqlError& error) {
    EXPECT_EQ(error.state(), "22012");
  }
  EXPECT_TRUE(connection_->idle());
  EXPECT_EQ(run("SELECT count(*) FROM t").integer(0, 0), 0);
}

TEST_F(ConnectionTest, TakesAnswersLargerThanAnyBuffer) {
  const std::string large(3'000'000, 'x');
  const auto both =
      connection_->run(std::vector<Statement>{{.sql = "SELECT $1", .parameters = Parameters().add(large)},
                                              {.sql = "SELECT $1", .parameters = Parameters().add(large)}},
                       within(seconds(20)));
  EXPECT_EQ(both[0].text(0, 0), large);
  EXPECT_EQ(both[1].text(0, 0), large);
}

TEST_F(ConnectionTest, CopiesIn) {
  run("CREATE TEMP TABLE t (n bigint)");
  int left = 1000;
  const auto rows = connection_->copy_in(
      "COPY t FROM STDIN",
      [&](std::string& piece) {
        if (left-- > 0) piece.assign(2000, '7').replace(1, 1999, "\n").append("8\n");
      },
      within(seconds(20)));
  EXPECT_EQ(rows, 2000U);
  EXPECT_EQ(connection_->copy_in(
                "COPY t FROM STDIN", [](std::string&) {}, within(seconds(20))),
            0U);
  EXPECT_EQ(run("SELECT count(*) FROM t").integer(0, 0), 2000);
}

TEST_F(ConnectionTest, CopiesNothingWhereTheDataOrItsSourceFails) {
  run("CREATE TEMP TABLE t (n bigint)");
  const auto copy = [&](const char* sql, const std::function<void(std::string&)>& fill) {
    return error_of([&] { connection_->copy_in(sql, fill, within(seconds(20))); });
  };
  bool first = true;
  const auto bad = [&](std::string& piece) {
    if (std::exchange(first, false)) piece = "1\nno number\n";
  };
  EXPECT_EQ(copy("COPY t FROM STDIN", bad), "INTERNAL_ERROR");
  const auto failing = [&](std::string& piece) {
    if (first) throw Error(ErrorCode::cancelled, "no more");
    first = true;
    piece = "1\n";
  };
  EXPECT_EQ(copy("COPY t FROM STDIN", failing), "CANCELLED");
  EXPECT_EQ(copy("COPY nothing FROM STDIN", bad), "STORAGE_CORRUPT");
  EXPECT_TRUE(connection_->idle());
  EXPECT_EQ(run("SELECT count(*) FROM t").integer(0, 0), 0);
}

TEST_F(ConnectionTest, EndsTheServersWorkAtTheDeadline) {
  const auto before = Clock::now();
  EXPECT_EQ(
      error_of([&] { connection_->run({.sql = "SELECT pg_sleep(60) AS deadline_mark"}, within(milliseconds(150))); }),
      "QUERY_TIMEOUT");
  EXPECT_LT(Clock::now() - before, milliseconds(1150));
  EXPECT_EQ(at_work("deadline_mark"), "0");
  EXPECT_EQ(run("SELECT 7::bigint").integer(0, 0), 7);  // The same connection goes on.
}

TEST_F(ConnectionTest, EndsTheServersWorkWhenItIsStopped) {
  std::stop_source source;
  std::jthread stopper([&] {
    while (at_work("stop_mark") == "0") std::this_thread::yield();
    source.request_stop();
  });
  EXPECT_EQ(error_of([&] {
              connection_->run({.sql = "SELECT pg_sleep(60) AS stop_mark"}, within(seconds(50), source.get_token()));
            }),
            "CANCELLED");
  EXPECT_EQ(at_work("stop_mark"), "0");
  EXPECT_EQ(run("SELECT 7::bigint").integer(0, 0), 7);
}

TEST_F(ConnectionTest, StartsNothingForACallThatIsOver) {
  EXPECT_EQ(error_of([&] { connection_->run({.sql = "CREATE TEMP TABLE t ()"}, within(seconds(-1))); }),
            "QUERY_TIMEOUT");
  std::stop_source source;
  source.request_stop();
  EXPECT_EQ(
      error_of([&] { connection_->run({.sql = "CREATE TEMP TABLE t ()"}, within(seconds(9), source.get_token())); }),
      "CANCELLED");
  EXPECT_EQ(run("SELECT to_regclass('t') IS NULL").boolean(0, 0), true);
}

TEST_F(ConnectionTest, SaysThatTheServerEndedIt) {
  test::Psql(test::postgres_server()).rows("SELECT pg_terminate_backend(" + std::to_string(pid()) + ")");
  try {
    run("SELECT 1");
    FAIL();
  } catch (const SqlError& error) {
    EXPECT_TRUE(error.connection_lost()) << error.what();
    EXPECT_EQ(error.code(), ErrorCode::storage_unavailable);
  }
  EXPECT_TRUE(connection_->broken());
  EXPECT_EQ(error_of([&] { run("SELECT 1"); }), "STORAGE_UNAVAILABLE");
}

TEST_F(ConnectionTest, OutlivesTheEndOfAForkedChild) {
  EXPECT_EQ(test::in_child([&] {
              connection_.reset();
              return "gone";
            }),
            "gone");
  EXPECT_EQ(run("SELECT 7::bigint").integer(0, 0), 7);
}

TEST_F(ConnectionTest, BearsTheNameOfTheProgramUnlessTheUrlHasAnother) {
  EXPECT_EQ(run("SELECT current_setting('application_name')").text(0, 0), "luminate");
  EXPECT_EQ(run("SELECT current_setting('client_encoding')").text(0, 0), "UTF8");
  const std::string named =
      test::with_parameter(test::postgres_server(), "application_name=other&client_encoding=LATIN1");
  Connection other(settings_of(named), within(seconds(20)));
  EXPECT_EQ(other.run({.sql = "SELECT current_setting('application_name')"}, within(seconds(20))).text(0, 0), "other");
  EXPECT_EQ(other.run({.sql = "SELECT current_setting('client_encoding')"}, within(seconds(20))).text(0, 0), "UTF8");
}

std::string connect_state(const Settings& settings, const model::Call& call = within(seconds(20))) {
  try {
    const Connection connection(settings, call);
  } catch (const SqlError& error) {
    return std::string(error.state());
  }
  return "";
}

TEST(Connect, FailsAtOnceWhereNobodyListens) {
  std::optional<FalseServer> gone(FalseServer::Manner::is_silent);
  const std::string url = gone->url();
  gone.reset();
  EXPECT_EQ(connect_state(settings_of(url)), "08001");
  EXPECT_EQ(connect_state(settings_of("postgresql:///x?host=/nowhere")), "08001");
}

TEST(Connect, GivesASilentServerUp) {
  const FalseServer server(FalseServer::Manner::is_silent);
  Settings settings = settings_of(server.url());
  settings.connect_timeout = milliseconds(100);
  const auto before = Clock::now();
  EXPECT_EQ(connect_state(settings), "08001");
  EXPECT_LT(Clock::now() - before, milliseconds(1100));

  settings.connect_timeout = seconds(60);
  EXPECT_THROW(Connection(settings, within(milliseconds(100))), Error);
  std::stop_source source;
  std::jthread stopper([&] { source.request_stop(); });
  EXPECT_THROW(Connection(settings, within(seconds(60), source.get_token())), Error);
  EXPECT_LT(Clock::now() - before, seconds(20));
}

TEST(Connect, GoesOnToTheHostThatAnswers) {
  LUMINATE_NEEDS_POSTGRES();
  test::Psql psql(test::postgres_server());
  const std::string socket = psql.value("SELECT split_part(current_setting('unix_socket_directories'), ',', 1)");
  if (socket.empty()) GTEST_SKIP() << "the server has no Unix socket";
  const FalseServer silent(FalseServer::Manner::is_silent);
  std::optional<FalseServer> gone(FalseServer::Manner::is_silent);
  const std::string refusing = gone->port();
  gone.reset();
  Settings several = settings_of(
      "postgresql:///postgres?user=postgres&gssencmode=disable&host=127.0.0.1,127.0.0.1,127.0.0.1," + socket +
      "&port=" + refusing + "," + silent.port() + "," + silent.port() + "," + psql.value("SHOW port"));
  several.connect_timeout = milliseconds(150);
  EXPECT_EQ(connect_state(several), "");
}

}  // namespace
}  // namespace luminate::postgres
