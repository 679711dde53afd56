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
  std::vector<Run> decoded;
  decoded.reserve(runs);
  for (IntegerColumnReader ids(in, runs); decoded.size() < runs;) {
    for (const std::uint64_t id : ids.take(runs)) {
      if (!decoded.empty() && id <= decoded.back().series) in.fail("series do not ascend");
      decoded.push_back({.series = id});
    }
  }
  std::size_t left = samples;
  auto run = decoded.begin();
  for (IntegerColumnReader counts(in, runs); run != decoded.end();) {
    for (const std::uint64_t count : counts.take(runs)) {
      if (count == 0 || count > left) in.fail("counts do not sum up to the number of samples");
      left -= count;
      run++->count = static_cast<std::uint32_t>(count);
    }
  }
  if (left != 0) in.fail("counts do not sum up to the number of samples");
  in.expect_end();
  return decoded;
}

}  // namespace luminate::codec
