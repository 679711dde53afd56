#pragma once

#include <algorithm>
#include <cstddef>

#include "engine/workers.hpp"
#include "model/call.hpp"

namespace luminate::engine {

/// Calls make(begin, end) for stretches of [0, rows) of an answer, side by side: rows of text and vectors take long to
/// allocate.
template <typename Make>
void make_rows(std::size_t rows, Workers& workers, const model::Call& call, const Make& make) {
  constexpr std::size_t kStretch = 4096;
  workers.run((rows + kStretch - 1) / kStretch, [&](std::size_t i) {
    call.check();
    make(i * kStretch, std::min(rows, (i + 1) * kStretch));
  });
}

}  // namespace luminate::engine
