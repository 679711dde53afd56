#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "codec/segment.hpp"

// Two integer columns: the first timestamp of every run, then, for all other samples, the interval to the one before.
// So many short runs at nearly the same time cost as little as few long ones at regular steps.
namespace luminate::codec {

void encode_timestamps(std::span<const Run> runs, std::span<const std::int64_t> timestamps, std::string& out);

/// Timestamps ascend within each run, or DecodeError is thrown. @pre the runs sum up to out.size().
void decode_timestamps(std::span<const std::byte> column, std::span<const Run> runs, std::span<std::int64_t> out);

}  // namespace luminate::codec
