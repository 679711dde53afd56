#include "engine/accumulator.hpp"

#include <luminate/error.hpp>

namespace luminate::engine {

std::unique_ptr<Accumulator> make_accumulator(Statistic statistic) {
  switch (statistic) {
    case Statistic::sum:
      return make_sum();
    case Statistic::minimum:
      return make_minimum();
    case Statistic::maximum:
      return make_maximum();
    case Statistic::values:
      return make_values();
    case Statistic::integral:
      return make_integral();
    case Statistic::first:
      return make_first();
    case Statistic::last:
      return make_last();
    case Statistic::moments:
      return make_moments();
    case Statistic::increase:
      return make_increase();
  }
  throw Error(ErrorCode::internal, "no such statistic");
}

}  // namespace luminate::engine
