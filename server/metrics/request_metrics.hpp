#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "server/api/router.hpp"
#include "server/http/message.hpp"
#include "server/metrics/tenant_counters.hpp"

namespace luminate::server::metrics {

/// Counts answered requests. Labels come from fixed sets: routes are the patterns of the route table, whatever path was
/// asked for; what is in no set goes by "_other". Any thread.
class RequestMetrics {
 public:
  RequestMetrics(prometheus::Registry& registry, const std::vector<api::Route>& routes, std::size_t max_tenants);

  /// @throws std::bad_alloc, and counts in part then.
  void observe(const http::Request& request, const http::Response& response, std::chrono::microseconds duration);

 private:
  static constexpr std::array<const char*, 9> kMethods{"GET",   "POST",    "DELETE",  "HEAD",  "PUT",
                                                       "PATCH", "OPTIONS", "CONNECT", "_other"};
  static constexpr std::array<int, 22> kStatuses{200, 202, 204, 206, 207, 400, 401, 403, 404, 405, 408,
                                                 409, 413, 414, 415, 429, 431, 500, 501, 503, 504, 505};
  static constexpr std::array<const char*, 6> kQueries{"aggregate", "range", "rate", "metrics", "dimensions", "values"};

  /// What a method of a route counts into: found once, as prometheus::Family takes a lock and compares maps each time.
  struct Cell {
    Use use = Use::none;
    std::array<std::atomic<prometheus::Counter*>, kStatuses.size() + 1> by_status{};
    std::atomic<prometheus::Histogram*> durations = nullptr;
    prometheus::Counter* received = nullptr;
    prometheus::Counter* sent = nullptr;
  };

  std::size_t route_of(std::string_view pattern) const;
  static std::size_t method_of(std::string_view method);
  static std::size_t status_of(int status);
  Cell& cell(std::size_t route, std::size_t method) { return cells_[route * kMethods.size() + method]; }
  prometheus::Counter& requests(Cell& cell, std::size_t route, std::size_t method, std::size_t status);
  prometheus::Histogram& durations(Cell& cell, std::size_t route, std::size_t method);
  void observe_tenant(Use use, const http::Response& response);
  void observe_failure(const http::Response& response);
  void observe_storage(const http::StorageUse& storage, const http::Response& response);

  std::vector<std::string> routes_;  ///< And "_other", the last.
  TenantCounters tenants_;
  prometheus::Family<prometheus::Counter>& requests_;
  prometheus::Family<prometheus::Histogram>& durations_;
  prometheus::Family<prometheus::Counter>& received_;
  prometheus::Family<prometheus::Counter>& sent_;
  prometheus::Family<prometheus::Counter>& errors_;
  prometheus::Family<prometheus::Counter>& auth_failures_;
  prometheus::Histogram& writes_;
  std::array<prometheus::Histogram*, kQueries.size()> queries_{};
  prometheus::Counter& scanned_;
  std::vector<Cell> cells_;  ///< By route and method.
};

}  // namespace luminate::server::metrics
