#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "postgres/connection.hpp"

// Advisory locks of the transaction, which all servers over one schema share. Each is a pair of a class, made of the
// schema's name, and a number. Whoever takes several takes them in the order of this enumeration, and within one kind
// by ascending number; what deadlocks all the same is found by PostgreSQL and tried again.
namespace luminate::postgres {

enum class Lock : std::uint32_t {
  migration = 1,    ///< 0: whoever makes or changes tables.
  maintenance = 2,  ///< 0: the one server of many that cleans up at the moment; only ever tried.
  partitions = 3,   ///< 0: whoever makes, fills or drops partitions.
  deleters = 4,     ///< A metric's id, exclusively: whoever deletes its samples. 0, shared by these: see remover.hpp.
  series = 5,       ///< Bucket of a metric: shared by writers, exclusively by whoever deletes series.
  tenant = 6,       ///< tenant_number(): whoever makes a metric of the tenant, or changes its policies.
};

enum class LockMode { shared, exclusive };

/// A metric's bucket. More metrics than 64 share one: what waits for another waits for a moment only.
constexpr std::int64_t bucket_of(std::int64_t metric_id) noexcept {
  return metric_id % 64;
}

namespace detail {
/// FNV-1a: the same in every process of every version, which std::hash is not.
constexpr std::uint32_t number_of(std::string_view text) noexcept {
  std::uint32_t hash = 2'166'136'261;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16'777'619;
  return hash;
}
}  // namespace detail

/// The first number of the pair.
constexpr std::int32_t lock_class(std::string_view schema, Lock kind) noexcept {
  return static_cast<std::int32_t>(detail::number_of(schema) ^ (static_cast<std::uint32_t>(kind) * 0x9E37'79B9u));
}

/// Equal for equal tenants; others that share it wait for each other, which is harmless.
constexpr std::int32_t tenant_number(std::string_view tenant) noexcept {
  return static_cast<std::int32_t>(detail::number_of(tenant));
}

/// Takes locks until the end of the transaction, in the order given.
inline Statement lock_statement(std::string_view schema, Lock kind, LockMode mode,
                                std::span<const std::int64_t> numbers) {
  const std::string_view function = mode == LockMode::shared ? "pg_advisory_xact_lock_shared" : "pg_advisory_xact_lock";
  Statement statement{"SELECT " + std::string(function) + "($1::int4, n::int4) FROM unnest($2) AS n"};
  statement.parameters.add(std::int64_t{lock_class(schema, kind)}).add(numbers);
  return statement;
}
inline Statement lock_statement(std::string_view schema, Lock kind, LockMode mode, std::int64_t number) {
  return lock_statement(schema, kind, mode, std::span(&number, 1));
}

}  // namespace luminate::postgres
