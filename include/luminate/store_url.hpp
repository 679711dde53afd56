#pragma once

#include <luminate/options.hpp>

#include <string_view>

namespace luminate {

/// Finds out what can be known without opening or changing anything: that Store::open() has a backend for `url`, that
/// the URL goes with `options`, and, of a SQLite file, that it or its folder is there and may be used by this user. No
/// database is connected to. @throws Error invalid_option, storage_unavailable: what is wrong, and what would be right.
///
///     luminate::check_store_url("sqlite:/var/lib/luminate/metrics.db");
void check_store_url(std::string_view url, const Options& options = {});

}  // namespace luminate
