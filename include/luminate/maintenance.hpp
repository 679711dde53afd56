#pragma once

#include <luminate/progress.hpp>
#include <luminate/store.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// What keeps a store's data: checking its file, backing it up and restoring it, taking points out and in. The
// subcommands of luminate-server are these functions; docs/tools.md shows them.
namespace luminate {

/// One thing that a check found.
struct CheckFinding {
  enum class Severity : std::int32_t {
    warning = 1,  ///< Untidy; every answer is right.
    damage = 2,   ///< Some answer is wrong, incomplete or an error.
  };
  Severity severity = Severity::damage;
  std::optional<std::int64_t> segment{};  ///< The id of the segment it is about.
  std::string metric{};                   ///< The name of the metric it is about, where known.
  std::string tenant{};                   ///< Whose metric that is.
  std::string what{};                     ///< In one line: where, and what is wrong.
  std::string consequence{};              ///< In one line: what a user notices, and what to do.
};

/// What a check counted and found.
struct CheckReport {
  std::uint64_t bytes = 0;  ///< Of the database file.
  std::uint64_t metrics = 0;
  std::uint64_t words = 0;
  std::uint64_t series = 0;
  std::uint64_t segments = 0;
  std::uint64_t samples = 0;  ///< In segments; what was written twice counts twice until it is merged.
  std::uint64_t damages = 0;  ///< Found, whether listed or not.
  std::uint64_t warnings = 0;
  std::vector<CheckFinding> findings{};

