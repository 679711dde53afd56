#pragma once

#include <luminate/error.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace luminate {

/// The points that writes have refused since the store was opened, by whose they were and why: what broke a rule of the
/// data model, and what would have made a series beyond a cardinality limit. Store::refusals() gives it.
///
/// Its size is bounded, whatever is sent; totals are exact all the same.
struct Refusals {
  static constexpr std::size_t kMaxEntriesOfTenant = 100;  ///< That tell their metric; more go by its name "".
  static constexpr std::size_t kMaxEntries = 10'000;       ///< That tell their metric, of all tenants together.
  static constexpr std::size_t kMaxTenants = 1'000;        ///< That are told apart; more are in `other_tenants`.

  struct Entry {
    std::string tenant{};
    std::string metric{};  ///< "" where it is no valid name, or there are too many to tell them apart.
    ErrorCode code = ErrorCode::internal;
    std::uint64_t points = 0;
    friend bool operator==(const Entry&, const Entry&) = default;
  };
  struct Total {
    ErrorCode code = ErrorCode::internal;
    std::uint64_t points = 0;
    friend bool operator==(const Total&, const Total&) = default;
  };

  std::vector<Entry> entries{};        ///< The heaviest first; equals by tenant, metric and code.
  std::vector<Total> other_tenants{};  ///< By code: of tenants that have no entries, as there are too many.
  std::vector<Total> totals{};         ///< By code: all of the above. Codes that never occurred are left out.
};

}  // namespace luminate
