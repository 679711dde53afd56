#include "server/limits/tenant_limiter.hpp"

#include <algorithm>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

namespace luminate::server::limits {
namespace {

/// A shard of this many is not worth looking for idle ones.
constexpr std::size_t kFew = 32;
/// A full shard is looked through this often at most: whoever floods it must not make each request pay for that.
constexpr std::chrono::milliseconds kSweepPause(100);

struct Hash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
};

Quota quota_of(Limit limit, std::uint64_t allowed, const TokenBucket& bucket) {
  return {limit, allowed, bucket.remaining(), bucket.time_until_full(), bucket.time_until(1)};
}

/// Whether `a` has the smaller share left.
bool is_tighter(const Quota& a, const Quota& b) {
  return static_cast<double>(a.remaining) / static_cast<double>(a.allowed) <
         static_cast<double>(b.remaining) / static_cast<double>(b.allowed);
}

}  // namespace

struct TenantLimiter::Tenant {
  TokenBucket writes;
  TokenBucket queries;
  TokenBucket points;
  std::uint64_t running = 0;  ///< Queries.
  std::uint64_t tickets = 0;
  const Rates* rates = nullptr;  ///< Of the shard's.

  void refill(Time now) {
    if (rates->write_requests) writes.refill(now, *rates->write_requests);
    if (rates->query_requests) queries.refill(now, *rates->query_requests);
    if (rates->points) points.refill(now, *rates->points);
  }

  /// Whether nobody could tell it from one that was never seen. @pre refilled
  bool is_idle() const {
    return tickets == 0 && (!rates->write_requests || writes.is_full()) &&
           (!rates->query_requests || queries.is_full()) && (!rates->points || points.is_full());
  }

  /// What does not let it in, and for the longest time. @pre refilled
  std::optional<Quota> refusal(Cost cost) const {
    std::optional<Quota> longest;
    const auto consider = [&](Limit limit, const std::optional<std::uint64_t>& rate, const TokenBucket& bucket) {
      if (!rate || bucket.has_one()) return;
      const Quota quota = quota_of(limit, *rate, bucket);
      if (!longest || quota.retry_after > longest->retry_after) longest = quota;
    };
    if (cost == Cost::write) {
      consider(Limit::write_requests, rates->write_requests, writes);
      consider(Limit::points, rates->points, points);
      return longest;
    }
    consider(Limit::query_requests, rates->query_requests, queries);
    if (!longest && rates->concurrent_queries && running >= *rates->concurrent_queries) {
      // When one ends nobody knows; a second is what a client may well wait.
      constexpr std::chrono::seconds kSoon(1);
      return Quota{Limit::concurrent_queries, *rates->concurrent_queries, 0, kSoon, kSoon};
    }
    return longest;
  }
};

/// A part of the tenants, with a lock of its own.
struct alignas(64) TenantLimiter::Shard {
  mutable std::mutex mutex;
  std::shared_ptr<const TenantRates> rates;  // Guarded by mutex, as is all below.
  std::unordered_map<std::string, Tenant, Hash, std::equal_to<>> tenants;
  Tenant crowd;                 // All for whom there is no room.
  std::size_t sweep_at = kFew;  // Tenants.
  Time swept{};
};

TenantLimiter::TenantLimiter(TenantRates rates, Clock clock, std::size_t max_tenants)
    : clock_(std::move(clock)),
      max_per_shard_(std::max<std::size_t>(1, max_tenants / kShards)),
      unlimited_(true),
      shards_(std::make_unique<Shard[]>(kShards)) {
  apply(std::make_shared<const TenantRates>(std::move(rates)));
}

TenantLimiter::~TenantLimiter() = default;

void TenantLimiter::apply(std::shared_ptr<const TenantRates> rates) noexcept {
  for (std::size_t i = 0; i < kShards; ++i) {
    Shard& shard = shards_[i];
    const std::lock_guard lock(shard.mutex);
    shard.rates = rates;
    shard.crowd.rates = &rates->others;
    for (auto& [name, tenant] : shard.tenants) tenant.rates = &rates->of(name);
  }
  unlimited_.store(rates->unlimited(), std::memory_order_relaxed);
}

TenantLimiter::Shard& TenantLimiter::shard_of(std::string_view tenant) {
  // Other bits than those by which the map of the shard sorts.
  return shards_[(Hash{}(tenant) >> 48) % kShards];
}

