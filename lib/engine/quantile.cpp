#include "engine/quantile.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <limits>

#include "engine/checked_order.hpp"

namespace luminate::engine {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Below this many values a sample does not pay.
constexpr std::size_t kSmall = 512;

/// The working memory grows by whole pieces of this size, and the clock is looked at as often.
constexpr std::size_t kStride = 8192;

/// As numpy's: exact at both ends, and monotonic.
double interpolate(double lower, double upper, double fraction) {
  if (fraction == 0 || lower == upper) return lower;
  const double difference = upper - lower;
  if (!std::isfinite(difference)) return lower * (1 - fraction) + upper * fraction;
  return fraction < 0.5 ? lower + difference * fraction : upper - difference * (1 - fraction);
}

}  // namespace

double QuantileFinder::find(Pieces pieces, double q, const model::Call& call) {
  std::size_t size = 0;
  for (const auto& piece : pieces) size += piece.size();
  const double position = static_cast<double>(size - 1) * q;
  const double floor = std::floor(position);
  const auto rank = std::min(static_cast<std::size_t>(floor), size - 1);
  const Pair found = select(pieces, size, rank, call);
  return interpolate(found.at, found.after, position - floor);
}

QuantileFinder::Pair QuantileFinder::select(Pieces pieces, std::size_t size, std::size_t rank,
                                            const model::Call& call) {
  if (size < kSmall) {
    candidates_.resize(std::max(candidates_.size(), kSmall));
    candidate_count_ = 0;
    for (const auto& piece : pieces) {
      std::copy(piece.begin(), piece.end(), candidates_.begin() + static_cast<std::ptrdiff_t>(candidate_count_));
      candidate_count_ += piece.size();
    }
    return select_candidate(rank, call);
  }

  // A sorted sample tells where the rank is likely to be (Floyd and Rivest), so that one pass over the values leaves
  // few to choose from: three standard deviations of the sample's own rank to either side.
  const std::size_t sample_size = size < 32768 ? 64 : size < 1048576 ? 256 : 1024;
  sample_.clear();
  const std::size_t stride = size / sample_size;
  std::size_t next = stride / 2;
  for (const auto& piece : pieces) {
    for (; next < piece.size(); next += stride) sample_.push_back(piece[next]);
    next -= piece.size();
  }
  std::sort(sample_.begin(), sample_.end());
  const double count = static_cast<double>(sample_.size());
  const double share = static_cast<double>(rank) / static_cast<double>(size);
  const double spread = 3 * std::sqrt(count * share * (1 - share)) + 1;
  const double from = std::floor(share * count - spread);
  const double to = std::ceil(share * count + spread);
  double lower = from < 0 ? -kInfinity : sample_[static_cast<std::size_t>(from)];
  double upper = to >= count ? kInfinity : sample_[static_cast<std::size_t>(to)];

  // Both the rank and the next one have to be among the candidates. Where the sample misled, which an unlucky pattern
  // in the data can bring about, open the side that was cut too short.
  const std::size_t last = std::min(rank + 1, size - 1);
  for (;;) {
    const std::size_t below = collect(pieces, lower, upper, call);
    if (rank < below) {
      lower = -kInfinity;
    } else if (last >= below + candidate_count_) {
      upper = kInfinity;
    } else {
      if (lower == upper) return {lower, lower};
      return select_candidate(rank - below, call);
    }
  }
}

std::size_t QuantileFinder::collect(Pieces pieces, double lower, double upper, const model::Call& call) {
  std::size_t below = 0;
  std::size_t kept = 0;
  std::size_t until_check = kStride;
  for (const auto& piece : pieces) {
    if (until_check < piece.size()) {
      call.check();
      until_check = kStride;
    }
    until_check -= std::min(until_check, piece.size());
    if (candidates_.size() < kept + piece.size()) {
      candidates_.resize(std::max(kept + piece.size(), 2 * candidates_.size()));
    }
    double* const out = candidates_.data();
    // Every value is written, and the place moves on behind those that count: no branch to mispredict.
    for (const double value : piece) {
      below += static_cast<std::size_t>(value < lower);
      out[kept] = value;
      kept += static_cast<std::size_t>((value >= lower) & (value <= upper));
    }
  }
  candidate_count_ = kept;
  return below;
}

QuantileFinder::Pair QuantileFinder::select_candidate(std::size_t rank, const model::Call& call) {
  const auto begin = candidates_.begin();
  const auto end = begin + static_cast<std::ptrdiff_t>(candidate_count_);
  const auto at = begin + static_cast<std::ptrdiff_t>(rank);
  if (candidate_count_ <= kStride) {
    std::nth_element(begin, at, end);
  } else {
    std::uint32_t steps = 0;
    std::nth_element(begin, at, end, CheckedOrder(std::less<double>(), call, steps));
  }
  const auto after = at + 1;
  return {*at, after == end ? *at : *std::min_element(after, end)};
}

}  // namespace luminate::engine
