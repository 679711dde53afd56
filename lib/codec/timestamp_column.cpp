#include "codec/timestamp_column.hpp"

#include <algorithm>
#include <utility>

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

// Where to begin in a column of integers, in order to get at one of them.
ByteReader reader_at(std::span<const std::byte> column, std::span<const std::uint32_t> blocks, std::size_t number) {
  const std::size_t block = number / kBlockSize;
  return {column.subspan(block < blocks.size() ? blocks[block] : column.size()), kColumn};
}

// Timestamps are added up as unsigned numbers of the same order, so that a step too far wraps to a smaller number.
constexpr std::uint64_t kSign = std::uint64_t{1} << 63;

std::uint64_t ordered(std::int64_t timestamp) {
  return static_cast<std::uint64_t>(timestamp) ^ kSign;
}
std::int64_t timestamp_of(std::uint64_t ordered) {
  return static_cast<std::int64_t>(ordered ^ kSign);
}

// The intervals of a column, one stretch after another.
class Intervals {
 public:
  // Begins at interval `first` of `count`; `in` stands before its block.
  Intervals(ByteReader& in, std::size_t count, std::size_t first)
      : in_(in), blocks_(in, count - first / kBlockSize * kBlockSize), skip_(first % kBlockSize) {}

  // Writes `count` timestamps, each an interval after the one before; the first after `before`.
  void add_up(std::int64_t before, std::int64_t* to, std::size_t count) {
    while (count > 0) {
      if (used_ == block_.size) next_block();
      const std::size_t size = std::min(count, block_.size - used_);
      const std::uint64_t from = ordered(before);
      add_up_in_block(from, block_.at + used_, to, size);
      if (!sure_ || from > sure_until_) check(from, to, size);
      before = to[size - 1];
      used_ += size;
      to += size;
      count -= size;
    }
  }

 private:
  void next_block() {
    block_ = blocks_.next();
    used_ = std::exchange(skip_, 0);
    // Whether intervals of this block lead from any earlier timestamp to ever later ones.
    std::uint64_t way = 0;
    sure_ = block_.least > 0 && !__builtin_mul_overflow(block_.most, block_.size, &way);
    sure_until_ = ~way;
  }

  // What it writes overlaps nothing that it reads, which the compiler could not know of members.
  void add_up_in_block(std::uint64_t from, const std::uint64_t* __restrict at, std::int64_t* __restrict to,
                       std::size_t count) const {
    std::uint64_t timestamp = from;
    const std::uint64_t base = block_.base;
    switch (block_.form) {
      case IntegerBlock::Form::equal:
        for (std::size_t i = 0; i < count; ++i) to[i] = timestamp_of(timestamp += base);
        break;
      case IntegerBlock::Form::even:
        timestamp -= at[-1];
        for (std::size_t i = 0; i < count; ++i) to[i] = timestamp_of((timestamp += base) + at[i]);
        break;
      case IntegerBlock::Form::numbers:
        for (std::size_t i = 0; i < count; ++i) to[i] = timestamp_of(timestamp += at[i]);
        break;
    }
  }

  void check(std::uint64_t from, const std::int64_t* to, std::size_t count) const {
    bool ascending = from < ordered(to[0]);
    for (std::size_t i = 1; i < count; ++i) ascending &= to[i - 1] < to[i];
    if (!ascending) in_.fail("timestamps of a series do not ascend");
  }

  ByteReader& in_;
  IntegerBlockReader blocks_;
  IntegerBlock block_;
  std::size_t used_ = 0;
  std::size_t skip_;
  bool sure_ = false;
  std::uint64_t sure_until_ = 0;
};

void add_up(IntegerColumnReader& firsts, Intervals& intervals, std::span<const Run> runs, std::int64_t* to) {
  for (auto run = runs.begin(); run != runs.end();) {
    for (const std::uint64_t first : firsts.take(static_cast<std::size_t>(runs.end() - run))) {
      const std::size_t count = run++->count;
      *to = static_cast<std::int64_t>(first);
      intervals.add_up(*to, to + 1, count - 1);
      to += count;
    }
  }
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
  Intervals intervals(at_intervals, out.size() - runs.size(), 0);
  add_up(firsts, intervals, runs, out.data());
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
  ByteReader at_firsts = reader_at(column_, firsts_, run);
  IntegerColumnReader firsts(at_firsts, runs_ - run / kBlockSize * kBlockSize);
  if (run % kBlockSize > 0) firsts.take(run % kBlockSize);
  const std::size_t interval = row - run;  // of the rows before, each but the first of its run has one
  ByteReader at_intervals = reader_at(column_, intervals_, interval);
  Intervals intervals(at_intervals, samples_ - runs_, interval);
  add_up(firsts, intervals, runs, out.data());
}

}  // namespace luminate::codec
