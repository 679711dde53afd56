#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "codec/segment.hpp"

// The statistics of runs, a column for each of their fields: values as doubles are anywhere in a segment, timestamps as
// integers. Sums of values with one decimal have one decimal too, and so on.
namespace luminate::codec {

void encode_statistics(std::span<const RunStatistics> statistics, std::string& out);

/// A run that has one sample begins and ends at once, any other later than it began, or DecodeError is thrown.
std::vector<RunStatistics> decode_statistics(std::span<const std::byte> column, std::span<const Run> runs);

}  // namespace luminate::codec
