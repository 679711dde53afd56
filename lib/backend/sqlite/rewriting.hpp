#pragma once

#include <luminate/options.hpp>

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "sqlite/catalog.hpp"
#include "sqlite/segment_loader.hpp"
#include "sqlite/writer.hpp"

namespace luminate::sqlite {

/// What those share who take segments and put others in their place: compaction, retention and deletion. They take
/// turns under `mutex`, so that none finds the segments gone that it has prepared a change for. Writes, which only add,
/// go on.
struct Rewriting {
  Rewriting(std::string file, Writer& with, Catalog& known, const Options& chosen)
      : path(std::move(file)), writer(with), catalog(known), options(chosen) {}

  /// Opened when first needed. @pre `mutex` is held.
  SegmentLoader& loader();
  std::int64_t now_ms() const;

  const std::string path;
  Writer& writer;
  Catalog& catalog;
  const Options options;
  std::mutex mutex;

 private:
  std::unique_ptr<SegmentLoader> loader_;  // Guarded by mutex.
};

}  // namespace luminate::sqlite
