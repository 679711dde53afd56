#include <algorithm>
#include <array>

#include "server/config/option_values.hpp"
#include "server/config/sections.hpp"

namespace luminate::server::config {
namespace {

constexpr std::size_t kMaxPathBytes = 256;
constexpr std::size_t kMaxFileNameBytes = 4096;
constexpr std::size_t kMaxTenants = 10'000;
// What other routes have, or may have in time.
constexpr std::array<std::string_view, 4> kTakenPaths{"/healthz", "/readyz", "/startupz", "/openapi.json"};

bool is_path_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("/-._~").find(c) != std::string_view::npos;
}

void set_path(Config& config, const Option& option, std::string_view value) {
  if (value.size() < 2 || value.size() > kMaxPathBytes || value.front() != '/' || value.back() == '/' ||
      !std::all_of(value.begin(), value.end(), is_path_character)) {
    refuse_value(option, value, "a path of at most 256 letters, digits and -._~, such as /metrics");
  }
  if (value.starts_with("/api/") || std::find(kTakenPaths.begin(), kTakenPaths.end(), value) != kTakenPaths.end()) {
    refuse_value(option, value, "a path that nothing else has");
  }
  config.metrics.path = value;
}

/// Quotes nothing of what it refuses.
void set_token(Config& config, const Option& option, std::string_view value) {
  if (!value.empty()) check_scrape_token(option.name, value);
  config.metrics.token = value;
}

constexpr std::array kOptions{
    Option{"metrics.enabled", "true", "whether the server tells how it is at metrics.path: true or false", "",
           [](Config& config, const Option& option, std::string_view value) {
             config.metrics.enabled = read_flag(option, value);
           },
           [](const Config& config, const Option&) { return std::string(config.metrics.enabled ? "true" : "false"); }},
    Option{"metrics.path", "/metrics", "where Prometheus finds the metrics of the server itself", "", set_path,
           [](const Config& config, const Option&) { return config.metrics.path; }},
    Option{"metrics.token", "",
           "what a scrape has to bring as Authorization: Bearer TOKEN, at least 16 characters; empty for nothing", "",
           set_token, [](const Config& config, const Option&) { return config.metrics.token; }, Option::Kind::secret},
    Option{"metrics.token_file", "", "file that holds metrics.token; a line break at its end does not count", "",
           [](Config& config, const Option& option, std::string_view value) {
             config.metrics.token_file = read_text(option, value, kMaxFileNameBytes);
           },
           [](const Config& config, const Option&) { return config.metrics.token_file; }},
    Option{"metrics.max_tenants", "100",
           "tenants that have figures of their own; those of all others are added up as tenant _other", "",
           [](Config& config, const Option& option, std::string_view value) {
             config.metrics.max_tenants = read_count<std::size_t>(option, value, 0, kMaxTenants);
           },
           [](const Config& config, const Option&) { return std::to_string(config.metrics.max_tenants); }},
};

}  // namespace

void check_scrape_token(std::string_view name, std::string_view token) {
  constexpr std::size_t kMin = 16;
  constexpr std::size_t kMax = 1024;
  if (token.size() < kMin || token.size() > kMax ||
      !std::all_of(token.begin(), token.end(), [](char c) { return c > ' ' && c < 0x7F; })) {
    throw ConfigError(std::string(name) + " must have " + std::to_string(kMin) + " to " + std::to_string(kMax) +
                      " visible ASCII characters without spaces, and has " + std::to_string(token.size()) +
                      "; openssl rand -hex 32 makes a good one");
  }
}

std::span<const Option> metrics_options() {
  return kOptions;
}

}  // namespace luminate::server::config
