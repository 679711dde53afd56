#include "backend/cardinality.hpp"

#include "postgres/discovery.hpp"
#include "postgres/discovery_sql.hpp"

namespace luminate::postgres {

Cardinality cardinality(Database& database, std::string_view tenant, const CardinalityRequest& request,
                        const model::Call& call) {
  call.check();
  return database.transact(Access::read, Repeat::always, call, [&](Transaction& transaction) {
    backend::CardinalityTally tally(request, database.options().cardinality);
    if (!storable(tenant)) return std::move(tally).finish();
    std::optional<std::int64_t> wanted;
    const Rows metrics = transaction.run("SELECT id::bigint, name, series FROM {schema}.metric WHERE tenant = $1::text",
                                         Parameters().add(tenant));
    for (std::size_t i = 0; i < metrics.size(); ++i) {
      const std::string_view name = metrics.text(i, 1);
      const bool listed = !request.metric || *request.metric == name;
      tally.add_metric(name, static_cast<std::uint64_t>(metrics.integer(i, 2)), listed);
      if (listed) wanted = metrics.integer(i, 0);
    }
    if (!wanted || request.limit == 0) return std::move(tally).finish();

    Parameters parameters;
    const std::string sql =
        sql::cardinality(tenant, request.metric ? wanted : std::nullopt, sql::row_limit(request.limit), parameters);
    const Rows rows = transaction.run(sql, std::move(parameters));
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const auto series = static_cast<std::uint64_t>(rows.integer(i, 4));
      if (rows.null(i, 2)) {
        tally.add_key(rows.text(i, 0), rows.text(i, 1), static_cast<std::uint64_t>(rows.integer(i, 3)), series);
      } else {
        tally.add_value(rows.text(i, 0), rows.text(i, 1), rows.text(i, 2), series);
      }
    }
    return std::move(tally).finish();
  });
}

std::vector<TenantSeries> series_by_tenant(Database& database, std::optional<std::string_view> tenant,
                                           std::size_t limit, const model::Call& call) {
  call.check();
  if (tenant && !storable(*tenant)) return {};
  return database.transact(Access::read, Repeat::always, call, [&](Transaction& transaction) {
    Parameters parameters;
    parameters.add(sql::row_limit(limit));
    std::string where;
    if (tenant) where = " WHERE tenant = " + parameters.add(*tenant).last() + "::text";
    const Rows rows = transaction.run("SELECT tenant, count(*)::bigint, sum(series)::bigint FROM {schema}.metric" +
                                          where + " GROUP BY tenant ORDER BY 3 DESC, 1 LIMIT $1::bigint",
                                      std::move(parameters));
    std::vector<TenantSeries> tenants(rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
      tenants[i] = {std::string(rows.text(i, 0)), static_cast<std::uint64_t>(rows.integer(i, 1)),
                    static_cast<std::uint64_t>(rows.integer(i, 2))};
    }
    return tenants;
  });
}

}  // namespace luminate::postgres
