#include "postgres/sample_rows.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <string_view>
#include <tuple>

namespace luminate::postgres {
namespace {

// What one message carries: the server begins with the first rows while the next are made.
constexpr std::size_t kRowsOfAPiece = 1'500;

constexpr std::string_view kCopyHeader("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);
constexpr std::string_view kCopyEnd("\377\377", 2);
constexpr std::int64_t kEpoch2000Ms = 946'684'800'000;

template <class Unsigned>
char* put(char* out, Unsigned value) noexcept {
  if constexpr (std::endian::native == std::endian::little) {
    if constexpr (sizeof(Unsigned) == 2) value = __builtin_bswap16(value);
    if constexpr (sizeof(Unsigned) == 4) value = __builtin_bswap32(value);
    if constexpr (sizeof(Unsigned) == 8) value = __builtin_bswap64(value);
  }
  std::memcpy(out, &value, sizeof value);
  return out + sizeof value;
}

// A row: the number of columns, then each with its length.
constexpr std::size_t kRowBytes = 2 + 3 * (4 + 8);

char* put_row(char* out, const SampleRow& row) noexcept {
  const auto microseconds = static_cast<std::uint64_t>(row.time_ms - kEpoch2000Ms) * 1'000;
  out = put(out, std::uint16_t{3});
  out = put(put(out, std::uint32_t{8}), static_cast<std::uint64_t>(row.series));
  out = put(put(out, std::uint32_t{8}), microseconds);
  return put(put(out, std::uint32_t{8}), std::bit_cast<std::uint64_t>(row.value));
}

std::tuple<std::int64_t, std::int64_t> key(const SampleRow& row) noexcept {
  return {row.series, row.time_ms};
}

}  // namespace

void sort_rows(std::vector<SampleRow>& rows) {
  const auto in_order = [](const SampleRow& a, const SampleRow& b) { return key(a) < key(b); };
  const auto out_of_order = [](const SampleRow& a, const SampleRow& b) { return key(a) >= key(b); };
  if (std::ranges::adjacent_find(rows, out_of_order) == rows.end()) return;
  std::ranges::stable_sort(rows, in_order);
  std::size_t kept = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (kept > 0 && key(rows[kept - 1]) == key(rows[i])) --kept;
    rows[kept++] = rows[i];
  }
  rows.resize(kept);
}

void CopyPieces::next(std::string& piece) {
  piece.clear();
  if (ended_) return;
  if (!begun_) piece = kCopyHeader;
  begun_ = true;
  const std::size_t rows = std::min(rows_.size(), kRowsOfAPiece);
  const std::size_t start = piece.size();
  piece.resize(start + rows * kRowBytes);
  char* out = piece.data() + start;
  for (const SampleRow& row : rows_.first(rows)) out = put_row(out, row);
  rows_ = rows_.subspan(rows);
  if (!rows_.empty()) return;
  piece += kCopyEnd;
  ended_ = true;
}

void add_rows(Parameters& parameters, std::span<const SampleRow> rows) {
  std::vector<std::int64_t> integers(rows.size());
  std::ranges::transform(rows, integers.begin(), &SampleRow::series);
  parameters.add(std::span<const std::int64_t>(integers));
  std::ranges::transform(rows, integers.begin(), &SampleRow::time_ms);
  parameters.add_times(integers);
  std::vector<double> values(rows.size());
  std::ranges::transform(rows, values.begin(), &SampleRow::value);
  parameters.add(std::span<const double>(values));
}

}  // namespace luminate::postgres
