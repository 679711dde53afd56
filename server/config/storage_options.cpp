#include "server/config/sections.hpp"

#include <algorithm>
#include <array>

#include "server/config/option_values.hpp"
#include "server/config/secrets.hpp"

namespace luminate::server::config {
namespace {

void set_url(Config& config, const Option& option, std::string_view value) {
  if (value.empty() || value.size() > 4096 || value.find(':') == std::string_view::npos ||
      std::any_of(value.begin(), value.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; })) {
    refuse_value(option, mask_secrets(value),
                 "a storage URL, such as sqlite:/var/lib/luminate/metrics.db or postgresql://user@host/database");
  }
  config.storage_url = value;
}

constexpr std::array kOptions{
    Option{"storage.url", "sqlite:./luminate.db",
           "the store: sqlite:PATH, postgresql://USER@HOST/DATABASE, or memory: (gone when the server ends)",
           "--storage-url", set_url, [](const Config& config, const Option&) { return config.storage_url; },
           Option::Kind::plain, "URL"},
};

}  // namespace

std::span<const Option> storage_options() {
  return kOptions;
}

}  // namespace luminate::server::config
