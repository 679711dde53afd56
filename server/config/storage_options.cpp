#include "server/config/sections.hpp"

#include <algorithm>
#include <array>

#include "server/config/option_values.hpp"
#include "server/config/secrets.hpp"

namespace luminate::server::config {
namespace {

constexpr std::size_t kMaxPathBytes = 4000;

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
    Option{"storage.backup_directory", "",
           "where POST /api/v1/admin/backup puts backups; empty: they cannot be asked for", "",
           [](Config& config, const Option& option, std::string_view value) {
             config.backup_directory = read_text(option, value, kMaxPathBytes);
           },
           [](const Config& config, const Option&) { return config.backup_directory; }, Option::Kind::plain, "PATH"},
};

}  // namespace

std::span<const Option> storage_options() {
  return kOptions;
}

}  // namespace luminate::server::config
