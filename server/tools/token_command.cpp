#include <luminate/query.hpp>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <algorithm>
#include <memory>
#include <string_view>

#include "server/auth/claims.hpp"
#include "server/logging.hpp"
#include "server/tools/arguments.hpp"
#include "server/tools/subcommands.hpp"
#include "server/tools/tools.hpp"

namespace luminate::server::tools {
namespace {

constexpr std::chrono::milliseconds kMaxLifetime = std::chrono::hours(24 * 366);

constexpr const char* kHelp = R"HELP(
Prints a token (a JWT) for a server with the same configuration: it is signed with the server's secret, and has its
issuer and audience. No server need be running. Whoever has the token may do what its scopes say until it expires;
nothing but a new secret takes it back. So keep lifetimes short, and let an identity provider issue tokens for people.

Scopes: read (queries, names), write (points), admin (deletion and whatever else is below /api/v1/admin). None includes
another. A token is for one tenant. Only one with admin may do without: it works on what belongs to no tenant, or on the
tenant that the header X-Luminate-Tenant names.

The secret is that of the configuration: the file named by --config, and LUMINATE_AUTH_... variables. Where that has
keys by kid, --kid says which one signs. Where it has public keys, --private-key names the file with the other half.

Examples:
  export LUMINATE_AUTH_ENABLED=true LUMINATE_AUTH_JWT_SECRET="$(openssl rand -base64 48)"
  luminate-server &
  TOKEN=$(luminate-server token --tenant acme --scopes read,write --ttl 24h)
  curl http://127.0.0.1:8080/api/v1/metrics -H "Authorization: Bearer $TOKEN"

  luminate-server token --config /etc/luminate.yaml --scopes admin --ttl 10m
  luminate-server token --config /etc/luminate.yaml --tenant acme --kid 2026-02 --private-key signing.pem
)HELP";

/// What is told as text, until all of it is known.
struct TokenTexts {
  TokenArguments arguments;
  std::string scopes = "read,write";
  std::string ttl = "24h";
};

auth::Scopes scopes_of(std::string_view text) {
  auth::Scopes scopes;
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view name = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), name.size() + 1));
    const auto scope = auth::parse_scope(name);
    if (!scope) refuse("--scopes must be some of read,write,admin, not '" + printable(text.substr(0, 64)) + "'");
    scopes.add(*scope);
  }
  if (scopes.empty()) refuse("--scopes must be some of read,write,admin");
  return scopes;
}

void resolve(TokenTexts& texts) {
  TokenArguments& arguments = texts.arguments;
  arguments.scopes = scopes_of(texts.scopes);
  const auto lifetime = parse_duration(texts.ttl);
  if (!lifetime || *lifetime < std::chrono::seconds(1) || *lifetime > kMaxLifetime) {
    refuse("--ttl must be a duration from 1s to " + format_duration(kMaxLifetime) + ", such as 24h, not '" +
           printable(texts.ttl.substr(0, 64)) + "'");
  }
  arguments.lifetime = std::chrono::floor<std::chrono::seconds>(*lifetime);
  if (arguments.tenant && !auth::is_tenant_name(*arguments.tenant)) {
    refuse("--tenant must be 1 to 256 characters, none of them a control character");
  }
  if (!arguments.tenant && !arguments.scopes.has(auth::Scope::admin)) {
    refuse("--tenant must be given, as the scopes do not include admin");
  }
}

}  // namespace

void add_token(CLI::App& app, Tool& chosen) {
  const auto texts = std::make_shared<TokenTexts>();
  TokenArguments& arguments = texts->arguments;
  CLI::App* command = add_command(app, "token", "issue a token for a server that asks for one", kHelp);
  command->add_option("--config", arguments.config, "the server's YAML file")->type_name("FILE");
  command->add_option("--tenant", arguments.tenant, "whose data it opens (none, for admin only)");
  command->add_option("--scopes", texts->scopes, "what for: some of read,write,admin (read,write)")
      ->type_name("SCOPES");
  command->add_option("--ttl", texts->ttl, "how long it is good (24h)")->type_name("DURATION");
  command->add_option("--kid", arguments.key_id, "the key of auth.keys that signs it")->type_name("KID");
  command->add_option("--private-key", arguments.private_key, "PEM file to sign with, for RS256, ES256 and EdDSA")
      ->type_name("FILE");
  command->callback([texts, &chosen] {
    resolve(*texts);
    chosen = [texts](std::stop_token) { return issue_token(texts->arguments); };
  });
}

}  // namespace luminate::server::tools
