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
      offer(span.cell, {series.timestamps[at], series.rank, true, series.values[at]});
    }
  }

  void add_summary(const RunSummary& run, std::uint32_t rank, std::uint32_t cell) override {
    offer(cell,
          Last ? Edge{run.last_timestamp, rank, true, run.last} : Edge{run.first_timestamp, rank, true, run.first});
  }

  void merge(Accumulator& other, std::span<const std::uint32_t> cells) override {
    const auto& from = static_cast<EdgeOf&>(other).edges_;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (from[i].set) offer(cells[i], from[i]);
    }
  }

  std::size_t memory() const noexcept override { return edges_.capacity() * sizeof(Edge); }

  double value(std::uint32_t cell, const Aggregation&, std::uint64_t, ValueScratch&,
               const model::Call&) const override {
    return edges_[cell].value;
  }

 private:
  void offer(std::uint32_t cell, const Edge& candidate) {
    Edge& edge = edges_[cell];
    const bool further = Last ? candidate.timestamp > edge.timestamp : candidate.timestamp < edge.timestamp;
    if (!edge.set || further || (candidate.timestamp == edge.timestamp && candidate.rank < edge.rank)) {
      edge = candidate;
    }
  }

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
