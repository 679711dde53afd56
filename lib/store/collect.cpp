#include "store/collect.hpp"

#include <map>
#include <utility>
#include <vector>

namespace luminate::store {
namespace {

void append(RangeResult& whole, std::map<Dimensions, std::uint32_t>& numbers, RangeResult&& piece) {
  std::vector<std::uint32_t> number_of;
  number_of.reserve(piece.series.size());
  for (Dimensions& series : piece.series) {
    const auto [known, fresh] = numbers.emplace(series, static_cast<std::uint32_t>(whole.series.size()));
    if (fresh) whole.series.push_back(std::move(series));
    number_of.push_back(known->second);
  }
  for (const std::uint32_t series : piece.series_column) whole.series_column.push_back(number_of[series]);
  whole.timestamp_column.insert(whole.timestamp_column.end(), piece.timestamp_column.begin(),
                                piece.timestamp_column.end());
  whole.value_column.insert(whole.value_column.end(), piece.value_column.begin(), piece.value_column.end());
}

}  // namespace

Result collect(backend::RangeCursor& cursor) {
  RangeResult whole = cursor.next().value_or(RangeResult{});
  if (std::optional<RangeResult> piece = cursor.next()) {
    std::map<Dimensions, std::uint32_t> numbers;
    for (const Dimensions& series : whole.series) {
      numbers.emplace(series, static_cast<std::uint32_t>(numbers.size()));
    }
    for (; piece; piece = cursor.next()) append(whole, numbers, std::move(*piece));
  }
  whole.truncated = cursor.truncated();
  return {std::move(whole), cursor.points_scanned(), {}};
}

}  // namespace luminate::store
