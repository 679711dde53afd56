#pragma once

#include <luminate/store.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace luminate::maintenance {

/// Walks along a metric's time in windows that hold neither too few samples nor too many, and skips the times at which
/// there are none, however long. Sees what is there when it looks.
///
///     SampleWindows windows(store, "cpu", range);
///     while (const auto window = windows.next()) windows.found(scan(*window));
class SampleWindows {
 public:
  /// @param begins where the first sample may well be, which saves looking for it. @pre the range is not empty.
  SampleWindows(const Store& store, std::string metric, TimeRange range, std::int64_t begins = kLikelyBegin);

  /// The next window that may have samples; nothing behind the last.
  std::optional<TimeRange> next();
  /// Tells how many samples were in the window that next() gave.
  void found(std::uint64_t samples);

  static constexpr std::int64_t kLikelyBegin = 946'684'800'000;  // 2000-01-01.

 private:
  bool any(std::int64_t start_ms, std::int64_t end_ms) const;
  bool seek();

  const Store store_;
  const std::string metric_;
  const std::int64_t end_;
  std::int64_t at_;
  std::int64_t hint_;
  std::size_t width_;
  bool in_samples_ = false;  ///< The window before had some, so that the next may well have too.
};

}  // namespace luminate::maintenance
