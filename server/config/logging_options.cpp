#include "server/config/sections.hpp"

#include <luminate/query.hpp>

#include <array>

#include "server/config/option_values.hpp"

namespace luminate::server::config {
namespace {

template <class Value>
struct Name {
  std::string_view text;
  Value value;
};
constexpr std::array<Name<LogLevel>, 4> kLevels{
    {{"debug", LogLevel::debug}, {"info", LogLevel::info}, {"warning", LogLevel::warning}, {"error", LogLevel::error}}};
constexpr std::array<Name<LogFormat>, 3> kFormats{
    {{"auto", LogFormat::automatic}, {"text", LogFormat::text}, {"json", LogFormat::json}}};

template <auto Field, const auto& Names>
constexpr Option choice(std::string_view name, std::string_view default_value, std::string_view meaning,
                        std::string_view flag, std::string_view choices) {
  return {name,
          default_value,
          meaning,
          flag,
          [](Config& config, const Option& option, std::string_view value) {
            std::string expected;
            for (const auto& known : Names) {
              if (known.text == value) {
                config.logging.*Field = known.value;
                return;
              }
              expected += (expected.empty() ? "" : ", ") + std::string(known.text);
            }
            refuse_value(option, value, "one of " + expected);
          },
          [](const Config& config, const Option&) {
            for (const auto& known : Names) {
              if (known.value == config.logging.*Field) return std::string(known.text);
            }
            return std::string();
          },
          Option::Kind::plain,
          choices};
}

void set_slow_query(Config& config, const Option& option, std::string_view value) {
  if (value == "off") {
    config.logging.slow_query.reset();
  } else {
    config.logging.slow_query = read_duration(option, value, std::chrono::milliseconds(0), std::chrono::hours(24));
  }
}

constexpr std::array kOptions{
    choice<&Config::Logging::level, kLevels>("logging.level", "info",
                                             "least severe lines to log: debug, info, warning, error", "--log-level",
                                             "debug|info|warning|error"),
    choice<&Config::Logging::format, kFormats>("logging.format", "auto",
                                               "text, json (one object a line), or auto: text on a terminal, else json",
                                               "--log-format", "auto|text|json"),
    Option{"logging.slow_query", "1s", "queries that take at least this long are logged in full; off for none", "",
           set_slow_query,
           [](const Config& config, const Option&) {
             return config.logging.slow_query ? format_duration(*config.logging.slow_query) : std::string("off");
           }},
};

}  // namespace

std::span<const Option> logging_options() {
  return kOptions;
}

}  // namespace luminate::server::config