std::variant<TenantLimiter::Ticket, Quota> TenantLimiter::admit(std::string_view name, Cost cost) {
  if (cost == Cost::none || unlimited_.load(std::memory_order_relaxed)) return Ticket();
  Shard& shard = shard_of(name);
  const std::lock_guard lock(shard.mutex);
  const Time now = clock_();  // Under the lock, so that time does not go back for anybody.
  Tenant& tenant = find_or_add(shard, name, now);
  tenant.refill(now);
  if (auto refusal = tenant.refusal(cost)) return *refusal;
  if (cost == Cost::write) {
    tenant.writes.take(1);
  } else {
    tenant.queries.take(1);
    ++tenant.running;
  }
  ++tenant.tickets;
  return Ticket(*this, shard, tenant, cost);
}

TenantLimiter::Tenant& TenantLimiter::find_or_add(Shard& shard, std::string_view name, Time now) {
  if (const auto found = shard.tenants.find(name); found != shard.tenants.end()) return found->second;
  const std::size_t sweep_at = std::min(shard.sweep_at, max_per_shard_);
  if (shard.tenants.size() >= sweep_at && now - shard.swept >= kSweepPause) forget_idle(shard, now);
  if (shard.tenants.size() >= max_per_shard_) return shard.crowd;
  Tenant& added = shard.tenants[std::string(name)];
  added.rates = &shard.rates->of(name);
  return added;
}

void TenantLimiter::forget_idle(Shard& shard, Time now) {
  for (auto& [name, tenant] : shard.tenants) tenant.refill(now);
  std::erase_if(shard.tenants, [](const auto& entry) { return entry.second.is_idle(); });
  shard.swept = now;
  // So that the next look is paid by as many newcomers as there are to look at.
  shard.sweep_at = std::max(kFew, 2 * shard.tenants.size());
}

std::size_t TenantLimiter::known() const {
  std::size_t known = 0;
  for (std::size_t i = 0; i < kShards; ++i) {
    const std::lock_guard lock(shards_[i].mutex);
    known += shards_[i].tenants.size();
  }
  return known;
}

TenantLimiter::Ticket::Ticket(Ticket&& other) noexcept
    : limiter_(other.limiter_),
      shard_(other.shard_),
      tenant_(std::exchange(other.tenant_, nullptr)),
      cost_(other.cost_),
      reserved_(other.reserved_) {}

TenantLimiter::Ticket::~Ticket() {
  if (tenant_ == nullptr) return;
  const std::lock_guard lock(shard_->mutex);
  --tenant_->tickets;
  if (cost_ == Cost::query) --tenant_->running;
}

void TenantLimiter::Ticket::reserve(std::uint64_t points) {
  if (tenant_ == nullptr) return;
  const std::lock_guard lock(shard_->mutex);
  if (!tenant_->rates->points) return;
  const double wanted = static_cast<double>(std::min(points, *tenant_->rates->points));
  if (wanted <= reserved_) return;
  tenant_->points.take(wanted - reserved_);
  reserved_ = wanted;
}

void TenantLimiter::Ticket::settle(std::uint64_t points) {
  if (tenant_ == nullptr) return;
  const std::lock_guard lock(shard_->mutex);
  if (!tenant_->rates->points) return;
  tenant_->refill(limiter_->clock_());
  tenant_->points.take(static_cast<double>(points) - std::exchange(reserved_, 0));
}

Quota TenantLimiter::Ticket::quota() const {
  Quota tightest;
  if (tenant_ == nullptr) return tightest;
  const std::lock_guard lock(shard_->mutex);
  tenant_->refill(limiter_->clock_());
  const auto consider = [&](Limit limit, const std::optional<std::uint64_t>& rate, const TokenBucket& bucket) {
    if (!rate) return;
    const Quota quota = quota_of(limit, *rate, bucket);
    if (tightest.limit == Limit::none || is_tighter(quota, tightest)) tightest = quota;
  };
  if (cost_ == Cost::write) {
    consider(Limit::write_requests, tenant_->rates->write_requests, tenant_->writes);
    consider(Limit::points, tenant_->rates->points, tenant_->points);
  } else {
    consider(Limit::query_requests, tenant_->rates->query_requests, tenant_->queries);
  }
  return tightest;
}

}  // namespace luminate::server::limits
