#pragma once

#include <cstddef>
#include <mutex>
#include <vector>

#include "sqlite/connection.hpp"
#include "sqlite/segment_table.hpp"

namespace luminate::sqlite {

/// The bytes of segments as one snapshot has them, for several threads: they take turns at its connection, which costs
/// little beside decoding what was read.
class SegmentSource {
 public:
  /// @pre a transaction is under way on `connection`, and nobody else uses it meanwhile.
  explicit SegmentSource(Connection& connection) : blobs_(connection, "segment", "data") {}

  using Bytes = std::vector<std::byte>;
  /// Reads a whole segment. @throws Error.
  void read(const SegmentInfo& info, Bytes& bytes);
  /// Reads the head of a segment, if it has one that can be read by itself. @throws Error.
  bool read_head(const SegmentInfo& info, Bytes& bytes);

 private:
  void open(const SegmentInfo& info);

  std::mutex mutex_;
  BlobReader blobs_;  // Guarded by mutex_.
};

}  // namespace luminate::sqlite
