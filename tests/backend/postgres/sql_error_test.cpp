#include "postgres/sql_error.hpp"

#include <gtest/gtest.h>

#include "postgres/connect.hpp"

namespace luminate::postgres {
namespace {

TEST(SqlError, TellsWhatMayWorkLaterFromWhatMayNot) {
  for (const char* state : {"08006", "08001", "57P01", "57P03", "53100", "53200", "53300", "25006", "55P03", "40001",
                            "40P01", "58030", "28P01", "3D000", "42501"}) {
    EXPECT_EQ(SqlError(state, "x").code(), ErrorCode::storage_unavailable) << state;
    EXPECT_TRUE(SqlError(state, "x").retryable());
  }
  EXPECT_EQ(SqlError("57014", "x").code(), ErrorCode::query_timeout);
  EXPECT_EQ(SqlError("XX001", "x").code(), ErrorCode::storage_corrupt);
  EXPECT_EQ(SqlError("42601", "x").code(), ErrorCode::internal);
}

TEST(SqlError, KnowsWhatToTryAtOnce) {
  for (const char* state : {"08006", "57P01", "40001", "40P01", "53300"}) {
    EXPECT_TRUE(SqlError(state, "x").worth_another_try()) << state;
  }
  for (const char* state : {"53100", "25006", "28P01", "57014", "23505", "3D000"}) {
    EXPECT_FALSE(SqlError(state, "x").worth_another_try()) << state;
  }
}

TEST(SqlError, KnowsWhatSomebodyHasToMend) {
  for (const char* state : {"28P01", "28000", "3D000", "42501", "42601"}) EXPECT_TRUE(SqlError(state, "x").lasting());
  for (const char* state : {"08001", "53100", "57P03", "25006"}) EXPECT_FALSE(SqlError(state, "x").lasting());
}

TEST(SqlError, SaysWhatToDo) {
  EXPECT_STREQ(SqlError("53100", "could not extend file").what(),
               "PostgreSQL: could not extend file (SQLSTATE 53100); free space on the database server's disk");
  EXPECT_STREQ(SqlError("22012", "division by zero").what(), "PostgreSQL: division by zero (SQLSTATE 22012)");
}

TEST(ConnectError, FindsTheStateInWhatLibpqSays) {
  const SqlError error = connect_error(
      "connection to server at \"db\" (10.0.0.1), port 5432 failed: FATAL:  28P01: password authentication failed for "
      "user \"me\"\nLOCATION:  auth_failed, auth.c:334\n");
  EXPECT_EQ(error.state(), "28P01");
  EXPECT_TRUE(std::string(error.what()).starts_with("PostgreSQL: password authentication failed for user \"me\" ("));
  // In another language.
  EXPECT_EQ(connect_error("... fehlgeschlagen: FATAL:  3D000: Datenbank existiert nicht\n").state(), "3D000");
}

TEST(ConnectError, IsALostConnectionWhereTheServerSaidNothing) {
  const SqlError error =
      connect_error("connection to server on socket \"/x\" failed: No such file or directory\n\tIs ?\n");
  EXPECT_EQ(error.state(), "08001");
  EXPECT_TRUE(error.connection_lost());
  EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
  EXPECT_EQ(connect_error("FATAL:  a b c: no state").state(), "08001");
  EXPECT_EQ(connect_error("FATAL:  12").state(), "08001");
}

}  // namespace
}  // namespace luminate::postgres
