#pragma once

#include <luminate/refusals.hpp>
#include <luminate/validator.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

namespace luminate::store {

/// Counts refused points, as luminate::Refusals documents it. Any thread.
class RefusalCounts {
 public:
  void add(std::string_view tenant, std::span<const Verdict> verdicts);

  Refusals all() const;
  /// What concerns one tenant, with totals of its own.
  Refusals of(std::string_view tenant) const;

 private:
  using Points = std::uint64_t;
  struct Tenant {
    std::map<ErrorCode, std::map<std::string, Points, std::less<>>> by_metric{};
    std::size_t named = 0;  ///< Entries that tell their metric.
  };

  Points& counter(Tenant& tenant, const Verdict& verdict);

  mutable std::mutex mutex_;
  std::map<std::string, Tenant, std::less<>> tenants_;  ///< Guarded by mutex_, like what follows.
  std::map<ErrorCode, Points> other_tenants_;
  std::size_t named_ = 0;
};

}  // namespace luminate::store
