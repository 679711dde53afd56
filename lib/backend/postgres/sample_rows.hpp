#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "postgres/parameters.hpp"

namespace luminate::postgres {

/// A row of `sample`.
struct SampleRow {
  std::int64_t series = 0;
  std::int64_t time_ms = 0;
  double value = 0;
};

/// Puts rows into the order of the primary key, where each page of the index is written once (a third less work for
/// the server than in random order) and two writers lock rows in the same order. Of rows with equal keys the last
/// stays.
void sort_rows(std::vector<SampleRow>& rows);

/// Rows in the binary form of COPY, piece by piece.
class CopyPieces {
 public:
  /// @param rows must outlive this.
  explicit CopyPieces(std::span<const SampleRow> rows) noexcept : rows_(rows) {}

  /// Replaces `piece` with the next, or makes it empty behind the last.
  void next(std::string& piece);

 private:
  std::span<const SampleRow> rows_;  ///< What is left.
  bool begun_ = false;
  bool ended_ = false;
};

/// Adds three arrays: series, times and values.
void add_rows(Parameters& parameters, std::span<const SampleRow> rows);

}  // namespace luminate::postgres
