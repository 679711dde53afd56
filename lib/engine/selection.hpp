#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/call.hpp"
#include "query/plan.hpp"

namespace luminate::engine {

/// The series that a query is about, numbered from 0 in the order in which they were added, and the group of each.
/// A backend that holds samples itself makes one from its catalog and then feeds an evaluator series by series.
class Selection {
 public:
  explicit Selection(const query::Plan& plan);
  ~Selection();
  Selection(Selection&&) noexcept;
  Selection& operator=(Selection&&) noexcept;

  /// Adds a series by its canonical dimensions, which are copied only where the query needs them again.
  void add(std::string_view canonical_dimensions);

  // The same for a catalog that finds groups faster than by their texts.

  /// Makes a group. @pre there is none with these values, which are in the order of Plan::group_by.
  std::uint32_t add_group(std::vector<std::string> values);
  /// @param canonical_dimensions may be empty unless keeps_dimensions().
  void add(std::uint32_t group, std::string_view canonical_dimensions);
  /// All series at once, by their groups. @pre !keeps_dimensions(), and there are no series yet.
  void add_all(std::vector<std::uint32_t> groups) { group_of_ = std::move(groups); }
  bool keeps_dimensions() const noexcept { return keeps_dimensions_; }

  /// Bytes that are kept, more or less.
  std::size_t memory() const noexcept;

  std::size_t size() const noexcept { return group_of_.size(); }
  std::uint32_t group_of(std::size_t series) const { return group_of_[series]; }
  std::size_t group_count() const noexcept { return groups_.size(); }
  /// Values in the order of Plan::group_by.
  const std::vector<std::string>& group(std::uint32_t index) const { return groups_[index]; }

  /// For each series its place when all are ordered by dimensions. Empty unless the query needs it (range, first,
  /// last). The first call sorts them, so it comes before threads share the selection, and no series may be added after
  /// it. @throws Error of Call::check().
  const std::vector<std::uint32_t>& ranks(const model::Call& call) const;
  /// Canonical bytes of a series. Kept for the queries that need ranks only.
  std::string_view dimensions(std::size_t series) const;

 private:
  struct GroupIndex;
  const query::Plan* plan_;
  bool keeps_dimensions_;
  std::unique_ptr<GroupIndex> index_;
  std::vector<std::uint32_t> group_of_;
  std::vector<std::vector<std::string>> groups_;
  std::string arena_;
  std::vector<std::size_t> offsets_;
  mutable std::vector<std::uint32_t> ranks_;
};

}  // namespace luminate::engine
