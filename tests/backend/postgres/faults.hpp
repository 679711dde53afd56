#pragma once

#include <string>

#include "support/postgres_server.hpp"

namespace luminate::test {

/// Lets statements on a table of a store fail as the server itself might.
class SqlFaults {
 public:
  explicit SqlFaults(const PostgresSchema& schema) : psql_(schema) {
    psql_.rows("CREATE SEQUENCE faults MINVALUE 0");
    psql_.rows(R"(CREATE FUNCTION fault() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF nextval(TG_TABLE_SCHEMA || '.faults') < TG_ARGV[1]::int THEN
          RAISE EXCEPTION 'a fault that a test asked for' USING ERRCODE = TG_ARGV[0];
        END IF;
        RETURN NULL;
      END $$)");
  }

  /// The next `times` statements that insert into `table` fail with this SQLSTATE.
  void fail(const std::string& table, const std::string& state, int times) {
    arm("CREATE TRIGGER fault BEFORE INSERT ON " + table + " FOR EACH STATEMENT", table, state, times);
  }
  /// The next `times` commits of rows for `table` do.
  void fail_commit(const std::string& table, const std::string& state, int times) {
    arm("CREATE CONSTRAINT TRIGGER fault AFTER INSERT ON " + table + " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW",
        table, state, times);
  }
  /// How often it would have failed, had it been asked to do so for ever.
  int met() { return std::stoi(psql_.value("SELECT CASE WHEN is_called THEN last_value + 1 ELSE 0 END FROM faults")); }

 private:
  void arm(const std::string& trigger, const std::string& table, const std::string& state, int times) {
    if (!armed_.empty()) psql_.rows("DROP TRIGGER fault ON " + armed_);
    armed_ = table;
    psql_.rows("SELECT setval('faults', 0, false)");
    psql_.rows(trigger + " EXECUTE FUNCTION fault('" + state + "', " + std::to_string(times) + ")");
  }

  Psql psql_;
  std::string armed_;
};

}  // namespace luminate::test
