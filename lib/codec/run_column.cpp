#include "codec/run_column.hpp"

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
  ByteReader in(column, "runs");
  std::vector<Run> decoded(runs);
  IntegerColumnReader ids(in, runs);
  bool ascending = true;
  for (std::size_t i = 0; i < runs;) {
    const auto block = ids.take(runs);
    ascending &= i == 0 || decoded[i - 1].series < block[0];
    for (std::size_t k = 1; k < block.size(); ++k) ascending &= block[k - 1] < block[k];
    for (const std::uint64_t id : block) decoded[i++].series = id;
  }
  if (!ascending) in.fail("series do not ascend");

  IntegerColumnReader counts(in, runs);
  bool possible = true;
  std::uint64_t sum = 0;  // never wraps around: there are at most 2^20 counts, and none above 2^20 is added
  for (std::size_t i = 0; i < runs;) {
    for (const std::uint64_t count : counts.take(runs)) {
      possible &= count - 1 < samples;
      sum += count & (2 * kMaxSegmentSamples - 1);
      decoded[i++].count = static_cast<std::uint32_t>(count);
    }
  }
  if (!possible || sum != samples) in.fail("counts do not sum up to the number of samples");
  in.expect_end();
  return decoded;
}

}  // namespace luminate::codec
