#pragma once

#include <cstdint>
#include <vector>

namespace luminate::sqlite {

/// Orders the samples of one series that came oldest write first, and keeps the last write of each timestamp.
void order_and_deduplicate(std::vector<std::int64_t>& timestamps, std::vector<double>& values);

}  // namespace luminate::sqlite
