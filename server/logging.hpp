#pragma once

#include <luminate/options.hpp>

#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

namespace luminate::server {

enum class LogFormat : std::int32_t {
  automatic = 1,  ///< Text on a terminal, JSON lines elsewhere.
  text = 2,
  json = 3,
};

/// Writes one line per event, as JSON or as text. Whatever it is given stays on that line: quotes, control characters
/// and bytes that are no UTF-8 are escaped, so that nobody outside can forge a line or drive a terminal.
/// Any thread may use it at any time.
///
///     Logger logger(LogLevel::info, LogFormat::json);   // to standard error
///     logger.log(LogLevel::info, "listening", {{"host", host}, {"port", port}});
class Logger {
 public:
  struct Field {
    std::string_view name;  ///< Ours, never from outside. Empty: this field is left out.
    std::variant<std::string_view, std::int64_t, double> value;

    Field(std::string_view field, std::string_view text) : name(field), value(text) {}
    Field(std::string_view field, const std::string& text) : name(field), value(std::string_view(text)) {}
    Field(std::string_view field, const char* text) : name(field), value(std::string_view(text)) {}
    Field(std::string_view field, double number) : name(field), value(number) {}
    Field(std::string_view field, std::int64_t number) : name(field), value(number) {}
    Field(std::string_view field, std::uint64_t number) : name(field), value(static_cast<std::int64_t>(number)) {}
    Field(std::string_view field, int number) : name(field), value(std::int64_t{number}) {}
  };
  using Fields = std::initializer_list<Field>;

  /// To standard error.
  Logger(LogLevel level, LogFormat format);
  /// To a stream that outlives the logger; `automatic` means JSON.
  Logger(LogLevel level, LogFormat format, std::ostream& out);
  ~Logger();
  Logger(const Logger&) = delete;
  Logger& operator=(const Logger&) = delete;

  void log(LogLevel level, std::string_view message, Fields fields = {}) noexcept;
  /// From now on lines of this level and above are written.
  void set_level(LogLevel level) noexcept;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// The escaping that log lines get: a JSON string's content that is printable on any terminal.
std::string escape_for_log(std::string_view text);

/// The same without the escaping of quotes and backslashes: for one line that a person reads.
std::string printable(std::string_view text);

}  // namespace luminate::server
