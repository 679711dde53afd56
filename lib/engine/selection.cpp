#include "engine/selection.hpp"

#include <algorithm>
#include <functional>
#include <numeric>
#include <optional>
#include <unordered_map>
#include <utility>

#include "engine/checked_order.hpp"
#include "model/dimension_set.hpp"

namespace luminate::engine {
namespace {

bool needs_dimensions(const query::Plan& plan) {
  if (plan.type == QueryType::range) return true;
  return plan.type == QueryType::aggregate &&
         std::any_of(plan.aggregations.begin(), plan.aggregations.end(), [](const Aggregation& aggregation) {
           return aggregation.kind == Aggregation::Kind::first || aggregation.kind == Aggregation::Kind::last;
         });
}

}  // namespace

/// Finds a group by its values, which stand one after another in the key, each behind its length.
struct Selection::GroupIndex {
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
  };
  std::unordered_map<std::string, std::uint32_t, Hash, std::equal_to<>> groups;

  // Kept between calls for their memory.
  std::vector<std::string_view> values;
  std::string key;
};

Selection::Selection(const query::Plan& plan)
    : plan_(&plan), keeps_dimensions_(needs_dimensions(plan)), index_(std::make_unique<GroupIndex>()) {}
Selection::~Selection() = default;
Selection::Selection(Selection&&) noexcept = default;
Selection& Selection::operator=(Selection&&) noexcept = default;

void Selection::add(std::string_view canonical_dimensions) {
  const std::vector<std::string>& group_by = plan_->group_by;
  if (group_by.empty() || plan_->type == QueryType::range) {
    if (groups_.empty()) add_group({});
    return add(0, canonical_dimensions);
  }

  auto& values = index_->values;
  values.assign(group_by.size(), {});
  model::DimensionReader reader(canonical_dimensions);
  while (const auto dimension = reader.next()) {
    for (std::size_t i = 0; i < group_by.size(); ++i) {
      if (group_by[i] == dimension->first) values[i] = dimension->second;
    }
  }
  std::string& key = index_->key;
  key.clear();
  for (const std::string_view value : values) {
    const std::size_t length = value.size();
    key.append(reinterpret_cast<const char*>(&length), sizeof(length));
    key.append(value);
  }
  auto known = index_->groups.find(std::string_view(key));
  if (known == index_->groups.end()) {
    known = index_->groups.emplace(key, add_group({values.begin(), values.end()})).first;
  }
  add(known->second, canonical_dimensions);
}

std::uint32_t Selection::add_group(std::vector<std::string> values) {
  groups_.push_back(std::move(values));
  return static_cast<std::uint32_t>(groups_.size() - 1);
}

void Selection::add(std::uint32_t group, std::string_view canonical_dimensions) {
  group_of_.push_back(group);
  if (!keeps_dimensions_) return;
  offsets_.push_back(arena_.size());
  arena_.append(canonical_dimensions);
}

std::size_t Selection::memory() const noexcept {
  constexpr std::size_t kGroupBytes = 64;  // A vector of strings, most of them short.
  return group_of_.capacity() * sizeof(std::uint32_t) + groups_.size() * kGroupBytes + arena_.capacity() +
         offsets_.capacity() * sizeof(std::size_t) + ranks_.capacity() * sizeof(std::uint32_t);
}

std::string_view Selection::dimensions(std::size_t series) const {
  const std::size_t begin = offsets_[series];
  const std::size_t end = series + 1 < offsets_.size() ? offsets_[series + 1] : arena_.size();
  return std::string_view(arena_).substr(begin, end - begin);
}

const std::vector<std::uint32_t>& Selection::ranks(const model::Call& call) const {
  if (!keeps_dimensions_ || !ranks_.empty()) return ranks_;
  std::vector<std::uint32_t> order(size());
  std::iota(order.begin(), order.end(), 0U);
  std::uint32_t steps = 0;
  const auto less = [this](std::uint32_t a, std::uint32_t b) {
    return model::compare_canonical(dimensions(a), dimensions(b)) < 0;
  };
  std::sort(order.begin(), order.end(), CheckedOrder(less, call, steps));
  ranks_.resize(order.size());
  for (std::uint32_t rank = 0; rank < order.size(); ++rank) ranks_[order[rank]] = rank;
  return ranks_;
}

}  // namespace luminate::engine
