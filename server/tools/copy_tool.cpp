#include <array>
#include <cstdio>
#include <filesystem>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

#include "server/command_line.hpp"
#include "server/config/config.hpp"
#include "server/config/secrets.hpp"
#include "server/tools/report.hpp"
#include "server/tools/tools.hpp"

namespace luminate::server::tools {
namespace {

// Points that are refused are told one by one up to here, and counted from here on.
constexpr std::uint64_t kToldRefusals = 20;

constexpr std::string_view kFileScheme = "sqlite:";

std::filesystem::path file_of(const std::string& url) {
  const std::string path = url.substr(kFileScheme.size());
  return path.substr(0, path.find('?'));
}

/// The store as people, and journals, call it: without password, and the same wherever one stands.
std::string name_of(const std::string& url) {
  if (url.starts_with(kFileScheme)) {
    std::error_code error;
    const auto path = std::filesystem::weakly_canonical(file_of(url), error);
    return safe("sqlite:" + (error ? file_of(url) : path).string());
  }
  std::string name = config::mask_secrets(url);
  if (const auto at = name.find(":***@"); at != std::string::npos) name.erase(at, 4);
  return safe(name);
}

void refuse_same(const std::string& from, const std::string& to) {
  bool same = name_of(from) == name_of(to);
  if (from.starts_with(kFileScheme) && to.starts_with(kFileScheme)) {
    std::error_code error;
    same = same || std::filesystem::equivalent(file_of(from), file_of(to), error);
  }
  if (same) throw std::runtime_error("FROM and TO are the same store, " + name_of(from));
}

/// Short, and another for every other copy: so that the same command in the same directory finds its own again.
std::string journal_name(std::string_view title) {
  std::uint32_t hash = 2'166'136'261;  // FNV-1a. A collision is found out: the journal holds the title.
  for (const char c : title) hash = (hash ^ static_cast<unsigned char>(c)) * 16'777'619;
  std::array<char, 16> digits{};
  std::snprintf(digits.data(), digits.size(), "%08x", hash);
  return std::string("luminate-copy-") + digits.data() + ".journal";
}

/// A database may be away when its store is opened; a copy waits for one only once it is under way.
void need(const Store& store, const std::string& url) {
  if (const Health health = store.health(); !health.healthy) {
    throw std::runtime_error(name_of(url) + " cannot be used: " + health.status);
  }
}

std::string describe(const CopyReport& report, double seconds) {
  std::string text = counted(report.points, "point", "points") + " of " + counted(report.metrics, "metric", "metrics") +
                     " of " + counted(report.tenants, "tenant", "tenants") + " copied";
  if (report.resumed) text += ", " + count_text(report.earlier_points) + " of them earlier";
  if (report.policies > 0) text += ", " + counted(report.policies, "retention policy", "retention policies");
  if (report.refused > 0) text += ", " + counted(report.refused, "point", "points") + " REFUSED";
  if (seconds >= 0.01) {
    const auto fresh = static_cast<double>(report.points - report.earlier_points);
    text += " (" + count_text(static_cast<std::uint64_t>(fresh / seconds)) + " points/s)";
  }
  return text;
}

}  // namespace

int copy_points(const CopyArguments& arguments, std::stop_token stop) {
  refuse_same(arguments.from, arguments.to);
  CopyRequest request = arguments.request;
  request.title = name_of(arguments.from) + " to " + name_of(arguments.to) + arguments.selection;
  if (request.journal.empty()) request.journal = journal_name(request.title);
  if (arguments.restart) std::filesystem::remove(request.journal);

  Options reading = copy_options();
  reading.read_only = true;
  const Store from = Store::open(arguments.from, reading);
  need(from, arguments.from);
  Store opened = Store::open(arguments.to, arguments.options);
  need(opened, arguments.to);
  const bool one_tenant = !arguments.tenant.empty();
  Store to = one_tenant ? opened.tenant(arguments.tenant) : opened;
  request.batch_points = std::min(request.batch_points, arguments.options.writes.max_batch_size);

  ProgressLine line("copying", ProgressLine::Unit::points, arguments.progress);
  std::uint64_t refused = 0;
  request.on_refused = [&](const std::string& tenant, const Verdict& verdict) {
    if (++refused > kToldRefusals) return;
    line.clear();
    std::fprintf(stderr, "refused%s: %s: %s\n", safe(tenant.empty() ? "" : ", tenant " + tenant).c_str(),
                 safe(verdict.metric).c_str(), safe(verdict.message).c_str());
    if (refused == kToldRefusals) std::fprintf(stderr, "more that are refused are only counted\n");
  };
  request.watch = {.progress = [&](const Progress& progress) { line.show(progress); }, .stop = std::move(stop)};
  try {
    const CopyReport report = luminate::copy_points(one_tenant ? from.tenant(arguments.tenant) : from, to, request);
    opened.close();
    const double seconds = line.seconds();
    line.clear();
    std::fprintf(stderr, "%s\n", describe(report, seconds).c_str());
    return report.refused == 0 ? exit_code::kSuccess : exit_code::kFailure;
  } catch (const Error& error) {
    line.clear();
    if (error.code() == ErrorCode::invalid_request || error.code() == ErrorCode::invalid_query) throw;
    throw std::runtime_error(std::string(error.what()) + "; run the same command again to go on where it was (" +
                             request.journal + ")");
  }
}

}  // namespace luminate::server::tools
