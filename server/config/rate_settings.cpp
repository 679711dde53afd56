#include "server/config/rate_settings.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <set>

#include "server/auth/claims.hpp"
#include "server/logging.hpp"
#include "server/nearest.hpp"

namespace luminate::server::config {
namespace {

using limits::Limit;
using limits::Rates;
using Kind = RateSetting::Kind;

constexpr std::string_view kBlank = " \t\r\n";

/// A limit, with where its setting and its rate stand.
struct Field {
  Limit limit;
  RateSetting RateSettings::*setting;
  std::optional<std::uint64_t> Rates::*rate;
};
constexpr std::array kFields{
    Field{Limit::write_requests, &RateSettings::write_requests, &Rates::write_requests},
    Field{Limit::query_requests, &RateSettings::query_requests, &Rates::query_requests},
    Field{Limit::points, &RateSettings::points, &Rates::points},
    Field{Limit::concurrent_queries, &RateSettings::concurrent_queries, &Rates::concurrent_queries},
};

std::string shown(std::string_view text) {
  return '\'' + printable(text.substr(0, 64)) + '\'';
}

/// Takes a text apart into names, pairs and commas.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) { skip_blank(); }

  bool at_end() const { return rest_.empty(); }
  bool take_comma() {
    if (rest_.empty() || rest_.front() != ',') return false;
    rest_.remove_prefix(1);
    skip_blank();
    return true;
  }

  std::string_view take_word() {
    const std::string_view word = rest_.substr(0, rest_.find_first_of(" \t\r\n,"));
    rest_.remove_prefix(word.size());
    skip_blank();
    return word;
  }

  std::string take_name() {
    if (rest_.empty() || rest_.front() != '"') return std::string(take_word());
    std::string name;
    for (std::size_t at = 1; at < rest_.size(); ++at) {
      if (rest_[at] == '"') {
        rest_.remove_prefix(at + 1);
        skip_blank();
        return name;
      }
      if (rest_[at] == '\\' && ++at == rest_.size()) break;
      name += rest_[at];
    }
    throw ConfigError("has a tenant whose quotes do not end: " + shown(rest_));
  }

 private:
  void skip_blank() { rest_.remove_prefix(std::min(rest_.size(), rest_.find_first_not_of(kBlank))); }

  std::string_view rest_;
};

void read_pair(std::string_view pair, TenantRateSettings& tenant) {
  const std::string of = " for the tenant " + shown(tenant.tenant);
  const std::size_t equals = pair.find('=');
  if (equals == std::string_view::npos) {
    throw ConfigError("has " + shown(pair) + of + "; write it as metrics_per_second=50000");
  }
  const std::string_view key = pair.substr(0, equals);
  for (const Field& field : kFields) {
    if (key != key_of(field.limit)) continue;
    try {
      tenant.settings.*field.setting = parse_rate(pair.substr(equals + 1));
    } catch (const ConfigError& error) {
      throw ConfigError("has " + std::string(key) + of + ", which " + error.what());
    }
    return;
  }
  std::vector<std::string_view> keys;
  for (const Field& field : kFields) keys.push_back(key_of(field.limit));
  throw ConfigError("has the unknown key " + shown(key) + of + "; the nearest is " + std::string(nearest(key, keys)));
}

TenantRateSettings read_tenant(Reader& reader) {
  TenantRateSettings tenant{reader.take_name()};
  if (!auth::is_tenant_name(tenant.tenant)) {
    throw ConfigError("has " + shown(tenant.tenant) + ", which is no tenant's name of 1 to 256 characters");
  }
  while (!reader.at_end()) {
    const std::string_view pair = reader.take_word();
    if (pair.empty()) break;
    read_pair(pair, tenant);
  }
  return tenant;
}

bool needs_quotes(std::string_view name) {
  return name.find_first_of(" \t\r\n,\"\\") != std::string_view::npos;
}

}  // namespace

RateSetting parse_rate(std::string_view text) {
  if (text == "auto") return {};
  if (text == "off") return {Kind::off, 0};
  RateSetting setting{Kind::rate, 0};
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, setting.rate);
  if (error != std::errc() || stopped != end || setting.rate < 1 || setting.rate > limits::kMaxRate) {
    throw ConfigError("must be a whole number from 1 to " + std::to_string(limits::kMaxRate) + ", off or auto, not " +
                      shown(text));
  }
  return setting;
}

std::string format_rate(const RateSetting& setting) {
  switch (setting.kind) {
    case Kind::automatic:
      return "auto";
    case Kind::off:
      return "off";
    case Kind::rate:
      break;
  }
  return std::to_string(setting.rate);
}

std::vector<TenantRateSettings> parse_tenant_rates(std::string_view text) {
  std::vector<TenantRateSettings> tenants;
  std::set<std::string, std::less<>> names;
  Reader reader(text);
  while (!reader.at_end()) {
    if (!tenants.empty() && !reader.take_comma()) throw ConfigError("must have a comma between two tenants");
    tenants.push_back(read_tenant(reader));
    if (tenants.size() > kMaxRateTenants) {
      throw ConfigError("has more than " + std::to_string(kMaxRateTenants) + " tenants");
    }
    if (!names.insert(tenants.back().tenant).second) {
      throw ConfigError("has the tenant " + shown(tenants.back().tenant) + " twice");
    }
  }
  return tenants;
}

std::string format_tenant_rates(const std::vector<TenantRateSettings>& tenants) {
  std::string text;
  for (const TenantRateSettings& tenant : tenants) {
    text += (text.empty() ? "" : ", ") + (needs_quotes(tenant.tenant) ? quote_name(tenant.tenant) : tenant.tenant);
    for (const Field& field : kFields) {
      const RateSetting& setting = tenant.settings.*field.setting;
      if (setting == RateSetting{}) continue;
      text += ' ' + std::string(key_of(field.limit)) + '=' + format_rate(setting);
    }
  }
  return text;
}

std::string quote_name(std::string_view name) {
  std::string quoted = "\"";
  for (const char c : name) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

limits::TenantRates make_rates(const RateSettings& others, const std::vector<TenantRateSettings>& tenants,
                               bool by_default) {
  const auto resolve = [](const RateSettings& settings, const Rates& automatic) {
    Rates rates;
    for (const Field& field : kFields) {
      const RateSetting& setting = settings.*field.setting;
      if (setting.kind == Kind::automatic) rates.*field.rate = automatic.*field.rate;
      if (setting.kind == Kind::rate) rates.*field.rate = setting.rate;
    }
    return rates;
  };
  limits::TenantRates rates;
  rates.others = resolve(others, by_default ? kDefaultRates : Rates{});
  for (const TenantRateSettings& tenant : tenants) {
    rates.named.emplace(tenant.tenant, resolve(tenant.settings, rates.others));
  }
  return rates;
}

}  // namespace luminate::server::config
