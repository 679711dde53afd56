#include "sqlite/segment_source.hpp"

#include <span>

#include "codec/framing.hpp"
#include "codec/segment_head.hpp"

namespace luminate::sqlite {

void SegmentSource::open(const SegmentInfo& info) {
  if (!blobs_.open(info.id)) throw SegmentDamaged(info, "its row is gone");
}

void SegmentSource::read(const SegmentInfo& info, Bytes& bytes) {
  const std::lock_guard lock(mutex_);
  open(info);
  bytes.resize(blobs_.size());
  blobs_.read(0, bytes);
}

bool SegmentSource::read_head(const SegmentInfo& info, Bytes& bytes) {
  const std::lock_guard lock(mutex_);
  open(info);
  if (blobs_.size() < codec::kHeaderSize) return false;
  bytes.resize(codec::kHeaderSize);
  blobs_.read(0, bytes);
  const std::size_t size = codec::SegmentHead::size_of(bytes);
  if (size == 0 || size > blobs_.size()) return false;
  bytes.resize(size);
  blobs_.read(codec::kHeaderSize, std::span(bytes).subspan(codec::kHeaderSize));
  return true;
}

}  // namespace luminate::sqlite
