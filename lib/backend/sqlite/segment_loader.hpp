#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "codec/segment.hpp"
#include "sqlite/connection.hpp"
#include "sqlite/segment_merger.hpp"
#include "sqlite/segment_table.hpp"

namespace luminate::sqlite {

/// Reads segments for those who change them in the background. Each call is a read of its own: rows never change what
/// they hold, so nobody needs a snapshot, which would keep the log from beginning anew. One thread at a time.
class SegmentLoader {
 public:
  explicit SegmentLoader(const std::string& path);

  /// Of one metric, or of all, by metric. Reads rows of an index only.
  std::vector<SegmentInfo> list(std::optional<std::int64_t> metric_id = {});

  /// @throws SegmentDamaged, also when its row is not there: those who change segments hold Rewriting::mutex.
  void visit(const SegmentInfo& info, const std::function<void(const codec::SegmentReader&)>& visit);
  DecodedSegment load(const SegmentInfo& info);

  Connection& connection() { return connection_; }

 private:
  const std::string path_;
  Connection connection_;
  Statement data_;
};

}  // namespace luminate::sqlite
