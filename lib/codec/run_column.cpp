#include "codec/run_column.hpp"

#include <algorithm>
#include <array>

#include "codec/bytes.hpp"
#include "codec/integer_column.hpp"

namespace luminate::codec {

void encode_runs(std::span<const Run> runs, std::string& out) {
  IntegerColumnWriter ids(out, Predictors::delta);
  for (const Run& run : runs) ids.append(run.series);
  ids.finish();
  IntegerColumnWriter counts(out, Predictors::delta);
  for (const Run& run : runs) counts.append(run.count);
  counts.finish();
}

std::vector<Run> decode_runs(std::span<const std::byte> column, std::size_t runs, std::size_t samples) {
  ByteReader at_ids(column, "runs");
  ByteReader at_counts = at_ids;
  for (std::size_t i = 0; i < runs; i += kBlockSize) skip_integers(at_counts, std::min(runs - i, kBlockSize));

  std::vector<Run> decoded;
  decoded.reserve(runs);
  IntegerColumnReader ids(at_ids, runs);
  IntegerColumnReader counts(at_counts, runs);
  std::array<Run, kBlockSize> block;
  std::uint64_t sum = 0;  // never wraps around: of at most 2^20 counts, none gives more than 2^21 to it
  bool possible = true;
  for (std::size_t size; decoded.size() < runs;
       decoded.insert(decoded.end(), block.begin(), block.begin() + static_cast<std::ptrdiff_t>(size))) {
    const auto series = ids.take(runs);
    const auto count = counts.take(runs);
    size = series.size();
    bool ascending = decoded.empty() || decoded.back().series < series[0];
    for (std::size_t i = 1; i < size; ++i) ascending &= series[i - 1] < series[i];
    if (!ascending) at_ids.fail("series do not ascend");
    for (std::size_t i = 0; i < size; ++i) {
      possible &= count[i] - 1 < samples;
      sum += count[i] & (2 * kMaxSegmentSamples - 1);
      block[i] = {series[i], static_cast<std::uint32_t>(count[i])};
    }
  }
  if (!possible || sum != samples) at_counts.fail("counts do not sum up to the number of samples");
  at_counts.expect_end();
  return decoded;
}

}  // namespace luminate::codec
