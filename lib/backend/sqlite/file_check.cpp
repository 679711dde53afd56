#include "sqlite/file_check.hpp"

#include <luminate/error.hpp>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <stop_token>
#include <system_error>
#include <utility>

#include "model/text.hpp"
#include "sqlite/canonical_path.hpp"
#include "sqlite/check_state.hpp"
#include "sqlite/schema.hpp"

namespace luminate::sqlite {
namespace {

constexpr std::size_t kMessageBytes = 1'000;

/// One statement walks every page and compares every index with its table. It cannot tell how far it is, but it ends
/// when it is interrupted.
void check_pages(CheckState& state) {
  const std::string consequence =
      "reads of what is stored there fail or miss rows; restore the file from a backup, or export what can be read";
  const std::stop_callback on_stop(state.options.watch.stop, [&state] { state.connection.interrupt(); });
  state.attempt("SQLite's own check of the file", consequence, [&] {
    state.call.check();  // What is asked for before a statement runs does not interrupt it.
    Statement rows = state.connection.prepare("PRAGMA integrity_check(1000)");
    while (rows.step()) {
      state.call.check();
      const std::string line = model::printable(rows.text(0), kMessageBytes);
      if (line != "ok") state.damage(0, "SQLite finds in the database file: " + line, consequence);
    }
  });
}

}  // namespace

void CheckState::damage(std::int64_t metric_id, std::string what, std::string consequence,
                        std::optional<std::int64_t> segment) {
  ++report.damages;
  add(CheckFinding::Severity::damage, metric_id, std::move(what), std::move(consequence), segment);
}

void CheckState::warn(std::int64_t metric_id, std::string what, std::string consequence) {
  ++report.warnings;
  add(CheckFinding::Severity::warning, metric_id, std::move(what), std::move(consequence), {});
}

void CheckState::add(CheckFinding::Severity severity, std::int64_t metric_id, std::string what, std::string consequence,
                     std::optional<std::int64_t> segment) {
  if (report.findings.size() >= options.max_findings) return;
  CheckFinding finding{
      .severity = severity, .segment = segment, .what = std::move(what), .consequence = std::move(consequence)};
  if (const auto metric = metrics.find(metric_id); metric != metrics.end()) {
    finding.metric = metric->second.name;
    finding.tenant = metric->second.tenant;
  }
  report.findings.push_back(std::move(finding));
}

bool CheckState::attempt(const std::string& what, const std::string& consequence, const std::function<void()>& part,
                         std::optional<std::int64_t> segment) {
  try {
    part();
    return true;
  } catch (const Error& error) {
    if (error.code() == ErrorCode::cancelled) throw;
    call.check();  // An interrupted statement fails for that reason.
    damage(0, what + " cannot be read to its end: " + error.what(), consequence, segment);
    return false;
  }
}

std::string CheckState::label(std::int64_t metric_id) const {
  const auto found = metrics.find(metric_id);
  if (found == metrics.end() || !found->second.named) return "metric " + std::to_string(metric_id);
  std::string text = "metric " + model::quote(found->second.name);
  if (!found->second.tenant.empty()) text += " of tenant " + model::quote(found->second.tenant);
  return text;
}

void CheckState::progress(std::uint64_t done_bytes) const {
  if (options.watch.progress) options.watch.progress({std::min(done_bytes, 2 * report.bytes), 2 * report.bytes});
}

std::unique_ptr<Connection> open_to_read(const std::string& path) {
  const auto open = [&](Connection::Mode mode) {
    auto connection = std::make_unique<Connection>(path, mode);
    prepare_for_reading(*connection, path);
    return connection;
  };
  try {
    return open(Connection::Mode::read_only);
  } catch (const Error& error) {
    std::error_code ignored;
    if (error.code() != ErrorCode::storage_unavailable || !std::filesystem::exists(path, ignored) ||
        std::filesystem::exists(path + "-wal", ignored)) {
      throw;
    }
  }
  return open(Connection::Mode::immutable);
}

CheckReport check_connection(Connection& connection, const CheckOptions& options) {
  const Transaction snapshot(connection, Transaction::Kind::read);
  CheckState state(connection, options);
  state.call.check();
  state.report.bytes = static_cast<std::uint64_t>(connection.query_integer("PRAGMA page_count") *
                                                  connection.query_integer("PRAGMA page_size"));
  state.progress(0);
  check_pages(state);
  state.progress(state.report.bytes);
  check_catalog(state);
  check_segments(state);
  state.progress(2 * state.report.bytes);
  return std::move(state.report);
}

}  // namespace luminate::sqlite
