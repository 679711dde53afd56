// Quantiles: all values of a cell are kept until it is asked for.

#include "engine/accumulator.hpp"
#include "engine/value_store.hpp"

namespace luminate::engine {
namespace {

class Values final : public Accumulator {
 public:
  void resize(std::size_t cells) override { store_.resize(cells); }

  void add(const SeriesColumns& series, std::span<const Span> spans) override {
    for (const Span& span : spans) store_.append(span.cell, series.values.subspan(span.begin, span.end - span.begin));
  }

  void merge(Accumulator& other, std::span<const std::uint32_t> cells) override {
    store_.absorb(static_cast<Values&>(other).store_, cells);
  }

  std::size_t memory() const noexcept override { return store_.memory(); }

  double value(std::uint32_t cell, const Aggregation& aggregation, std::uint64_t, ValueScratch& scratch,
               const model::Call& call) const override {
    store_.pieces(cell, scratch.pieces);
    return scratch.finder.find(scratch.pieces, aggregation.q, call);
  }

 private:
  ValueStore store_;
};

}  // namespace

std::unique_ptr<Accumulator> make_values() {
  return std::make_unique<Values>();
}

}  // namespace luminate::engine
