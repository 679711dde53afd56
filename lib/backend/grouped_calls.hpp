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
#include <utility>
#include <vector>

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
  /// False: it has not been, as its turn did not come in time.
  [[nodiscard]] bool run(Request& request, std::size_t weight, const Process& process) {
    Waiting self{.request = &request, .weight = weight};
    std::unique_lock lock(mutex_);
    waiting_.push_back(&self);
    const auto may_lead = [&] { return processing_ < rules_.parallel && !self.taken && waiting_.front() == &self; };
    const auto now_or_never = [&] { return self.taken || may_lead(); };
    if (!wait(self, lock, now_or_never)) {
      waiting_.erase(std::find(waiting_.begin(), waiting_.end(), &self));
      return false;
    }
    if (self.taken) {
      self.changed.wait(lock, [&] { return self.done; });
    } else {
      lead(lock, process);
    }
    lock.unlock();
    if (self.error) std::rethrow_exception(self.error);
    return true;
  }

 private:
  struct Waiting {
    Request* request;
    std::size_t weight;
    bool taken = false;  ///< Into the group that is being processed.
    bool done = false;
    std::exception_ptr error{};
    std::condition_variable changed{};
  };

  template <class Condition>
  bool wait(Waiting& self, std::unique_lock<std::mutex>& lock, const Condition& condition) {
    // The clock would overflow.
    if (rules_.max_wait < std::chrono::hours(24 * 365)) return self.changed.wait_for(lock, rules_.max_wait, condition);
    self.changed.wait(lock, condition);
    return true;
  }

  /// @pre the caller's own entry is the first of `waiting_`.
  void lead(std::unique_lock<std::mutex>& lock, const Process& process) {
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
      wake_next();
      throw;
    }
    waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(group.size()));
    for (Waiting* member : group) member->taken = true;
    ++processing_;
    wake_next();
    lock.unlock();
    process_all(group, requests, process);
    lock.lock();
    --processing_;
    for (Waiting* member : group) {
      member->done = true;
      member->changed.notify_one();
    }
    wake_next();
  }

  void wake_next() {
    if (!waiting_.empty() && processing_ < rules_.parallel) waiting_.front()->changed.notify_one();
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
  std::deque<Waiting*> waiting_;  // Guarded by mutex_, like processing_ and the members of what it points to.
  std::size_t processing_ = 0;    ///< Groups.
};

}  // namespace luminate::backend
