#pragma once

#include <luminate/progress.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

// What the tools tell their user on the terminal.
namespace luminate::server::tools {

/// "12.3 MB", of powers of 1000.
std::string bytes_text(std::uint64_t bytes);
/// "1,234,567".
std::string count_text(std::uint64_t count);
/// "1 series", "2 points": @param things with its plural s.
std::string counted(std::uint64_t count, std::string_view thing, std::string_view things);

/// Text from the library and from file names, with control characters shown instead of obeyed.
std::string safe(std::string_view text);

/// Says how far something is, on one line of standard error that is written over again and again; on what is no
/// terminal a line every few seconds, if asked for. Silent otherwise.
class ProgressLine {
 public:
  enum class Unit { bytes, points };

  ProgressLine(std::string label, Unit unit, bool asked_for);
  ~ProgressLine() { clear(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void show(const Progress& progress);
  /// Takes the line away, for other output.
  void clear();
  double seconds() const;

 private:
  using Clock = std::chrono::steady_clock;

  const std::string label_;
  const Unit unit_;
  const bool terminal_;
  const bool shown_;
  const Clock::time_point begin_ = Clock::now();
  Clock::time_point next_ = begin_;
  bool drawn_ = false;
};

}  // namespace luminate::server::tools
