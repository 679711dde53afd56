#include "postgres/query_series.hpp"

#include <algorithm>
#include <utility>

namespace luminate::postgres {
namespace {

/// Up to so many ids are taken here and handed back: a few milliseconds.
constexpr std::size_t kListed = 20'000;
constexpr std::size_t kFew = 500;

SeriesFilter filter_of(Transaction& transaction, std::string_view tenant, std::string_view metric,
                       std::span<const query::Matcher> matchers) {
  if (SeriesFilter::decided_by_server(matchers)) return {tenant, metric, matchers};
  return {transaction, Access::read, tenant, metric, matchers};
}

/// Compiling expressions to machine code takes longer than most queries. Sorts and hash tables of a query may use a
/// quarter of what it may use here, each.
Statement settings(std::size_t max_memory_bytes) {
  const std::size_t work_mem = std::clamp<std::size_t>(max_memory_bytes / 4096, 4'096, 262'144);
  return {.sql =
              "SELECT set_config('jit', 'off', true), set_config('cursor_tuple_fraction', '1', true),"
              " set_config('work_mem', greatest(pg_size_bytes(current_setting('work_mem')) / 1024, $1)::text, true)",
          .parameters = std::move(Parameters().add(static_cast<std::int64_t>(work_mem)))};
}

/// For more series than can be listed. How many they are the planner can only guess, and when it guesses "hardly any"
/// it looks for the samples of each, or for the series of each sample, one by one.
Statement join_by_hash() {
  return {.sql = "SELECT set_config('enable_nestloop', 'off', true)"};
}

}  // namespace

QuerySeries::QuerySeries(Transaction& transaction, std::string_view tenant, std::string_view metric,
                         std::span<const query::Matcher> matchers, std::size_t max_memory_bytes)
    : filter_(filter_of(transaction, tenant, metric, matchers)) {
  if (filter_.nothing()) return;
  std::vector<Statement> statements{filter_.find_metric()};
  Statement& ids = statements.emplace_back();
  ids.sql = "SELECT r.id FROM {schema}.series AS r WHERE " + filter_.condition("r", ids.parameters);
  ids.sql += " LIMIT " + ids.parameters.add(static_cast<std::int64_t>(kListed + 1)).last();
  if (filter_.everything()) {
    statements.push_back({.sql = "SELECT coalesce(sum(series), 0)::bigint FROM {schema}.metric"});
  }
  const std::vector<Rows> answers = transaction.run(std::move(statements));
  filter_.found_metric(answers[0]);
  if (filter_.nothing()) return;
  most_ = filter_.everything() && filter_.metric_series() >= static_cast<std::uint64_t>(answers[2].integer(0, 0)) / 2;
  read_ids(answers[1]);
  if (!few().empty()) return;
  std::vector<Statement> preparation{settings(max_memory_bytes)};
  if (!listed_) preparation.push_back(join_by_hash());
  transaction.run(std::move(preparation));
}

void QuerySeries::read_ids(const Rows& rows) {
  listed_ = rows.size() <= kListed;
  if (!listed_) return;
  ids_.reserve(rows.size());
  for (std::size_t row = 0; row < rows.size(); ++row) ids_.push_back(rows.integer(row, 0));
}

std::span<const std::int64_t> QuerySeries::few() const noexcept {
  return ids_.size() <= kFew ? std::span<const std::int64_t>(ids_) : std::span<const std::int64_t>();
}

std::string QuerySeries::condition(std::string_view alias, Parameters& parameters) const {
  if (!listed_) return filter_.condition(alias, parameters);
  return std::string(alias) + ".id = ANY (" + parameters.add(ids_).last() + ")";
}

}  // namespace luminate::postgres
