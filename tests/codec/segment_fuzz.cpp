// The first byte says what the rest is: the bytes of a segment as they are, the same with the checksum put right (so
// that what lies behind it is reached), three columns to be framed, or samples to be encoded.
#include <cstdlib>

#include "codec/framing.hpp"
#include "columns.hpp"

namespace {

using namespace luminate::codec;

using Bytes = std::vector<std::byte>;

constexpr std::size_t kMaxSamples = 1300;  // a block and some more; what follows is only slower

void require(bool holds) {
  if (!holds) std::abort();
}

// Whatever decodes keeps the promises of a segment, so it can be encoded again. The bytes are in a block of their very
// size, so that AddressSanitizer sees a read of the byte behind them.
void decode_hostile(const Bytes& bytes) {
  try {
    if (SegmentReader(bytes).size() > kMaxSamples) return;
    const Columns columns = decode(bytes);
    require(identical(decode(bytes_of(encode(columns))), columns));
  } catch (const DecodeError&) {
  }
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

void decode_framed(Input in) {
  const auto samples = in.number(2) % kMaxSamples;
  const auto runs = in.number(2);
  const auto run_column = in.take(in.number(2));
  const auto timestamp_column = in.take(in.number(2));
  const std::string segment = join_columns(samples, runs, run_column, timestamp_column, in.take(~std::size_t{0}));
  decode_hostile({bytes_of(segment).begin(), bytes_of(segment).end()});
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
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto given = std::as_bytes(std::span(data, size)).subspan(1);
  Bytes bytes(given.begin(), given.end());
  const std::string_view text(reinterpret_cast<const char*>(given.data()), given.size());
  switch (data[0] % 4) {
    case 0:
      decode_hostile(bytes);
      break;
    case 1:
      if (bytes.size() >= kChecksumSize) seal(bytes);
      decode_hostile(bytes);
      break;
    case 2:
      decode_framed(Input(text));
      break;
    default:
      round_trip(Input(text));
  }
  return 0;
}
