#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace luminate::engine {

/// @throws Error result_limit_exceeded.
[[noreturn]] void throw_too_many_rows(std::size_t limit);
[[noreturn]] void throw_too_many_groups(std::size_t limit);

/// Which groups have samples, numbered in the order in which they were first seen, and no more of them than a limit.
class GroupsSeen {
 public:
  GroupsSeen(std::size_t groups, std::size_t limit) : number_(groups, kUnseen), limit_(limit) {}

  /// The group's number. @throws Error result_limit_exceeded.
  std::uint32_t add(std::uint32_t group) {
    if (number_[group] == kUnseen) add_new(group);
    return number_[group];
  }
  /// The numbers here of all groups that another one has seen.
  std::vector<std::uint32_t> add(const GroupsSeen& other) {
    std::vector<std::uint32_t> numbers;
    numbers.reserve(other.groups_.size());
    for (const std::uint32_t group : other.groups_) numbers.push_back(add(group));
    return numbers;
  }
  const std::vector<std::uint32_t>& groups() const noexcept { return groups_; }

 private:
  static constexpr std::uint32_t kUnseen = 0xFFFFFFFF;
  void add_new(std::uint32_t group);

  std::vector<std::uint32_t> number_;
  std::vector<std::uint32_t> groups_;
  std::size_t limit_;
};

}  // namespace luminate::engine
