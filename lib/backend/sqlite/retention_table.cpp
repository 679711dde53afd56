#include "sqlite/retention_table.hpp"

#include <algorithm>
#include <string>

#include "model/retention.hpp"

namespace luminate::sqlite {

std::vector<RetentionPolicy> read_retention(Connection& connection, std::string_view tenant) {
  std::vector<RetentionPolicy> policies;
  if (connection.query_integer("SELECT count(*) FROM sqlite_schema WHERE name = 'retention'") == 0) return policies;
  Statement rows = connection.prepare("SELECT pattern, keep_ms FROM retention WHERE tenant = ? ORDER BY pattern");
  rows.bind(1, tenant);
  while (rows.step()) {
    policies.push_back({.pattern = std::string(rows.text(0)), .keep = std::chrono::milliseconds(rows.integer(1))});
  }
  return policies;
}

void save_retention(Connection& connection, std::string_view tenant, const RetentionPolicy& policy) {
  const auto policies = read_retention(connection, tenant);
  const bool known = std::any_of(policies.begin(), policies.end(),
                                 [&](const RetentionPolicy& other) { return other.pattern == policy.pattern; });
  if (!known) model::check_retention_count(policies.size());
  Transaction transaction(connection, Transaction::Kind::write);
  connection.prepare("INSERT OR REPLACE INTO retention(tenant, pattern, keep_ms) VALUES (?, ?, ?)")
      .bind(1, tenant)
      .bind(2, std::string_view(policy.pattern))
      .bind(3, std::int64_t{policy.keep.count()})
      .run();
  transaction.commit();
}

bool delete_retention(Connection& connection, std::string_view tenant, std::string_view pattern) {
  Statement there = connection.prepare("SELECT 1 FROM retention WHERE tenant = ? AND pattern = ?");
  const bool known = there.bind(1, tenant).bind(2, pattern).step();
  there.reset();
  if (!known) return false;
  Transaction transaction(connection, Transaction::Kind::write);
  connection.prepare("DELETE FROM retention WHERE tenant = ? AND pattern = ?").bind(1, tenant).bind(2, pattern).run();
  transaction.commit();
  return true;
}

}  // namespace luminate::sqlite
