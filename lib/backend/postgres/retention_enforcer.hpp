#pragma once

#include <luminate/store.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "postgres/database.hpp"
#include "postgres/forgetting.hpp"
#include "postgres/partitions.hpp"

namespace luminate::postgres {

/// One clean-up: drops samples that are older than their metrics are kept.
///
/// Partitions, or chunks, in which nobody keeps anything are emptied as a whole, which takes a moment however much they
/// hold, and then dropped. The rest is deleted in steps, each a transaction of its own, a few series of one metric and
/// one day at a time. TimescaleDB's own retention policies are not used: they know nothing of metrics and tenants, the
/// Apache edition has none, and series that lose their last sample have to be forgotten in the same transaction.
class RetentionEnforcer {
 public:
  RetentionEnforcer(Database& database, Partitions& partitions, const model::Call& call);

  /// Of one tenant, or of all.
  RetentionReport run(std::optional<std::string_view> tenant);

 private:
  struct Metric {
    std::int64_t id = 0;
    std::string tenant{};
    std::int64_t cutoff = 0;  ///< What is older goes; the least there is where all is kept.
  };
  /// A partition or chunk.
  struct Piece {
    std::string table{};  ///< With its schema, quoted as need be.
    std::int64_t from_ms = 0;
    std::int64_t to_ms = 0;
  };

  std::vector<Metric> metrics(Transaction& transaction) const;
  std::vector<Piece> pieces(Transaction& transaction) const;
  /// The time before which nobody keeps anything; the least there is when somebody keeps all.
  static std::int64_t nobodys(const std::vector<Metric>& metrics);

  /// Where others leave it in peace; otherwise its samples are deleted later, step by step.
  void drop_whole(const Piece& piece);
  /// @returns whether nothing in it is kept, still. @throws SqlError when others hold locks.
  bool empty_whole(const Piece& piece);
  void drop_empty(const Piece& piece);

  void delete_old(const Metric& metric, const std::vector<Piece>& pieces);
  /// Those that have samples from before the cutoff.
  std::vector<std::int64_t> series_with_old(const Metric& metric);
  void delete_step(const Metric& metric, std::span<const std::int64_t> series, std::int64_t from_ms,
                   std::int64_t to_ms);
  void add(std::uint64_t samples, const Forgotten& forgotten);

  Database& database_;
  Partitions& partitions_;
  const model::Call& call_;
  const Abilities abilities_;
  const std::string& schema_;
  const std::int64_t now_ms_;
  int refusals_ = 0;  ///< How often others held a lock for too long.
  RetentionReport report_;
};

}  // namespace luminate::postgres
