#include "server/config/auth_keys.hpp"

#include <algorithm>

#include "server/auth/key_ring.hpp"
#include "server/logging.hpp"

namespace luminate::server::config {
namespace {

constexpr std::string_view kBlank = " \t\r\n";

std::string_view trim(std::string_view text) {
  text.remove_prefix(std::min(text.size(), text.find_first_not_of(kBlank)));
  const std::size_t last = text.find_last_not_of(kBlank);
  return text.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

/// Cuts the first word off.
std::string_view take_word(std::string_view& text) {
  const std::string_view word = text.substr(0, text.find_first_of(kBlank));
  text = trim(text.substr(word.size()));
  return word;
}

// Only the name is quoted: who mistook the form may have put a secret where the file belongs.
NamedKey parse_named_key(std::string_view text) {
  const std::string_view id = take_word(text);
  const std::string_view algorithm = take_word(text);
  const std::string shown = '\'' + printable(id.substr(0, 64)) + '\'';
  if (id.size() > auth::kMaxKeyIdBytes) {
    throw ConfigError("has a key name of " + std::to_string(id.size()) + " bytes; it may have " +
                      std::to_string(auth::kMaxKeyIdBytes));
  }
  const auto known = auth::parse_algorithm(algorithm);
  if (!known) {
    throw ConfigError("must say for the key " + shown + " one of " + std::string(auth::kAlgorithmNames) +
                      ", and then the file that holds it");
  }
  if (text.empty()) throw ConfigError("must name, behind its algorithm, the file that holds the key " + shown);
  return {std::string(id), *known, std::string(text)};
}

}  // namespace

std::vector<NamedKey> parse_named_keys(std::string_view text) {
  std::vector<NamedKey> keys;
  while (!(text = trim(text)).empty()) {
    const std::string_view item = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), item.size() + 1));
    if (trim(item).empty()) throw ConfigError("has an empty entry; a comma stands between two keys");
    keys.push_back(parse_named_key(trim(item)));
    if (keys.size() > auth::kMaxKeys) {
      throw ConfigError("has more than " + std::to_string(auth::kMaxKeys) + " keys");
    }
    const auto same = [&](const NamedKey& key) { return key.id == keys.back().id; };
    if (std::count_if(keys.begin(), keys.end(), same) > 1) {
      throw ConfigError("has the key '" + printable(keys.back().id) + "' twice");
    }
  }
  return keys;
}

std::string format_named_keys(const std::vector<NamedKey>& keys) {
  std::string text;
  for (const NamedKey& key : keys) {
    text += (text.empty() ? "" : ", ") + key.id + ' ' + std::string(to_string(key.algorithm)) + ' ' + key.file;
  }
  return text;
}

}  // namespace luminate::server::config
