#include "server/tools/subcommands.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <memory>

#include "server/logging.hpp"
#include "server/tools/arguments.hpp"
#include "server/tools/tools.hpp"

namespace luminate::server::tools {
namespace {

/// FILE may be written as a store's URL too, as the configuration has it.
std::string store_path(const std::string& text) {
  constexpr std::string_view kScheme = "sqlite:";
  if (text.starts_with("memory:")) refuse("a memory: store lives in its server alone; export over HTTP instead");
  if (!text.starts_with(kScheme)) return text;
  const std::string path = text.substr(kScheme.size());
  return path.substr(0, path.find('?'));
}

PointFormat format_of(const std::string& given, const std::string& file) {
  if (given == "jsonl") return PointFormat::json_lines;
  if (given == "csv" || (given.empty() && file.ends_with(".csv"))) return PointFormat::csv;
  if (!given.empty()) refuse("--format must be jsonl or csv, not '" + printable(given) + "'");
  return PointFormat::json_lines;
}

void add_check(CLI::App& app, Tool& chosen) {
  const auto arguments = std::make_shared<CheckArguments>();
  CLI::App* command = add_command(app, "check", "read a whole store and say what is damaged", R"(
Reads every page, checksum, row and reference. Another process may be writing the file. Nothing is changed.

Examples:
  luminate-server check luminate.db
  luminate-server check luminate.db --json | jq '.findings[].what'
)");
  command->add_option("FILE", arguments->file, "the store's file")->required();
  command->add_flag("--json", arguments->json, "print the report as one JSON object");
  command->add_option("--max-findings", arguments->max_findings, "list no more than this many (1000)")
      ->check(CLI::NonNegativeNumber);
  add_progress(*command, arguments->progress);
  command->callback([arguments, &chosen] {
    arguments->file = store_path(arguments->file);
    chosen = [arguments](std::stop_token stop) { return check(*arguments, std::move(stop)); };
  });
}

void add_backup(CLI::App& app, Tool& chosen) {
  const auto arguments = std::make_shared<BackupArguments>();
  CLI::App* command = add_command(app, "backup", "copy a store while it is being written", R"(
The copy is of one moment, holds every write that was answered before, is checked, and gets its name last. It is a
store itself: it can be opened, queried and served.

Examples:
  luminate-server backup luminate.db /backups/luminate-$(date +%F).db
  luminate-server backup luminate.db /backups/latest.db --force
)");
  command->add_option("FILE", arguments->from, "the store's file")->required();
  command->add_option("TO", arguments->to, "the backup, a new file")->required();
  command->add_flag("--force", arguments->force, "replace TO if it is there");
  command->add_flag("!--no-verify", arguments->verify,
                    "do not check the copy: for a store that is known to be damaged");
  add_progress(*command, arguments->progress);
  command->callback([arguments, &chosen] {
    arguments->from = store_path(arguments->from);
    arguments->to = store_path(arguments->to);
    chosen = [arguments](std::stop_token stop) { return backup(*arguments, std::move(stop)); };
  });
}

void add_restore(CLI::App& app, Tool& chosen) {
  const auto arguments = std::make_shared<BackupArguments>();
  CLI::App* command = add_command(app, "restore", "make a store of a backup", R"(
Checks the backup and copies it. Never replaces a store: move the old one away first, with its -wal and -shm.

Example:
  luminate-server restore /backups/luminate-2026-01-31.db luminate.db
)");
  command->add_option("BACKUP", arguments->from, "what `backup` made")->required();
  command->add_option("TO", arguments->to, "the store's file, which must not be there")->required();
  add_progress(*command, arguments->progress);
  command->callback([arguments, &chosen] {
    arguments->from = store_path(arguments->from);
    arguments->to = store_path(arguments->to);
    chosen = [arguments](std::stop_token stop) { return restore(*arguments, std::move(stop)); };
  });
}

/// What `export` is told as text, until all of it is known.
struct ExportTexts {
  ExportArguments arguments;
  std::string format, start, end, last, filters;
};

void resolve(ExportTexts& texts) {
  ExportArguments& arguments = texts.arguments;
  arguments.store = store_path(arguments.store);
  arguments.request.format = format_of(texts.format, arguments.to);
  if (!texts.start.empty()) arguments.request.time_range.start_ms = instant("--start", texts.start);
  if (!texts.end.empty()) arguments.request.time_range.end_ms = instant("--end", texts.end);
  if (!texts.last.empty()) {
    arguments.last = parse_duration(texts.last);
    if (!arguments.last || arguments.last->count() == 0) {
      refuse("--last must be a duration such as 24h or 7d, not '" + printable(texts.last) + "'");
    }
  }
  if (!texts.filters.empty()) arguments.request.filters = filters(texts.filters);
}

void add_export(CLI::App& app, Tool& chosen) {
  const auto texts = std::make_shared<ExportTexts>();
  ExportArguments& arguments = texts->arguments;
  CLI::App* command = add_command(app, "export", "write points as JSON lines or CSV", R"(
One point a line, as POST /api/v1/write takes it, or a row. Every value comes back bit for bit with `import`. Another
process may be writing the store.

Examples:
  luminate-server export luminate.db > points.jsonl
  luminate-server export luminate.db points.csv --metric api_latency --last 24h
  luminate-server export luminate.db - --filters '{"region": "eu"}' --start 2026-01-01T00:00:00Z
  luminate-server export luminate.db all.jsonl --all-tenants
)");
  command->add_option("FILE", arguments.store, "the store's file")->required();
  command->add_option("TO", arguments.to, "a new file, or - for standard output, the default");
  command->add_option("--format", texts->format, "jsonl or csv (csv where TO ends in .csv)")->type_name("jsonl|csv");
  command->add_option("--metric", arguments.request.metrics, "this metric; may be given several times (all)")
      ->allow_extra_args(false);
  auto* start = command->add_option("--start", texts->start, "from this time on")->type_name("TIME");
  auto* end = command->add_option("--end", texts->end, "before this time")->type_name("TIME");
  command->add_option("--last", texts->last, "the last 24h, 7d, ...")
      ->type_name("DURATION")
      ->excludes(start)
      ->excludes(end);
  command->add_option("--filters", texts->filters, "as in queries: {\"region\": \"eu\", \"host\": {\"not\": \"h1\"}}")
      ->type_name("JSON");
  auto* tenant = command->add_option("--tenant", arguments.tenant, "this tenant's points (those without a tenant)");
  command->add_flag("--all-tenants", arguments.request.all_tenants, "everybody's points, each with its tenant")
      ->excludes(tenant);
  command->add_flag("--force", arguments.force, "replace TO if it is there");
  add_progress(*command, arguments.progress);
  command->callback([texts, &chosen] {
    resolve(*texts);
    chosen = [texts](const std::stop_token& stop) { return export_points(texts->arguments, stop); };
  });
}

/// What `import` is told as text, until all of it is known.
struct ImportTexts {
  ImportArguments arguments;
  std::string format;
  std::vector<std::string> options;
};

void resolve(ImportTexts& texts) {
  ImportArguments& arguments = texts.arguments;
  arguments.store = store_path(arguments.store);
  arguments.format = format_of(texts.format, arguments.from);
  arguments.options = import_options();
  set_options(arguments.options, texts.options);
}

void add_import(CLI::App& app, Tool& chosen) {
  const auto texts = std::make_shared<ImportTexts>();
  ImportArguments& arguments = texts->arguments;
  CLI::App* command = add_command(app, "import", "store points that were exported, or made elsewhere", R"(
Reads JSON lines or CSV (name,timestamp,value,<dimensions...>), whatever the age of the points. A bad line is told with
its number and passed over. Importing the same points again changes nothing. No other process may be writing the store;
to import into a running server, POST the points to /api/v1/write.

Examples:
  luminate-server import luminate.db points.jsonl
  luminate-server import luminate.db history.csv --max-errors 0
  luminate-server export old.db - --all-tenants | luminate-server import new.db
  luminate-server import luminate.db acme.csv --tenant acme
)");
  command->add_option("FILE", arguments.store, "the store's file, made if it is not there")->required();
  command->add_option("FROM", arguments.from, "a file, or - for standard input, the default");
  command->add_option("--format", texts->format, "jsonl or csv (csv where FROM ends in .csv)")->type_name("jsonl|csv");
  command->add_option("--tenant", arguments.tenant, "store all points as this tenant's (each as its line says)");
  command->add_option("--max-errors", arguments.max_errors, "give up when more lines than this are bad (100)")
      ->check(CLI::NonNegativeNumber);
  command
      ->add_option("--option", texts->options,
                   "KEY=VALUE, an option of docs/configuration.md such as "
                   "cardinality_limits.max_unique_series_per_metric=5000000")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  add_progress(*command, arguments.progress);
  command->callback([texts, &chosen] {
    resolve(*texts);
    chosen = [texts](std::stop_token stop) { return import_points(texts->arguments, std::move(stop)); };
  });
}

}  // namespace

void add_subcommands(CLI::App& app, Tool& chosen) {
  app.require_subcommand(0, 1);
  add_check(app, chosen);
  add_backup(app, chosen);
  add_restore(app, chosen);
  add_export(app, chosen);
  add_import(app, chosen);
  add_copy(app, chosen);
  add_token(app, chosen);
  add_health(app, chosen);
}

}  // namespace luminate::server::tools
