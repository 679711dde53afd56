#include "codec/timestamp_column.hpp"

#include "codec/bytes.hpp"
#include "codec/integer_column.hpp"

namespace luminate::codec {

void encode_timestamps(std::span<const Run> runs, std::span<const std::int64_t> timestamps, std::string& out) {
  IntegerColumnWriter firsts(out, Predictors::delta);
  const std::int64_t* first = timestamps.data();
  for (const Run& run : runs) {
    firsts.append(static_cast<std::uint64_t>(*first));
    first += run.count;
  }
  firsts.finish();

  IntegerColumnWriter intervals(out, Predictors::delta_and_integral);
  const std::int64_t* timestamp = timestamps.data();
  for (const Run& run : runs) {
    for (const std::int64_t* end = timestamp++ + run.count; timestamp != end; ++timestamp) {
      intervals.append(static_cast<std::uint64_t>(timestamp[0]) - static_cast<std::uint64_t>(timestamp[-1]));
    }
  }
  intervals.finish();
}

void decode_timestamps(std::span<const std::byte> column, std::span<const Run> runs, std::span<std::int64_t> out) {
  ByteReader in(column, "timestamps");
  std::int64_t* to = out.data();
  auto run = runs.begin();
  for (IntegerColumnReader firsts(in, runs.size()); run != runs.end();) {
    for (const std::uint64_t first : firsts.take(runs.size())) {
      *to = static_cast<std::int64_t>(first);
      to += run++->count;
    }
  }

  IntegerColumnReader intervals(in, out.size() - runs.size());
  bool ascending = true;
  to = out.data();
  for (const auto& [series, count] : runs) {
    std::int64_t timestamp = *to++;
    for (std::size_t left = count - 1; left > 0;) {
      const auto taken = intervals.take(left);
      left -= taken.size();
      for (const std::uint64_t interval : taken) {
        const auto next = static_cast<std::int64_t>(static_cast<std::uint64_t>(timestamp) + interval);
        ascending &= timestamp < next;
        *to++ = timestamp = next;
      }
    }
  }
  if (!ascending) in.fail("timestamps of a series do not ascend");
  in.expect_end();
}

}  // namespace luminate::codec
