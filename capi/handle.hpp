#pragma once

#ifdef LUMINATE_SIMULATE_LATER_VERSION
#include <cstdint>
#endif

namespace luminate::capi {

/// What all handles begin with: nothing. The library that tests build as a later version might be has more in each.
struct Handle {
#ifdef LUMINATE_SIMULATE_LATER_VERSION
  std::uint64_t later[5] = {1, 2, 3, 4, 5};
#endif
};

}  // namespace luminate::capi
