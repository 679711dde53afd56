#include "postgres/retention.hpp"

#include <string>

#include "model/retention.hpp"
#include "postgres/locks.hpp"
#include "postgres/retention_enforcer.hpp"

namespace luminate::postgres {
namespace {

using model::Call;

/// Policies are small; whoever sets one has no time limit of its own.
Call short_call(const Database& database) {
  return {std::chrono::steady_clock::now() + database.options().writes.max_wait, {}};
}

}  // namespace

void set_retention(Database& database, std::string_view tenant, const RetentionPolicy& policy) {
  database.transact(Access::write, Repeat::always, short_call(database), [&](Transaction& transaction) {
    const std::string& schema = database.pool().settings().schema;
    const Rows others = std::move(
        transaction
            .run({lock_statement(schema, Lock::tenant, LockMode::exclusive, tenant_number(tenant)),
                  {"SELECT count(*), count(*) FILTER (WHERE pattern = $2) FROM {schema}.retention WHERE tenant = $1",
                   Parameters().add(tenant).add(policy.pattern)}})
            .back());
    if (others.integer(0, 1) == 0) model::check_retention_count(static_cast<std::size_t>(others.integer(0, 0)));
    transaction.run(
        "INSERT INTO {schema}.retention (tenant, pattern, keep_ms) VALUES ($1, $2, $3)"
        " ON CONFLICT (tenant, pattern) DO UPDATE SET keep_ms = excluded.keep_ms",
        Parameters().add(tenant).add(policy.pattern).add(std::int64_t{policy.keep.count()}));
  });
}

bool remove_retention(Database& database, std::string_view tenant, std::string_view pattern) {
  if (!storable(pattern)) return false;
  return database.transact(Access::write, Repeat::unless_in_doubt, short_call(database), [&](Transaction& transaction) {
    return transaction
               .run("DELETE FROM {schema}.retention WHERE tenant = $1 AND pattern = $2",
                    Parameters().add(tenant).add(pattern))
               .affected() > 0;
  });
}

std::vector<RetentionPolicy> retention(Database& database, std::string_view tenant) {
  return database.transact(Access::read, Repeat::always, short_call(database), [&](Transaction& transaction) {
    const Rows rows = transaction.run(
        "SELECT pattern, keep_ms FROM {schema}.retention WHERE tenant = $1 ORDER BY pattern", Parameters().add(tenant));
    std::vector<RetentionPolicy> policies;
    for (std::size_t row = 0; row < rows.size(); ++row) {
      policies.push_back({std::string(rows.text(row, 0)), std::chrono::milliseconds(rows.integer(row, 1))});
    }
    return policies;
  });
}

RetentionReport enforce_retention(Database& database, Partitions& partitions, std::string_view tenant,
                                  const Call& call) {
  return RetentionEnforcer(database, partitions, call).run(tenant);
}

RetentionReport enforce_retention(Database& database, Partitions& partitions, const Call& call) {
  return RetentionEnforcer(database, partitions, call).run(std::nullopt);
}

}  // namespace luminate::postgres
