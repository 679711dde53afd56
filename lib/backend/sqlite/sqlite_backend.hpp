#pragma once

#include <luminate/options.hpp>

#include <memory>
#include <string>

#include "backend/backend.hpp"

namespace luminate::sqlite {

/// The embedded backend: immutable columnar segments inside an ordinary SQLite file; docs/architecture.md tells how.
/// With Options::read_only it follows a file that another process may be writing.
/// @throws Error storage_locked, storage_version, storage_unavailable, storage_corrupt.
std::unique_ptr<backend::Backend> open_sqlite(const std::string& path, const Options& options);

}  // namespace luminate::sqlite
