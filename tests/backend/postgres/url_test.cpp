#include "postgres/url.hpp"

#include <gtest/gtest.h>
#include <luminate/error.hpp>

#include <string>
#include <vector>

namespace luminate::postgres {
namespace {

using std::chrono::milliseconds;

std::string refusal(std::string_view url) {
  try {
    parse_url(url, {});
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_option);
    EXPECT_EQ(error.field(), "url");
    EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
    return error.what();
  }
  return "";
}

TEST(PostgresUrl, IsHandedToLibpqAsItIs) {
  const char* url =
      "postgresql://reader:s3cret@db.example:5433/metrics?sslmode=verify-full&sslrootcert=%2Fetc%2Fca.pem";
  EXPECT_EQ(parse_url(url, {}).conninfo, url);
  EXPECT_EQ(parse_url("postgres://db/metrics", {}).conninfo, "postgres://db/metrics");
  EXPECT_EQ(parse_url("postgresql://", {}).conninfo, "postgresql://");
}

TEST(PostgresUrl, GivesTheSchemaAndKeepsItFromLibpq) {
  Options options;
  options.postgres.schema = "metrics";
  EXPECT_EQ(parse_url("postgresql://db/x", options).schema, "metrics");
  for (const auto& [url, conninfo] : std::vector<std::pair<std::string, std::string>>{
           {"postgresql://db/x?schema=own", "postgresql://db/x"},
           {"postgresql://db/x?schema=own&sslmode=require", "postgresql://db/x?sslmode=require"},
           {"postgresql://db/x?sslmode=require&schema=own", "postgresql://db/x?sslmode=require"},
           {"postgresql://db/x?a%70plication_name=y&sch%65ma=o%77n&user=z",
            "postgresql://db/x?a%70plication_name=y&user=z"}}) {
    EXPECT_EQ(parse_url(url, options).schema, "own") << url;
    EXPECT_EQ(parse_url(url, options).conninfo, conninfo);
  }
}

TEST(PostgresUrl, RefusesASchemaThatNeedsQuotes) {
  for (const char* schema : {"Own", "1st", "own-er", "o%22; DROP TABLE x", "pg_own", "", "%C3%BC"}) {
    EXPECT_NE(refusal(std::string("postgresql://db/x?schema=") + schema), "") << schema;
  }
  EXPECT_EQ(refusal("postgresql://db/x?schema=" + std::string(63, 'a')), "");
  EXPECT_NE(refusal("postgresql://db/x?schema=" + std::string(64, 'a')), "");
}

TEST(PostgresUrl, ShowsPeopleNeitherPasswordNorParameters) {
  const auto display = [](const char* url) { return parse_url(url, {}).display; };
  EXPECT_EQ(
      display("postgresql://me:s3cret@db.example:5433/metrics?password=s3cret&sslpassword=s3cret&passfile=s3cret"),
      "postgresql://me@db.example:5433/metrics");
  EXPECT_EQ(display("postgresql://:s3cret@db"), "postgresql://db");
  EXPECT_EQ(display("postgresql:///metrics?host=/var/run/postgresql&user=me&password=s3cret"),
            "postgresql://me@/var/run/postgresql/metrics");
  EXPECT_EQ(display("postgresql://one:1,two:2/metrics"), "postgresql://one:1,two:2/metrics");
  EXPECT_EQ(display("postgresql://[::1]:5433/m"), "postgresql://::1:5433/m");
  EXPECT_EQ(display("postgresql://m%0Ae@db/x%1B[31m"), "postgresql://m\\x0ae@db/x\\x1b[31m");
}

TEST(PostgresUrl, NeverQuotesWhatMayBeAPassword) {
  for (const std::string url : {
           "postgresql://me:s3cret/more@db/x",          // A slash: libpq would take "s3cret" for a port.
           "postgresql://me:s3cret?more@db/x",          //
           "postgresql://me:s3cret#more@db/x",          //
           "postgresql://me:a@s3cret@db/x",             // It would take "s3cret@db" for the host.
           "postgresql://me:s3cret%@db/x",              //
           "postgresql://me:s3cret%zz@db/x",            //
           "postgresql://me:%00s3cret@db/x",            //
           "postgresql://me:s3cret",                    // No host.
           "postgresql://me:s3cret/x",                  //
           "postgresql://me@db:s3cret/x",               //
           "postgresql://[s3cret/x",                    //
           "postgresql://me:s3 cret@db/x",              //
           "postgresql://me:s3cret\n@db/x",             //
           "postgresql://db/x?password=a&s3cret",       // An ampersand in it.
           "postgresql://db/x?password=a&s3cret=b",     //
           "postgresql://db/x?password=s3cret=b",       //
           "postgresql://db/x?password=s3cret%",        //
           "postgresql://db/x?passwort=s3cret",         //
           "postgresql://db/x?port=s3cret",             //
           "postgresql://db/x?connect_timeout=s3cret",  //
           "postgresql://db/x?schema=s3cret!",          //
           "postgresql://db/x?s3cret",                  //
           "postgresql://db/postgresql:%2F%2Fme:s3cret%40db2",
           "postgresql://db/x?dbname=password%3Ds3cret",
           "postgresq://me:s3cret@db/x",
           "me:s3cret@db/x",
           "s3cret\xFF",
       }) {
    const std::string message = refusal(url);
    EXPECT_NE(message, "") << url;
    EXPECT_EQ(message.find("cret"), std::string::npos) << message;
    EXPECT_EQ(message.find("s3"), std::string::npos) << message;
  }
}

TEST(PostgresUrl, SaysWhatWouldBeRight) {
  EXPECT_EQ(refusal("postgresql://me:a@b@db/x"),
            "the store URL has an @ where none can be (in a user name or password @ is written %40, / is %2F and ? is "
            "%3F); it has the form postgresql://user:password@host:port/database?name=value");
  EXPECT_EQ(refusal("postgresql://db/x?sslmode=require&sslmod=x"),
            "the store URL has a parameter, number 2, that PostgreSQL does not know; it has the form "
            "postgresql://user:password@host:port/database?name=value");
}

TEST(PostgresUrl, ReadsSeveralHosts) {
  const Settings settings = parse_url("postgresql://me@one,two:5433,%2Fthree/x", {});
  ASSERT_EQ(settings.hosts.size(), 3U);
  EXPECT_EQ(settings.hosts[0].name, "one");
  EXPECT_EQ(settings.hosts[1].port, "5433");
  EXPECT_EQ(settings.hosts[2].name, "/three");
  EXPECT_EQ(parse_url("postgresql://one:1/x", {}).hosts.size(), 0U);
  EXPECT_EQ(parse_url("postgresql:///x?host=one,two&port=7", {}).hosts[1].port, "7");
  EXPECT_NE(refusal("postgresql:///x?host=one,two&port=1,2,3"), "");
  EXPECT_NE(refusal("postgresql://one:65536/x"), "");
  EXPECT_NE(refusal("postgresql://one:0/x"), "");
  EXPECT_EQ(refusal("postgresql://one:65535/x"), "");
}

TEST(PostgresUrl, MayNameTheTimeToConnect) {
  Options options;
  options.postgres.connect_timeout = milliseconds(1234);
  EXPECT_EQ(parse_url("postgresql://db/x", options).connect_timeout, milliseconds(1234));
  EXPECT_EQ(parse_url("postgresql://db/x?connect_timeout=3", options).connect_timeout, milliseconds(3000));
  EXPECT_EQ(refusal("postgresql://db/x?connect_timeout=3600"), "");
  EXPECT_NE(refusal("postgresql://db/x?connect_timeout=3601"), "");
  EXPECT_NE(refusal("postgresql://db/x?connect_timeout=0"), "");
}

TEST(PostgresUrl, HasAnEnd) {
  const std::string front = "postgresql://db/";
  EXPECT_EQ(refusal(front + std::string(4096 - front.size(), 'x')), "");
  EXPECT_NE(refusal(front + std::string(4097 - front.size(), 'x')), "");
}

}  // namespace
}  // namespace luminate::postgres
