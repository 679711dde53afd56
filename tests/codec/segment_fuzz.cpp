// The first byte says what the rest is: the bytes of a segment as they are, the same with the checksums put right (so
// that what lies behind them is reached), columns to be framed, without and with statistics, or samples to be encoded.
#include <algorithm>
#include <cstdlib>

#include "codec/framing.hpp"
#include "codec/segment_head.hpp"
#include "columns.hpp"

namespace {

using namespace luminate::codec;

using Bytes = std::vector<std::byte>;

constexpr std::size_t kMaxSamples = 1300;  // a block and some more; what follows is only slower

void require(bool holds) {
  if (!holds) std::abort();
}

// Runs one at a time.
Columns read_in_pieces(const Bytes& bytes) {
  const SegmentReader reader(bytes);
  Columns columns{{reader.runs().begin(), reader.runs().end()},
                  std::vector<std::int64_t>(reader.size()),
                  std::vector<double>(reader.size()),
                  reader.statistics()};
  std::size_t begin = 0;
  for (const Run& run : reader.runs()) {
    reader.read_rows(begin, begin + run.count, std::span(columns.timestamps).subspan(begin, run.count),
                     std::span(columns.values).subspan(begin, run.count));
    begin += run.count;
  }
  return columns;
}

// Whether the statistics have the timestamps of their runs.
bool statistics_fit(const Columns& columns) {
  std::size_t row = 0;
  for (std::size_t i = 0; i < columns.statistics.size(); ++i) {
    if (columns.statistics[i].first_timestamp != columns.timestamps[row]) return false;
    row += columns.runs[i].count;
    if (columns.statistics[i].last_timestamp != columns.timestamps[row - 1]) return false;
  }
  return true;
}

// Whatever decodes keeps the promises of a segment, so it can be encoded again. The bytes are in a block of their very
// size, so that AddressSanitizer sees a read of the byte behind them.
void decode_hostile(const Bytes& bytes) {
  try {
    const SegmentReader reader(bytes);
    if (reader.size() > kMaxSamples) return;
    std::vector<std::int64_t> timestamps(reader.runs().front().count);
    std::vector<double> values(timestamps.size());
    reader.read_rows(0, timestamps.size(), timestamps, values);  // may work where the whole does not
    const Columns columns = decode(bytes);
    require(identical(read_in_pieces(bytes), columns));
    if (!statistics_fit(columns)) return;  // an encoder would refuse them
    require(identical(decode(bytes_of(encode(columns))), columns));
  } catch (const DecodeError&) {
  }
}

// The front of the bytes, as long as they say it is and there are.
void decode_head(const Bytes& bytes) {
  try {
    if (bytes.size() < kHeaderSize) return;
    const std::size_t size = SegmentHead::size_of(std::span(bytes).first(kHeaderSize));
    if (size == 0 || size > bytes.size()) return;
    const Bytes front(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    const SegmentHead head(front);
    require(head.statistics().size() == head.runs().size());
    const SegmentReader reader(bytes);  // the rest may be damaged
    require(head.size() == reader.size());
    require(std::ranges::equal(head.runs(), reader.runs()));
    require(identical(head.statistics(), reader.statistics()));
  } catch (const DecodeError&) {
  }
}

void decode_both(const Bytes& bytes) {
  decode_hostile(bytes);
  decode_head(bytes);
}

class Input {
 public:
  explicit Input(std::string_view rest) : rest_(rest) {}
  bool empty() const { return rest_.empty(); }
  std::string_view take(std::size_t count) {
    const auto taken = rest_.substr(0, count);
    rest_.remove_prefix(taken.size());
    return taken;
  }
  std::uint64_t number(std::size_t bytes) {
    std::uint64_t value = 0;
    for (const char byte : take(bytes)) value = value << 8 | static_cast<unsigned char>(byte);
    return value;
  }

 private:
  std::string_view rest_;
};

void decode_framed(Input in, bool with_statistics) {
  const auto samples = in.number(2) % kMaxSamples;
  const auto runs = in.number(2);
  const auto run_column = in.take(in.number(2));
  const auto timestamp_column = in.take(in.number(2));
  const auto statistics_column = in.take(with_statistics ? in.number(2) : 0);
  const std::string segment =
      join_columns(samples, runs, run_column, timestamp_column, in.take(~std::size_t{0}), statistics_column);
  decode_both({bytes_of(segment).begin(), bytes_of(segment).end()});
}

// Each sample says how its timestamp and value come from the sample before.
void round_trip(Input in) {
  Columns columns;
  double value = 0;
  std::int64_t timestamp = 0;
  while (!in.empty() && columns.values.size() < kMaxSamples) {
    const auto control = in.number(1);
    if ((control & 1) != 0 || columns.runs.empty()) {
      const std::uint64_t series = columns.runs.empty() ? in.number(8) : columns.runs.back().series + 1 + in.number(1);
      if (!columns.runs.empty() && series <= columns.runs.back().series) break;
      columns.runs.push_back({.series = series, .count = 0});
      timestamp = static_cast<std::int64_t>(in.number((control & 2) != 0 ? 8 : 1));
    } else {
      const auto step = 1 + in.number((control & 2) != 0 ? 8 : 1);
      const auto next = static_cast<std::int64_t>(static_cast<std::uint64_t>(timestamp) + step);
      if (next <= timestamp) continue;
      timestamp = next;
    }
    switch (control >> 2 & 3) {
      case 0:
        value = static_cast<double>(in.number(2)) / 10;
        break;
      case 1:
        value = std::bit_cast<double>(in.number(8));
        break;
      case 2:
        value += static_cast<double>(in.number(1));
        break;
      default:
        break;
    }
    // A long run now and then: were most of them long, most of the time would go into encoding the same again.
    for (auto repeats = control >> 4 == 15 ? 601 : 1 + (control >> 4); repeats > 0; --repeats) {
      columns.timestamps.push_back(timestamp);
      columns.values.push_back(value);
      ++columns.runs.back().count;
      if (timestamp > INT64_MAX - 1000) break;
      if (repeats > 1) timestamp += 1000;
    }
  }
  if (columns.timestamps.empty()) return;
  require(identical(decode(bytes_of(encode(columns))), columns));
  columns.statistics = statistics_of(columns);
  const std::string segment = encode(columns);
  const Bytes bytes(bytes_of(segment).begin(), bytes_of(segment).end());
  require(identical(read_in_pieces(bytes), columns));
  require(identical(SegmentHead(std::span(bytes).first(SegmentHead::size_of(bytes))).statistics(), columns.statistics));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto given = std::as_bytes(std::span(data, size)).subspan(1);
  Bytes bytes(given.begin(), given.end());
  const std::string_view text(reinterpret_cast<const char*>(given.data()), given.size());
  switch (data[0] & 7) {
    case 0:
    case 4:
      decode_both(bytes);
      break;
    case 1:
    case 5:
      seal_head(bytes);
      if (bytes.size() >= kChecksumSize) seal(bytes);
      decode_both(bytes);
      break;
    case 2:
      decode_framed(Input(text), false);
      break;
    case 6:
      decode_framed(Input(text), true);
      break;
    default:
      round_trip(Input(text));
  }
  return 0;
}
