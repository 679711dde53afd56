#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <memory>
#include <string_view>

#include "server/logging.hpp"
#include "server/tools/arguments.hpp"
#include "server/tools/report.hpp"
#include "server/tools/subcommands.hpp"
#include "server/tools/tools.hpp"

namespace luminate::server::tools {
namespace {

constexpr const char* kHelp = R"HELP(
FROM and TO are store URLs, or files: sqlite:metrics.db, metrics.db, postgresql://user@host/database. Everything is
copied bit for bit: the points of every tenant, whatever their age, and the retention policies. What TO holds already
stays, but where a copied point replaces one; so copying again adds what has come since, and changes nothing else.

Both stores may be in use: a server may go on writing FROM, and another may serve a PostgreSQL database that is copied
to. (A SQLite file that is copied to must have no other writer.) What is written to FROM after the copy began may be
missing: to move house, copy, stop writing to FROM, copy again from shortly before the first copy began (--start), and
write to TO from then on.

A copy that was stopped, or failed, goes on where it was when the same command is run again: a journal in the working
directory remembers how far it has come, and is removed when all is done. --restart begins anew.

Passwords: better in PGPASSFILE or PGPASSWORD than in a URL. Indexes and limits of TO are as its URL and --option say;
its limits on series, metrics and the age of points do not hold for a copy.

Examples:
  luminate-server copy luminate.db postgresql://luminate@db.example/metrics
  luminate-server copy postgresql://luminate@db.example/metrics backup.db --tenant acme
  luminate-server copy old.db new.db --metric api_latency --start 2026-01-01T00:00:00Z
  luminate-server copy luminate.db postgresql:///metrics --start "$(date -u -d '2 days ago' +%FT%TZ)"
)HELP";

/// What is told as text, until all of it is known.
struct CopyTexts {
  CopyArguments arguments;
  std::string start, end, filters;
  bool no_retention = false;
  std::vector<std::string> options;
};

/// A store may be written as its file, as the other subcommands take it.
std::string url_of(const std::string& text) {
  if (text.starts_with("memory:")) refuse("a memory: store lives in its server alone; there is nothing to copy");
  for (const std::string_view scheme : {"sqlite:", "postgresql://", "postgres://"}) {
    if (text.starts_with(scheme)) return text;
  }
  return "sqlite:" + text;
}

void select(std::string& selection, std::string_view name, const std::string& value) {
  if (!value.empty()) ((selection += " --") += name) += " " + safe(value);
}

void resolve(CopyTexts& texts) {
  CopyArguments& arguments = texts.arguments;
  CopyRequest& request = arguments.request;
  arguments.from = url_of(arguments.from);
  arguments.to = url_of(arguments.to);
  if (!texts.start.empty()) request.time_range.start_ms = instant("--start", texts.start);
  if (!texts.end.empty()) request.time_range.end_ms = instant("--end", texts.end);
  if (request.time_range.start_ms >= request.time_range.end_ms) refuse("--start must be before --end");
  if (!texts.filters.empty()) request.filters = filters(texts.filters);
  request.all_tenants = arguments.tenant.empty();
  request.retention = !texts.no_retention;
  for (const std::string& metric : request.metrics) select(arguments.selection, "metric", metric);
  select(arguments.selection, "start", texts.start);
  select(arguments.selection, "end", texts.end);
  select(arguments.selection, "filters", texts.filters);
  select(arguments.selection, "tenant", arguments.tenant);
  arguments.options = copy_options();
  set_options(arguments.options, texts.options);
}

}  // namespace

void add_copy(CLI::App& app, Tool& chosen) {
  const auto texts = std::make_shared<CopyTexts>();
  CopyArguments& arguments = texts->arguments;
  CLI::App* command = add_command(app, "copy", "copy a store into another, such as SQLite to PostgreSQL", kHelp);
  command->add_option("FROM", arguments.from, "the store to read")->required();
  command->add_option("TO", arguments.to, "the store to write, made if it is not there")->required();
  command->add_option("--tenant", arguments.tenant, "this tenant's points (those of all, and those without a tenant)");
  command->add_option("--metric", arguments.request.metrics, "this metric; may be given several times (all)")
      ->allow_extra_args(false);
  command->add_option("--start", texts->start, "from this time on")->type_name("TIME");
  command->add_option("--end", texts->end, "before this time")->type_name("TIME");
  command->add_option("--filters", texts->filters, "as in queries: {\"region\": \"eu\", \"host\": {\"not\": \"h1\"}}")
      ->type_name("JSON");
  command->add_flag("--no-retention", texts->no_retention,
                    "leave out the retention policies, which else are copied unless only some metrics are");
  command
      ->add_option("--journal", arguments.request.journal,
                   "the file that remembers how far the copy has come (luminate-copy-*.journal)")
      ->type_name("FILE");
  command->add_flag("--restart", arguments.restart, "begin anew, whatever the journal says");
  command
      ->add_option("--option", texts->options,
                   "KEY=VALUE for TO, an option of docs/configuration.md such as storage.durability=normal")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  add_progress(*command, arguments.progress);
  command->callback([texts, &chosen] {
    resolve(*texts);
    chosen = [texts](std::stop_token stop) { return copy_points(texts->arguments, std::move(stop)); };
  });
}

}  // namespace luminate::server::tools
