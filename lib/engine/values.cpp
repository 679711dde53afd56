// Quantiles: all values of a cell are kept until it is asked for.

#include <utility>
#include <vector>

#include "engine/accumulator.hpp"
#include "engine/quantile.hpp"
#include "engine/value_store.hpp"

namespace luminate::engine {
namespace {

class Values final : public Accumulator {
 public:
  void resize(std::size_t cells) override { store_.resize(cells); }

  void add(const SeriesColumns& series, std::span<const Span> spans) override {
    for (const Span& span : spans) store_.append(span.cell, series.values.subspan(span.begin, span.end - span.begin));
  }

  double value(std::uint32_t cell, const Aggregation& aggregation, std::uint64_t, const model::Call& call) override {
    return finder_.find(store_.pieces(cell), aggregation.q, call);
  }

 private:
  ValueStore store_;
  QuantileFinder finder_;
};

}  // namespace

std::unique_ptr<Accumulator> make_values() {
  return std::make_unique<Values>();
}

}  // namespace luminate::engine
