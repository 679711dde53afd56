#pragma once

#include <luminate/error.hpp>

#include <atomic>
#include <cstddef>
#include <string>
#include <utility>

namespace luminate::sqlite {

/// How much memory one query may hold, on all its threads together. Each part of its work that may grow large has a
/// share and says from time to time how large it is.
class MemoryBudget {
 public:
  explicit MemoryBudget(std::size_t limit_bytes) : limit_(limit_bytes) {}

  class Share {
   public:
    explicit Share(MemoryBudget& budget) : budget_(&budget) {}
    Share(Share&& other) noexcept : budget_(other.budget_), bytes_(std::exchange(other.bytes_, 0)) {}
    Share& operator=(Share&&) = delete;
    ~Share() { budget_->used_ -= bytes_; }

    /// @throws Error result_limit_exceeded.
    void resize(std::size_t bytes) {
      const std::size_t used = budget_->used_ += bytes - bytes_;  // Wraps around, and back.
      bytes_ = bytes;
      if (bytes > 0 && used > budget_->limit_) budget_->refuse();
    }

   private:
    MemoryBudget* budget_;
    std::size_t bytes_ = 0;
  };

 private:
  [[noreturn]] void refuse() const {
    throw Error(ErrorCode::result_limit_exceeded,
                "the query needs more than its " + std::to_string(limit_ >> 20) +
                    " MiB of memory (exact percentiles keep every value); narrow its time range or filters, or raise "
                    "query_limits.max_query_memory_bytes");
  }

  const std::size_t limit_;
  std::atomic<std::size_t> used_ = 0;
};

}  // namespace luminate::sqlite
