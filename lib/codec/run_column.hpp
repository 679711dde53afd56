#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "codec/segment.hpp"

// The series of a segment and how many samples each has: two integer columns, the ids and the counts.
namespace luminate::codec {

void encode_runs(std::span<const Run> runs, std::string& out);

/// Series ascend and counts are > 0 and sum up to `samples`, or DecodeError is thrown.
/// @pre runs <= samples <= kMaxSegmentSamples.
std::vector<Run> decode_runs(std::span<const std::byte> column, std::size_t runs, std::size_t samples);

}  // namespace luminate::codec
