#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <list>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace luminate::server::http {

/// Lets a few requests be worked on at once and some wait; the rest learn at once that they came in vain. Apart from
/// the connections' threads, so that a full house can still answer what is urgent. Any thread.
///
/// Tenants share it fairly: a slot goes to the tenant that has the fewest, and among equals to whom it is longest since
/// that got one; within a tenant, first come first served. A tenant has three quarters of the slots at most, so that
/// another one finds a free slot; and when too many wait, who came last of the tenant with the most waiters goes. What
/// is nobody's (an empty name) is one tenant among others, but may have all slots, as there may be nobody else.
class WorkGate {
  struct Tenant;
  using Tenants = std::unordered_map<std::string, Tenant>;

 public:
  WorkGate(std::size_t slots, std::size_t max_waiting, std::chrono::milliseconds max_wait);
  ~WorkGate();
  WorkGate(const WorkGate&) = delete;
  WorkGate& operator=(const WorkGate&) = delete;

  /// The right to work; given back when it dies. Must not outlive the gate.
  class Slot {
   public:
    Slot(Slot&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)), tenant_(other.tenant_) {}
    Slot& operator=(Slot&&) = delete;
    ~Slot();

   private:
    friend class WorkGate;
    Slot(WorkGate& gate, Tenants::value_type& tenant) : gate_(&gate), tenant_(&tenant) {}

    WorkGate* gate_;
    Tenants::value_type* tenant_;
  };

  /// Waits for a slot. @returns nothing when too many wait already, it took too long, or `gone` was asked to stop.
  std::optional<Slot> enter(const std::stop_token& gone, std::string_view tenant = {});

  /// How many wait.
  std::size_t waiting() const;

  /// For how long all slots have been taken without one being given back; nothing while one is free.
  std::chrono::milliseconds stuck() const;

  struct Use {
    std::size_t slots = 0;
    std::size_t taken = 0;
    std::size_t waiting = 0;  ///< For a slot.
  };
  Use use() const;

 private:
  using Clock = std::chrono::steady_clock;

  struct Waiter {
    enum class State { waiting, granted, refused };
    std::condition_variable_any changed;
    State state = State::waiting;
  };
  /// Who works or waits.
  struct Tenant {
    std::size_t working = 0;
    std::size_t last_turn = 0;     ///< When it got a slot: later is larger.
    std::list<Waiter*> waiters{};  ///< In the order in which they came.
  };

  void leave(Tenants::value_type& tenant);
  bool may_have_another(const Tenants::value_type& tenant) const;
  void grant();
  void take(Tenant& tenant);
  bool make_room_to_wait(const Tenants::value_type& newcomer);
  void forget_if_idle(const Tenants::value_type& tenant);

  const std::size_t max_per_tenant_;
  const std::size_t max_waiting_;
  const std::chrono::milliseconds max_wait_;

  const std::size_t slots_;
  mutable std::mutex mutex_;
  std::size_t free_;           // Guarded by mutex_.
  std::size_t waiting_ = 0;    // Guarded by mutex_.
  std::size_t turns_ = 0;      // Guarded by mutex_: slots that were given.
  Tenants tenants_;            // Guarded by mutex_.
  Clock::time_point moved_{};  // Guarded by mutex_: when the last slot was taken, or one changed hands since.
};

}  // namespace luminate::server::http
