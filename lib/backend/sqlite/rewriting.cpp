#include "sqlite/rewriting.hpp"

#include <chrono>

namespace luminate::sqlite {

SegmentLoader& Rewriting::loader() {
  if (loader_ == nullptr) loader_ = std::make_unique<SegmentLoader>(path);
  return *loader_;
}

std::int64_t Rewriting::now_ms() const {
  using namespace std::chrono;
  if (options.clock) return options.clock();
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

}  // namespace luminate::sqlite
