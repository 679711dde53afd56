#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <span>
#include <stop_token>
#include <utility>
#include <vector>

#include "model/call.hpp"

namespace luminate::backend {

/// Turns calls that come at the same time into groups, of which some are processed at a time: group commit. A caller
/// that finds nobody at work goes ahead at once, as long as there is room; those that come meanwhile form the next
/// group, and the first of them processes it for all.
template <class Request>
class GroupedCalls {
 public:
  using Process = std::function<void(std::span<Request* const>)>;

  struct Rules {
    std::size_t group_weight = 0;  ///< A group grows until it weighs as much.
    std::size_t parallel = 1;      ///< Groups that are processed at a time.
    /// For its turn; a request whose group is being processed stays, however long that takes.
    std::chrono::milliseconds max_wait = std::chrono::milliseconds::max();
    /// Whether what process() threw for a group concerns all its members. If not, each is processed again by itself.
    std::function<bool(const std::exception_ptr&)> concerns_all = [](const std::exception_ptr&) { return true; };
  };
  explicit GroupedCalls(Rules rules) : rules_(std::move(rules)) {}

  /// Returns when `request` has been processed, by this thread or by another, and throws what process() threw for it.
  /// False: it has not been, as its turn did not come in time: neither by the rules nor by `call`.
  [[nodiscard]] bool run(Request& request, std::size_t weight, const Process& process, const model::Call& call = {}) {
    Waiting self{.request = &request, .weight = weight};
    const std::stop_callback give_up(call.stop, [&self] { self.stop(); });
    std::unique_lock lock(mutex_);
    waiting_.push_back(&self);
    if (appoint() == &self) {
      lead(lock, self, process);
    } else {
      lock.unlock();
      News news = self.wait(rules_.max_wait, call.deadline);
      if (news == News::none) {
        lock.lock();
        if (!self.taken && !self.appointed) {
          waiting_.erase(std::find(waiting_.begin(), waiting_.end(), &self));
          return false;
        }
        lock.unlock();
        news = self.wait_whatever_happens();
      }
      if (news == News::lead) {
        lock.lock();
        lead(lock, self, process);
      }
    }
    if (self.error) std::rethrow_exception(self.error);
    return true;
  }

 private:
  enum class News { none, lead, done };

  /// Told by a lock of its own: those of a group wake up together, and must not queue for the one that newcomers need.
  struct Waiting {
    Request* request;
    std::size_t weight;
    // Guarded by mutex_ of GroupedCalls. Whoever has either is told something, so that it stays until then.
    bool taken = false;      ///< Into a group that is being processed.
    bool appointed = false;  ///< To process the next group.

    std::exception_ptr error{};  ///< Set before it is told that it is done.
    std::mutex mutex{};
    std::condition_variable changed{};
    News news = News::none;  // Guarded by mutex, like what follows.
    bool stopped = false;

    void tell(News what) {
      const std::lock_guard lock(mutex);
      news = what;
      changed.notify_one();  // Within the lock: afterwards it may be gone.
    }
    void stop() {
      const std::lock_guard lock(mutex);
      stopped = true;
      changed.notify_one();
    }
    News wait(std::chrono::milliseconds at_most, std::chrono::steady_clock::time_point deadline) {
      constexpr std::chrono::hours kLong(24 * 365);  // Beyond it clocks overflow.
      const auto now = std::chrono::steady_clock::now();
      deadline = std::min({deadline, now + kLong, now + std::min<std::chrono::milliseconds>(at_most, kLong)});
      std::unique_lock lock(mutex);
      changed.wait_until(lock, deadline, [&] { return news != News::none || stopped; });
      return news;
    }
    News wait_whatever_happens() {
      std::unique_lock lock(mutex);
      changed.wait(lock, [&] { return news != News::none; });
      return news;
    }
  };

  /// @returns who is to process the next group and is to be told so, if it is time for that. @pre mutex_ is held.
  Waiting* appoint() {
    if (waiting_.empty() || processing_ >= rules_.parallel || waiting_.front()->appointed) return nullptr;
    waiting_.front()->appointed = true;
    return waiting_.front();
  }

  static void tell(Waiting* leader) {
    if (leader != nullptr) leader->tell(News::lead);
  }

  /// @pre `self` is the first of `waiting_`, and `lock` holds mutex_. Returns without it.
  void lead(std::unique_lock<std::mutex>& lock, Waiting& self, const Process& process) {
    std::vector<Waiting*> group;
    std::vector<Request*> requests;
    try {
      std::size_t weight = 0;
      for (auto next = waiting_.begin(); next != waiting_.end() && weight < rules_.group_weight; ++next) {
        group.push_back(*next);
        requests.push_back((*next)->request);
        weight += (*next)->weight;
      }
    } catch (...) {  // Out of memory: nobody may find this entry once its caller is gone.
      waiting_.pop_front();
      tell(appoint());
      throw;
    }
    waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(group.size()));
    for (Waiting* member : group) member->taken = true;
    ++processing_;
    Waiting* next_leader = appoint();
    lock.unlock();
    tell(next_leader);
    process_all(group, requests, process);
    lock.lock();
    --processing_;
    next_leader = appoint();
    lock.unlock();
    tell(next_leader);  // First: what it does takes longest.
    for (Waiting* member : group) {
      if (member != &self) member->tell(News::done);
    }
  }

  void process_all(const std::vector<Waiting*>& group, std::span<Request* const> requests, const Process& process) {
    std::exception_ptr error = try_to(process, requests);
    if (!error) return;
    bool for_all = requests.size() == 1 || rules_.concerns_all(error);
    for (std::size_t i = 0; i < group.size(); ++i) {
      if (!for_all) {
        error = try_to(process, requests.subspan(i, 1));
        for_all = error && rules_.concerns_all(error);
      }
      group[i]->error = error;
    }
  }

  static std::exception_ptr try_to(const Process& process, std::span<Request* const> requests) {
    try {
      process(requests);
      return nullptr;
    } catch (...) {
      return std::current_exception();
    }
  }

  const Rules rules_;
  std::mutex mutex_;
  std::deque<Waiting*> waiting_;  // Guarded by mutex_.
  std::size_t processing_ = 0;    ///< Groups. Guarded by mutex_.
};

}  // namespace luminate::backend