  bool sound() const noexcept { return damages == 0; }
};

struct CheckOptions {
  std::size_t max_findings = 1'000;  ///< More are counted, not listed.
  Watch watch{};                     ///< Progress in bytes.
};

/// Reads all of a store's file and compares each part with what the others say of it: SQLite's own structures, the
/// catalog (every word, metric and series), and every segment: checksum, counts, order, and the times and series that
/// its row names. Goes on after damage and tells each once. Sees one moment; others may be writing the file meanwhile.
/// Memory: a few dozen bytes a series, and one segment.
///
///     const luminate::CheckReport report = luminate::check_file("metrics.db");
///     for (const auto& finding : report.findings) std::cout << finding.what << ": " << finding.consequence << '\n';
///
/// @throws Error storage_unavailable, storage_version when it is no store or a newer one's, storage_corrupt when not
/// even its first page can be read, cancelled.
CheckReport check_file(const std::string& path, const CheckOptions& options = {});

/// The report as one JSON object.
std::string to_json(const CheckReport& report);

/// Copies a store's file into a new one that can be opened as a store, while this or another process writes it. The
/// copy is of one moment and holds every write that was answered before. It is written under a name beside `to`,
/// synced, checked and only then renamed; whatever fails leaves nothing behind.
/// @throws Error invalid_request when `to` exists (see BackupOptions::overwrite), storage_locked when `to` is a store
/// that somebody writes, storage_corrupt when the copy does not pass its check, storage_unavailable, cancelled.
void backup_file(const std::string& from, const std::string& to, const BackupOptions& options = {});

/// Makes a store of a backup: checks the backup, copies it beside `to`, syncs, renames. Never replaces a store.
/// @throws Error as backup_file().
void restore_file(const std::string& backup, const std::string& to, const Watch& watch = {});

/// How points travel as text; docs/tools.md describes both. Either gives back every point, bit for bit.
enum class PointFormat : std::int32_t {
  json_lines = 1,  ///< A JSON object a line, as POST /api/v1/write takes them.
  csv = 2,         ///< RFC 4180, a line each; the first names the columns: name,timestamp,value,<dimension keys>.
};

/// What to export.
struct ExportRequest {
  PointFormat format = PointFormat::json_lines;
  std::vector<std::string> metrics{};  ///< Empty: all.
  TimeRange time_range = Scan{}.time_range;
  std::vector<Filter> filters{};
  bool all_tenants = false;  ///< Those of every tenant, each point naming its own. Only from a store without a tenant.
  Watch watch{};             ///< Progress in points; the total is not known.
};

struct ExportReport {
  std::uint64_t metrics = 0;
  std::uint64_t points = 0;
  std::uint64_t bytes = 0;
};

/// Takes pieces of text in order; what it throws ends the export.
using TextSink = std::function<void(std::string_view)>;

/// Writes points as text, metric by metric, each as of one moment, in bounded memory.
/// @throws Error invalid_query for a bad filter, invalid_request, cancelled.
ExportReport export_points(const Store& store, const ExportRequest& request, const TextSink& sink);

/// The same into a file, which gets its name when it is whole.
/// @throws Error invalid_request when `to` exists and is not to be replaced, storage_unavailable.
ExportReport export_points(const Store& store, const ExportRequest& request, const std::string& to, bool overwrite);

/// How to import.
struct ImportRequest {
  PointFormat format = PointFormat::json_lines;
  std::size_t max_errors = 100;       ///< Bad lines that are passed over; one more ends the import.
  std::size_t batch_points = 10'000;  ///< Of one write; at most the store's WriteLimits::max_batch_size.
  /// The time of points that name none, in Unix milliseconds. Empty: the system clock.
  std::function<std::int64_t()> clock{};
  /// Told of each bad line: its number, from 1, and what is wrong with it.
  std::function<void(std::uint64_t line, std::string_view why)> on_error{};
  Watch watch{};  ///< Progress in bytes read; the total is not known.
};

struct ImportReport {
  std::uint64_t lines = 0;     ///< Read, without the header of CSV and empty ones.
  std::uint64_t imported = 0;  ///< Points that are stored, durably.
  std::uint64_t bad = 0;       ///< Lines that are not.
  std::uint64_t bytes = 0;
  bool gave_up = false;  ///< There were more bad lines than max_errors; what came behind was not read.
};

/// Fills the span from the front and returns how many bytes it wrote; 0 at the end of the text.
using TextSource = std::function<std::size_t(std::span<char>)>;

/// A line may have so many bytes; longer ones are bad lines.
inline constexpr std::size_t kMaxImportLineBytes = std::size_t{1} << 20;

/// Writes the points of a text to a store, batch by batch, in bounded memory. Into a store without a tenant, points go
/// to the tenant that their line names; into one that is narrowed to a tenant only lines that name it or none.
/// Importing the same text again changes nothing, so an import that was stopped can simply be run again.
/// Open the store with import_options(), or old points are refused.
/// @throws Error cancelled, invalid_request for CSV whose header is wrong, and what Store::write throws. What was
/// imported before stays.
ImportReport import_points(Store& store, const ImportRequest& request, const TextSource& source);

/// Options that take timestamps of any age, and batches of ImportRequest::batch_points up to a million points.
Options import_options(Options options = {});

/// What to copy from one store into another.
struct CopyRequest {
  std::vector<std::string> metrics{};  ///< Empty: all.
  TimeRange time_range = Scan{}.time_range;
  std::vector<Filter> filters{};
  bool all_tenants = true;            ///< Of stores without a tenant; else from the one's tenant to the other's.
  bool retention = true;              ///< The tenants' retention policies too, unless only some metrics are copied.
  std::size_t batch_points = 50'000;  ///< Of one write; at most the target's WriteLimits::max_batch_size.
  /// A file that remembers how far the copy has come, so that one that was ended goes on there. It goes when the copy
  /// is complete. Empty: none is kept.
  std::string journal{};
  /// Tells in one line what this copy is of: both stores, without their secrets, and what is chosen. The journal of
  /// another copy is refused.
  std::string title{};
  /// Told of each point that the target refuses; the verdict's index means nothing.
  std::function<void(const std::string& tenant, const Verdict&)> on_refused{};
  Watch watch{};  ///< Progress in points of this call; the total is known roughly where all is copied, else not.
};

struct CopyReport {
  std::uint64_t tenants = 0;  ///< With those that an earlier call was done with.
  std::uint64_t metrics = 0;
  std::uint64_t points = 0;          ///< That are stored in the target, durably; with those of earlier calls.
  std::uint64_t refused = 0;         ///< With those of earlier calls; a few may count twice.
  std::uint64_t earlier_points = 0;  ///< Of `points`, what earlier calls copied, as the journal has it.
  std::uint64_t policies = 0;        ///< Retention policies.
  bool resumed = false;              ///< The journal of an earlier call was there.
};

/// Copies points from one store into another, tenant by tenant, metric by metric and along time, each piece as of one
/// moment, in bounded memory, bit for bit. Both may be in use meanwhile; what is written to `from` after the copy began
/// may be missing. What `to` holds already stays, but where a copied point replaces one: so copying again adds what has
/// come since, and changes nothing else.
/// Open `to` with copy_options(), and `from` too, or limits meant for clients hold here.
/// @pre `from` and `to` are different stores. @throws Error invalid_query for a bad filter; invalid_request, also for
/// the journal of another copy, and where the journal says that points were copied that `to` does not have; cancelled.
/// What was copied before stays.
CopyReport copy_points(const Store& from, Store& to, const CopyRequest& request);

/// import_options() with no limit on series, metrics and dimensions but the largest there is, and time for slow
/// answers.
Options copy_options(Options options = {});

}  // namespace luminate
