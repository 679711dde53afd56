#pragma once

#include <luminate/query.hpp>
#include <luminate/result.hpp>

#include <string>

namespace luminate::conformance {

/// "" when two answers to one query are the same, up to the last bits of what is added up; otherwise how they differ.
std::string difference(const Query& query, const Result& expected, const Result& found);

}  // namespace luminate::conformance
