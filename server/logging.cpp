#include "server/logging.hpp"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/ansicolor_sink.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cmath>
#include <utility>

namespace luminate::server {
namespace {

/// The code point at the front of `text` and its length in bytes; {-1, 1} where there is no valid UTF-8.
std::pair<std::int32_t, std::size_t> decode(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::int32_t>(static_cast<unsigned char>(text[i])); };
  const std::int32_t lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  std::size_t length = 0;
  std::int32_t point = 0;
  std::int32_t smallest = 0;
  if ((lead & 0xE0) == 0xC0) {
    length = 2, point = lead & 0x1F, smallest = 0x80;
  } else if ((lead & 0xF0) == 0xE0) {
    length = 3, point = lead & 0x0F, smallest = 0x800;
  } else if ((lead & 0xF8) == 0xF0) {
    length = 4, point = lead & 0x07, smallest = 0x10000;
  } else {
    return {-1, 1};
  }
  if (text.size() < length) return {-1, 1};
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {-1, 1};
    point = (point << 6) | (byte(i) & 0x3F);
  }
  if (point < smallest || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) return {-1, 1};
  return {point, length};
}

/// Control characters (C0, DEL, C1), line and paragraph separators, and what reverses the direction of text.
bool is_treacherous(std::int32_t point) {
  return point < 0x20 || (point >= 0x7F && point < 0xA0) || (point >= 0x2028 && point <= 0x202E) ||
         (point >= 0x2066 && point <= 0x2069) || point == 0x200E || point == 0x200F || point == 0xFEFF;
}

void append_unicode_escape(std::string& out, std::int32_t point) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out += kDigits[static_cast<std::size_t>((point >> shift) & 0xF)];
}

std::string escape(std::string_view text, bool quotes) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto [point, length] = decode(text);
    if (point < 0) {
      out += "\\ufffd";
    } else if (quotes && (point == '"' || point == '\\')) {
      out += '\\';
      out += static_cast<char>(point);
    } else if (point == '\n') {
      out += "\\n";
    } else if (is_treacherous(point)) {
      append_unicode_escape(out, point);
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
  return out;
}

void append_number(std::string& out, double number) {
  if (!std::isfinite(number)) {
    out += "null";
    return;
  }
  std::array<char, 32> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number).ptr;
  out.append(buffer.data(), end);
}

void append_value(std::string& out, const Logger::Field& field, bool json) {
  if (const auto* text = std::get_if<std::string_view>(&field.value)) {
    const std::string escaped = escape_for_log(*text);
    const bool plain = !json && !escaped.empty() && escaped.find_first_of(" =\"\\") == std::string::npos;
    out += plain ? escaped : '"' + escaped + '"';
  } else if (const auto* number = std::get_if<std::int64_t>(&field.value)) {
    out += std::to_string(*number);
  } else {
    append_number(out, std::get<double>(field.value));
  }
}

std::string json_line(std::string_view message, Logger::Fields fields) {
  std::string line = "\"message\":\"" + escape_for_log(message) + '"';
  for (const Logger::Field& field : fields) {
    if (field.name.empty()) continue;
    line += ",\"";
    line += field.name;
    line += "\":";
    append_value(line, field, true);
  }
  return line;
}

std::string text_line(std::string_view message, Logger::Fields fields) {
  std::string line = escape_for_log(message);
  for (const Logger::Field& field : fields) {
    if (field.name.empty()) continue;
    line += ' ';
    line += field.name;
    line += '=';
    append_value(line, field, false);
  }
  return line;
}

spdlog::level::level_enum level_of(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warning:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

std::shared_ptr<spdlog::sinks::sink> standard_error(bool terminal) {
  if (terminal) return std::make_shared<spdlog::sinks::ansicolor_stderr_sink_mt>();
  return std::make_shared<spdlog::sinks::stderr_sink_mt>();
}

}  // namespace

class Logger::Impl {
 public:
  Impl(LogLevel level, bool json, std::shared_ptr<spdlog::sinks::sink> sink)
      : json_(json), logger_("", std::move(sink)) {
    logger_.set_formatter(std::make_unique<spdlog::pattern_formatter>(
        json ? R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})" : "%Y-%m-%dT%H:%M:%S.%eZ %^%-7l%$ %v",
        spdlog::pattern_time_type::utc));
    set_level(level);
    logger_.flush_on(spdlog::level::debug);
    // A log that cannot be written must not take the server down, and has nowhere to complain to.
    logger_.set_error_handler([](const std::string&) {});
  }

  void log(LogLevel level, std::string_view message, Fields fields) {
    if (!logger_.should_log(level_of(level))) return;
    const std::string line = json_ ? json_line(message, fields) : text_line(message, fields);
    logger_.log(level_of(level), spdlog::string_view_t(line.data(), line.size()));
  }

  void set_level(LogLevel level) noexcept { logger_.set_level(level_of(level)); }

 private:
  bool json_;
  spdlog::logger logger_;
};

Logger::Logger(LogLevel level, LogFormat format) {
  const bool terminal = ::isatty(STDERR_FILENO) == 1;
  const bool json = format == LogFormat::json || (format == LogFormat::automatic && !terminal);
  impl_ = std::make_unique<Impl>(level, json, standard_error(terminal && !json));
}

Logger::Logger(LogLevel level, LogFormat format, std::ostream& out)
    : impl_(std::make_unique<Impl>(level, format != LogFormat::text,
                                   std::make_shared<spdlog::sinks::ostream_sink_mt>(out))) {}

Logger::~Logger() = default;

void Logger::set_level(LogLevel level) noexcept {
  impl_->set_level(level);
}

void Logger::log(LogLevel level, std::string_view message, Fields fields) noexcept {
  try {
    impl_->log(level, message, fields);
  } catch (...) {  // Out of memory: the line is lost, the request is not.
  }
}

std::string escape_for_log(std::string_view text) {
  return escape(text, true);
}
std::string printable(std::string_view text) {
  return escape(text, false);
}

}  // namespace luminate::server
