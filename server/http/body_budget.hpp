#pragma once

#include <atomic>
#include <cstddef>

namespace luminate::server::http {

/// The bytes of request bodies that all connections together may hold. Any thread.
class BodyBudget {
 public:
  explicit BodyBudget(std::size_t bytes) : left_(bytes) {}

  /// A share that grows as bytes arrive, so that announcing a large body costs others nothing. Given back when it dies.
  class Share {
   public:
    explicit Share(BodyBudget& budget) : budget_(budget) {}
    ~Share();
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;

    /// Makes the share at least `bytes`, in steps. @returns false when nothing is left.
    bool cover(std::size_t bytes);

   private:
    BodyBudget& budget_;
    std::size_t held_ = 0;
  };

  std::size_t left() const { return left_.load(std::memory_order_relaxed); }

 private:
  bool take(std::size_t bytes);

  std::atomic<std::size_t> left_;
};

}  // namespace luminate::server::http
