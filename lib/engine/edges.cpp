// first and last: the samples of a cell are ordered by timestamp, and then by the dimensions of their series.

#include <vector>

#include "engine/accumulator.hpp"

namespace luminate::engine {
namespace {

struct Edge {
  std::int64_t timestamp = 0;
  std::uint32_t rank = 0;
  bool set = false;
  double value = 0;
};

template <bool Last>
class EdgeOf final : public Accumulator {
 public:
  void resize(std::size_t cells) override { edges_.resize(cells); }

  void add(const SeriesColumns& series, std::span<const Span> spans) override {
    for (const Span& span : spans) {
      const std::size_t at = Last ? span.end - 1 : span.begin;
      const std::int64_t timestamp = series.timestamps[at];
      Edge& edge = edges_[span.cell];
      const bool further = Last ? timestamp > edge.timestamp : timestamp < edge.timestamp;
      if (!edge.set || further || (timestamp == edge.timestamp && series.rank < edge.rank)) {
        edge = {timestamp, series.rank, true, series.values[at]};
      }
    }
  }

  double value(std::uint32_t cell, const Aggregation&, std::uint64_t, const model::Call&) override {
    return edges_[cell].value;
  }

 private:
  std::vector<Edge> edges_;
};

}  // namespace

std::unique_ptr<Accumulator> make_first() {
  return std::make_unique<EdgeOf<false>>();
}
std::unique_ptr<Accumulator> make_last() {
  return std::make_unique<EdgeOf<true>>();
}

}  // namespace luminate::engine
