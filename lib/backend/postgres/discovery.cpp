#include "postgres/discovery.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "postgres/discovery_sql.hpp"

namespace luminate::postgres {
namespace {

using backend::ListRequest;

/// A name's number, or nothing for a metric that nobody wrote.
std::optional<std::int64_t> find_metric(Transaction& transaction, std::string_view tenant, std::string_view metric) {
  const Rows rows =
      transaction.run("SELECT id::bigint FROM {schema}.metric WHERE tenant = $1::text AND name = $2::text",
                      Parameters().add(tenant).add(metric));
  if (rows.empty()) return std::nullopt;
  return rows.integer(0, 0);
}

std::vector<std::string> texts(const Rows& rows) {
  std::vector<std::string> out;
  out.reserve(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) out.emplace_back(rows.text(i, 0));
  return out;
}

/// The metrics with samples in the range, of those that begin with the prefix, sorted.
std::vector<std::string> metrics_in_range(Transaction& transaction, const ListRequest& request) {
  std::vector<std::string> names;
  std::vector<std::int64_t> ids;       // Of those whose first series have none: their other series may.
  std::vector<std::string> undecided;  // Their names.
  {
    Parameters parameters;
    const std::string sql = sql::metrics_by_first_series(request, parameters);
    const Rows rows = transaction.run(sql, std::move(parameters));
    for (std::size_t i = 0; i < rows.size(); ++i) {
      // Behind the limit nothing is needed, and what is undecided may only come before it.
      if (names.size() == request.limit) break;
      if (rows.boolean(i, 2)) {
        names.emplace_back(rows.text(i, 1));
      } else if (rows.boolean(i, 3)) {
        ids.push_back(rows.integer(i, 0));
        undecided.emplace_back(rows.text(i, 1));
      }
    }
  }
  if (!ids.empty()) {
    Parameters parameters;
    const std::string sql = sql::metrics_by_samples(ids, request, parameters);
    const std::vector<std::string> more = texts(transaction.run(sql, std::move(parameters)));
    names.insert(names.end(), more.begin(), more.end());
    std::sort(names.begin(), names.end());
  }
  if (names.size() > request.limit) names.resize(request.limit);
  return names;
}

/// All keys of a metric's series. A handful of keys is what nearly all series of a metric have in common: a look at
/// some series tells them, and the others are only asked for any key beside these, which costs a fifth of taking each
/// apart. Where keys are many, or spread over many series, taking apart is the better way.
std::set<std::string> keys_of(Transaction& transaction, std::int64_t metric, const ListRequest& request) {
  constexpr int kLooks = 6;
  constexpr std::size_t kHandful = 100;
  std::set<std::string> keys;
  for (int look = 0; look < kLooks && keys.size() <= kHandful; ++look) {
    Parameters parameters;
    const std::string sql = sql::keys_beside(metric, {keys.begin(), keys.end()}, request.time_range, parameters);
    const Rows rows = transaction.run(sql, std::move(parameters));
    if (rows.empty()) return keys;
    for (std::size_t i = 0; i < rows.size(); ++i) keys.emplace(rows.text(i, 0));
  }
  Parameters parameters;
  const std::string sql = sql::all_keys(metric, request.time_range, parameters);
  for (std::string& key : texts(transaction.run(sql, std::move(parameters)))) keys.insert(std::move(key));
  return keys;
}

}  // namespace

std::vector<std::string> metrics(Database& database, const ListRequest& request, const model::Call& call) {
  call.check();
  if (request.limit == 0 || !storable(request.tenant) || !storable(request.prefix)) return {};
  return database.transact(Access::read, Repeat::always, call, [&](Transaction& transaction) {
    if (request.time_range) return metrics_in_range(transaction, request);
    return texts(
        transaction.run("SELECT name FROM {schema}.metric WHERE tenant = $1::text AND name >= $2::text"
                        " AND starts_with(name, $2::text) ORDER BY name LIMIT $3::bigint",
                        Parameters().add(request.tenant).add(request.prefix).add(sql::row_limit(request.limit))));
  });
}

std::vector<std::string> dimension_keys(Database& database, std::string_view metric, const ListRequest& request,
                                        const model::Call& call) {
  call.check();
  if (request.limit == 0 || !storable(request.tenant) || !storable(metric)) return {};
  return database.transact(Access::read, Repeat::always, call, [&](Transaction& transaction) {
    std::vector<std::string> names;
    const auto id = find_metric(transaction, request.tenant, metric);
    if (!id) return names;
    for (const std::string& key : keys_of(transaction, *id, request)) {
      if (names.size() == request.limit) break;
      if (key.starts_with(request.prefix)) names.push_back(key);
    }
    return names;
  });
}

std::vector<std::string> dimension_values(Database& database, std::string_view metric, std::string_view key,
                                          const ListRequest& request, const model::Call& call) {
  call.check();
  if (request.limit == 0 || !storable(request.tenant) || !storable(metric) || !storable(key) ||
      !storable(request.prefix)) {
    return {};
  }
  return database.transact(Access::read, Repeat::always, call, [&](Transaction& transaction) {
    const auto id = find_metric(transaction, request.tenant, metric);
    if (!id) return std::vector<std::string>();
    Parameters parameters;
    const std::string sql = sql::values(*id, key, request, parameters);
    return texts(transaction.run(sql, std::move(parameters)));
  });
}

std::uint64_t series_count(Database& database, std::string_view tenant, std::optional<std::string_view> metric,
                           const model::Call& call) {
  call.check();
  if (!storable(tenant) || (metric && !storable(*metric))) return 0;
  return database.transact(Access::read, Repeat::always, call, [&](Transaction& transaction) {
    Parameters parameters;
    parameters.add(tenant);
    std::string sql = "SELECT coalesce(sum(series), 0)::bigint FROM {schema}.metric WHERE tenant = $1::text";
    if (metric) sql += " AND name = " + parameters.add(*metric).last() + "::text";
    return static_cast<std::uint64_t>(transaction.run(sql, std::move(parameters)).integer(0, 0));
  });
}

std::vector<std::string> tenants(Database& database, const model::Call& call) {
  call.check();
  return database.transact(Access::read, Repeat::always, call, [&](Transaction& transaction) {
    // From one to the next through the index, however many metrics each has.
    return texts(transaction.run(R"(
        WITH RECURSIVE found AS (
          (SELECT tenant FROM {schema}.metric ORDER BY tenant LIMIT 1)
          UNION ALL
          SELECT (SELECT m.tenant FROM {schema}.metric m WHERE m.tenant > f.tenant ORDER BY m.tenant LIMIT 1)
          FROM found f WHERE f.tenant IS NOT NULL)
        SELECT tenant FROM found WHERE tenant IS NOT NULL ORDER BY tenant)"));
  });
}

}  // namespace luminate::postgres
