#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <variant>

#include "server/limits/rates.hpp"
#include "server/limits/token_bucket.hpp"

namespace luminate::server::limits {

/// How much of a limit is left, for who asks.
struct Quota {
  Limit limit = Limit::none;
  std::uint64_t allowed = 0;  ///< Its value: per second, or at once.
  std::uint64_t remaining = 0;
  std::chrono::seconds full_after{0};   ///< Until all of it is there again, if nothing more is asked for; rounded up.
  std::chrono::seconds retry_after{0};  ///< Until there is something again, rounded up; 0 where there is.
};

/// Lets each tenant do as much as it may, and no more. Any thread may use it.
///
/// Points are known only when a body has been read. So a write is let in while there is a point left, pays what its
/// size makes probable (reserve()), and in the end what it sent (settle()), rejected points too; that may leave a
/// debt, and the next write waits until it is paid. A batch may thus be larger than a second's worth, and the average
/// holds.
///
/// A tenant whose buckets are full and that asks for nothing is forgotten, which loses nothing. There is room for
/// kMaxTenants; while they are all busy, those that come on top of them share one set of buckets.
///
///     auto admitted = limiter.admit("acme", Cost::write);
///     if (auto* refused = std::get_if<Quota>(&admitted)) return too_many(*refused);
///     auto& ticket = std::get<TenantLimiter::Ticket>(admitted);
///     ticket.settle(points);
class TenantLimiter {
  struct Tenant;
  struct Shard;

 public:
  using Time = TokenBucket::Time;
  using Clock = std::function<Time()>;

  static constexpr std::size_t kShards = 64;
  static constexpr std::size_t kMaxTenants = 65'536;

  /// @param max_tenants at least kShards.
  explicit TenantLimiter(TenantRates rates = {}, Clock clock = std::chrono::steady_clock::now,
                         std::size_t max_tenants = kMaxTenants);
  ~TenantLimiter();
  TenantLimiter(const TenantLimiter&) = delete;
  TenantLimiter& operator=(const TenantLimiter&) = delete;

  /// One request that was let in. Gives its place among the concurrent queries back when it dies. Must not outlive the
  /// limiter. Used by one thread at a time.
  class Ticket {
   public:
    /// Of a request that is counted nowhere.
    Ticket() = default;
    Ticket(Ticket&& other) noexcept;
    Ticket& operator=(Ticket&&) = delete;
    ~Ticket();

    /// Takes the points that a write will probably send, or what is missing to them; a second's worth at most.
    void reserve(std::uint64_t points);
    /// Says how many points the write did send, once; what was reserved counts no more.
    void settle(std::uint64_t points);
    /// What is left of the limit that is nearest to its end, of those that count; `none` where there are none.
    Quota quota() const;

   private:
    friend class TenantLimiter;
    Ticket(TenantLimiter& limiter, Shard& shard, Tenant& tenant, Cost cost)
        : limiter_(&limiter), shard_(&shard), tenant_(&tenant), cost_(cost) {}

    TenantLimiter* limiter_ = nullptr;
    Shard* shard_ = nullptr;
    Tenant* tenant_ = nullptr;  // Stays where it is, as tenants with tickets are not forgotten.
    Cost cost_ = Cost::none;
    double reserved_ = 0;
  };

  /// Counts a request, or says which limit does not let it in; then it is counted nowhere.
  std::variant<Ticket, Quota> admit(std::string_view tenant, Cost cost);

  /// From now on these hold. What tenants have used up stays used up.
  void apply(std::shared_ptr<const TenantRates> rates) noexcept;

  /// How many tenants are remembered.
  std::size_t known() const;

 private:
  Shard& shard_of(std::string_view tenant);
  Tenant& find_or_add(Shard& shard, std::string_view tenant, Time now);
  static void forget_idle(Shard& shard, Time now);

  const Clock clock_;
  const std::size_t max_per_shard_;
  std::atomic<bool> unlimited_;
  std::unique_ptr<Shard[]> shards_;
};

}  // namespace luminate::server::limits
