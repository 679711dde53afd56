#pragma once

#include <luminate/store.hpp>

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "model/call.hpp"
#include "sqlite/removal.hpp"
#include "sqlite/rewriting.hpp"

namespace luminate::sqlite {

/// Drops samples that are older than their metric is kept: whole segments by their rows, and what is too old of others
/// by rewriting them. Works in transactions of bounded size, between which writes go on. Any thread.
class RetentionEnforcer {
 public:
  explicit RetentionEnforcer(Rewriting& rewriting) : rewriting_(rewriting) {}

  enum class Thoroughness {
    exact,  ///< Nothing too old stays.
    lazy,   ///< Segments stay until half of them is too old, so that each is rewritten a few times at most.
  };
  /// @param tenant empty optional: of all tenants. @throws Error cancelled: what was dropped until then is.
  RetentionReport enforce(std::optional<std::string_view> tenant, Thoroughness thoroughness, const model::Call& call);

 private:
  struct Metric {
    std::int64_t id = 0;
    std::string tenant;
    std::string name;
    std::int64_t cutoff = 0;
  };
  std::vector<Metric> metrics_with_old_samples(std::optional<std::string_view> tenant);
  /// Drops some. @returns false when there was nothing to drop.
  bool drop_some(const Metric& metric, Thoroughness thoroughness, const model::Call& call, RetentionReport& report);
  std::vector<SegmentInfo> segments_to_change(const Metric& metric, Thoroughness thoroughness);
  void drop(const SegmentInfo& segment, Removal& removal);
  void leave_out(const SegmentDamaged& damage);

  Rewriting& rewriting_;
  std::set<std::int64_t> damaged_;  ///< Guarded by the mutex of rewriting_: what cannot be rewritten; told once.
};

}  // namespace luminate::sqlite
