#pragma once

#include <atomic>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace luminate::server::http {

/// The bytes of request bodies that all connections together may hold. One tenant may have half of them, so that
/// others are left some. Any thread.
class BodyBudget {
 public:
  explicit BodyBudget(std::size_t bytes) : left_(bytes), max_per_tenant_(bytes / 2) {}

  /// A share that grows as bytes arrive, so that announcing a large body costs others nothing. Given back when it dies.
  class Share {
   public:
    explicit Share(BodyBudget& budget) : budget_(budget) {}
    ~Share();
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;

    /// Says whose it is; empty: nobody's, who may have all. @pre nothing is covered yet
    void belong_to(std::string_view tenant) { tenant_ = tenant; }
    /// Makes the share at least `bytes`, in steps. @returns false when nothing is left.
    bool cover(std::size_t bytes);

   private:
    BodyBudget& budget_;
    std::string tenant_;
    std::size_t held_ = 0;
  };

  std::size_t left() const { return left_.load(std::memory_order_relaxed); }

 private:
  bool take(std::size_t bytes, const std::string& tenant);
  void give_back(std::size_t bytes, const std::string& tenant);
  bool take_for_all(std::size_t bytes);

  std::atomic<std::size_t> left_;
  const std::size_t max_per_tenant_;
  std::mutex mutex_;
  std::unordered_map<std::string, std::size_t> held_;  // Guarded by mutex_; by tenants that hold some.
};

}  // namespace luminate::server::http
