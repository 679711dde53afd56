#include "server/tools/report.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <utility>

#include "server/logging.hpp"

namespace luminate::server::tools {

std::string bytes_text(std::uint64_t bytes) {
  constexpr std::array kUnits = {"kB", "MB", "GB", "TB"};
  if (bytes < 1000) return std::to_string(bytes) + " B";
  auto scaled = static_cast<double>(bytes) / 1000;
  std::size_t unit = 0;
  for (; scaled >= 999.95 && unit + 1 < kUnits.size(); ++unit) scaled /= 1000;
  const std::int64_t tenths = std::lround(scaled * 10);
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " " + kUnits[unit];
}

std::string count_text(std::uint64_t count) {
  std::string text = std::to_string(count);
  for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, ",");
  return text;
}

std::string counted(std::uint64_t count, std::string_view thing, std::string_view things) {
  return count_text(count) + " " + std::string(count == 1 ? thing : things);
}

std::string safe(std::string_view text) {
  // What log lines get, but for quotes and backslashes, which harm no terminal.
  const std::string escaped = printable(text);
  std::string out;
  for (std::size_t at = 0; at < escaped.size(); ++at) {
    const bool is_escape = escaped[at] == '\\' && at + 1 < escaped.size();
    if (is_escape && (escaped[at + 1] == '"' || escaped[at + 1] == '\\')) ++at;
    out += escaped[at];
  }
  return out;
}

ProgressLine::ProgressLine(std::string label, Unit unit, bool asked_for)
    : label_(std::move(label)), unit_(unit), terminal_(::isatty(STDERR_FILENO) == 1), shown_(terminal_ || asked_for) {}

double ProgressLine::seconds() const {
  return std::chrono::duration<double>(Clock::now() - begin_).count();
}

void ProgressLine::show(const Progress& progress) {
  const auto now = Clock::now();
  if (!shown_ || now < next_) return;
  next_ = now + (terminal_ ? std::chrono::milliseconds(200) : std::chrono::milliseconds(2000));
  const auto text = [&](std::uint64_t amount) {
    return unit_ == Unit::bytes ? bytes_text(amount) : counted(amount, "point", "points");
  };
  std::string line = label_ + ": " + text(progress.done);
  if (progress.total > 0) {
    const auto percent =
        static_cast<int>(100.0 * static_cast<double>(progress.done) / static_cast<double>(progress.total));
    line += " of " + text(progress.total) + " (" + std::to_string(std::min(percent, 100)) + " %)";
  }
  if (const double elapsed = seconds(); elapsed > 0.5) {
    line += ", " + text(static_cast<std::uint64_t>(static_cast<double>(progress.done) / elapsed)) + "/s";
  }
  std::fprintf(stderr, terminal_ ? "\r\033[K%s" : "%s\n", line.c_str());
  std::fflush(stderr);
  drawn_ = terminal_;
}

void ProgressLine::clear() {
  if (!drawn_) return;
  std::fputs("\r\033[K", stderr);
  std::fflush(stderr);
  drawn_ = false;
}

}  // namespace luminate::server::tools
