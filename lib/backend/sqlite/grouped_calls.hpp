#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <span>
#include <vector>

namespace luminate::sqlite {

/// Turns calls that come at the same time into groups, which are processed one after another: group commit. A caller
/// that finds nobody at work goes ahead at once; those that come meanwhile form the next group, and the first of them
/// processes it for all.
template <class Request>
class GroupedCalls {
 public:
  using Process = std::function<void(std::span<Request* const>)>;

  /// @param group_weight a group grows until it weighs as much.
  explicit GroupedCalls(std::size_t group_weight) : group_weight_(group_weight) {}

  /// Returns when `request` has been processed, by this thread or by another. What process() throws is thrown to every
  /// caller of the group.
  void run(Request& request, std::size_t weight, const Process& process) {
    Waiting self{&request, weight, false, nullptr};
    std::unique_lock lock(mutex_);
    waiting_.push_back(&self);
    changed_.wait(lock, [&] { return self.done || (!processing_ && waiting_.front() == &self); });
    if (!self.done) lead(lock, process);
    lock.unlock();
    if (self.error) std::rethrow_exception(self.error);
  }

 private:
  struct Waiting {
    Request* request;
    std::size_t weight;
    bool done;
    std::exception_ptr error;
  };

  /// @pre the caller's own entry is the first of `waiting_`.
  void lead(std::unique_lock<std::mutex>& lock, const Process& process) {
    std::vector<Waiting*> group;
    std::vector<Request*> requests;
    try {
      std::size_t weight = 0;
      for (auto next = waiting_.begin(); next != waiting_.end() && weight < group_weight_; ++next) {
        group.push_back(*next);
        requests.push_back((*next)->request);
        weight += (*next)->weight;
      }
    } catch (...) {  // Out of memory: nobody may find this entry once its caller is gone.
      waiting_.pop_front();
      changed_.notify_all();
      throw;
    }
    waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(group.size()));
    processing_ = true;
    lock.unlock();
    std::exception_ptr error;
    try {
      process(requests);
    } catch (...) {
      error = std::current_exception();
    }
    lock.lock();
    processing_ = false;
    for (Waiting* member : group) {
      member->error = error;
      member->done = true;
    }
    changed_.notify_all();
  }

  const std::size_t group_weight_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Waiting*> waiting_;  // Guarded by mutex_, like processing_ and the members of what it points to.
  bool processing_ = false;
};

}  // namespace luminate::sqlite
