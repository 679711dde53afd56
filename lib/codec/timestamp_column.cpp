#include "codec/timestamp_column.hpp"

#include <algorithm>

#include "codec/bytes.hpp"
#include "codec/integer_column.hpp"

namespace luminate::codec {
namespace {

constexpr const char* kColumn = "timestamps";

// Past a column of `count` integers, block by block: `at_block` is called before each.
template <typename AtBlock>
void walk(ByteReader& in, std::size_t count, const AtBlock& at_block) {
  for (std::size_t size; count > 0; count -= size) {
    at_block();
    size = std::min(count, kBlockSize);
    skip_integers(in, size);
  }
}

std::vector<std::uint32_t> find_blocks(ByteReader& in, std::size_t column_size, std::size_t count) {
  std::vector<std::uint32_t> blocks;
  blocks.reserve((count + kBlockSize - 1) / kBlockSize);
  walk(in, count, [&] { blocks.push_back(static_cast<std::uint32_t>(column_size - in.left())); });
  return blocks;
}

// A column of integers, read from one of them on.
struct Positioned {
  ByteReader in;
  IntegerColumnReader numbers;

  Positioned(std::span<const std::byte> column, std::span<const std::uint32_t> blocks, std::size_t count,
             std::size_t first)
      : in(column.subspan(first < count ? blocks[first / kBlockSize] : column.size()), kColumn),
        numbers(in, count - first / kBlockSize * kBlockSize) {
    if (first < count && first % kBlockSize > 0) numbers.take(first % kBlockSize);
  }
  Positioned(const Positioned&) = delete;  // numbers refers to in
};

void add_up(IntegerColumnReader& firsts, IntegerColumnReader& intervals, std::span<const Run> runs, std::int64_t* to,
            const ByteReader& column) {
  bool ascending = true;
  for (auto run = runs.begin(); run != runs.end();) {
    for (const std::uint64_t first : firsts.take(static_cast<std::size_t>(runs.end() - run))) {
      auto timestamp = static_cast<std::int64_t>(first);
      *to++ = timestamp;
      for (std::size_t left = run++->count - 1; left > 0;) {
        const auto taken = intervals.take(left);
        left -= taken.size();
        for (const std::uint64_t interval : taken) {
          const auto next = static_cast<std::int64_t>(static_cast<std::uint64_t>(timestamp) + interval);
          ascending &= timestamp < next;
          *to++ = timestamp = next;
        }
      }
    }
  }
  if (!ascending) column.fail("timestamps of a series do not ascend");
}

}  // namespace

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
  ByteReader at_firsts(column, kColumn);
  ByteReader at_intervals = at_firsts;
  walk(at_intervals, runs.size(), [] {});
  IntegerColumnReader firsts(at_firsts, runs.size());
  IntegerColumnReader intervals(at_intervals, out.size() - runs.size());
  add_up(firsts, intervals, runs, out.data(), at_intervals);
  at_intervals.expect_end();
}

TimestampRows::TimestampRows(std::span<const std::byte> column, std::size_t runs, std::size_t samples)
    : column_(column), runs_(runs), samples_(samples) {
  ByteReader in(column, kColumn);
  firsts_ = find_blocks(in, column.size(), runs);
  intervals_ = find_blocks(in, column.size(), samples - runs);
  in.expect_end();
}

void TimestampRows::read(std::size_t run, std::size_t row, std::span<const Run> runs,
                         std::span<std::int64_t> out) const {
  // Of the rows before, each but the first of its run has an interval.
  Positioned firsts(column_, firsts_, runs_, run);
  Positioned intervals(column_, intervals_, samples_ - runs_, out.size() == runs.size() ? samples_ - runs_ : row - run);
  add_up(firsts.numbers, intervals.numbers, runs, out.data(), intervals.in);
}

}  // namespace luminate::codec
