#include <cstdio>
#include <filesystem>
#include <stdexcept>
#include <system_error>

#include "server/command_line.hpp"
#include "server/tools/report.hpp"
#include "server/tools/tools.hpp"

namespace luminate::server::tools {
namespace {

void print(const std::string& text) {
  if (std::fputs(text.c_str(), stdout) < 0 || std::fflush(stdout) != 0) {
    throw std::runtime_error("cannot write to standard output");
  }
}

std::string describe(const std::string& file, const CheckReport& report) {
  std::string text;
  for (const CheckFinding& finding : report.findings) {
    text += finding.severity == CheckFinding::Severity::damage ? "damage: " : "warning: ";
    text += safe(finding.what) + "\n  " + safe(finding.consequence) + "\n";
  }
  const std::uint64_t listed = report.findings.size();
  if (const std::uint64_t found = report.damages + report.warnings; found > listed) {
    text += "and " + count_text(found - listed) + " more\n";
  }
  text += safe(file) + ": ";
  if (report.sound()) {
    text += report.warnings == 0 ? "sound" : "sound, with " + counted(report.warnings, "warning", "warnings");
  } else {
    text += "DAMAGED: " + counted(report.damages, "damage", "damages");
    if (report.warnings > 0) text += ", " + counted(report.warnings, "warning", "warnings");
  }
  text += "; " + bytes_text(report.bytes) + ", " + counted(report.metrics, "metric", "metrics") + ", " +
          counted(report.series, "series", "series") + ", " + counted(report.segments, "segment", "segments") + ", " +
          counted(report.samples, "sample", "samples") + "\n";
  return text;
}

std::string size_of(const std::string& file) {
  std::error_code error;
  const auto size = std::filesystem::file_size(file, error);
  return error ? "" : " (" + bytes_text(size) + ")";
}

}  // namespace

int check(const CheckArguments& arguments, std::stop_token stop) {
  CheckReport report;
  {
    ProgressLine line("checking", ProgressLine::Unit::bytes, arguments.progress);
    report = check_file(arguments.file, {.max_findings = arguments.max_findings,
                                         .watch = {.progress = [&](const Progress& progress) { line.show(progress); },
                                                   .stop = std::move(stop)}});
  }
  print(arguments.json ? to_json(report) + "\n" : describe(arguments.file, report));
  return report.sound() ? exit_code::kSuccess : exit_code::kFailure;
}

int backup(const BackupArguments& arguments, std::stop_token stop) {
  {
    ProgressLine line("backing up", ProgressLine::Unit::bytes, arguments.progress);
    backup_file(
        arguments.from, arguments.to,
        {.overwrite = arguments.force,
         .verify = arguments.verify,
         .watch = {.progress = [&](const Progress& progress) { line.show(progress); }, .stop = std::move(stop)}});
  }
  print(safe(arguments.to) + ": backup of " + safe(arguments.from) + size_of(arguments.to) +
        (arguments.verify ? ", checked\n" : ", not checked\n"));
  return exit_code::kSuccess;
}

int restore(const BackupArguments& arguments, std::stop_token stop) {
  {
    ProgressLine line("restoring", ProgressLine::Unit::bytes, arguments.progress);
    restore_file(arguments.from, arguments.to,
                 {.progress = [&](const Progress& progress) { line.show(progress); }, .stop = std::move(stop)});
  }
  print(safe(arguments.to) + ": restored from " + safe(arguments.from) + size_of(arguments.to) + ", checked\n");
  return exit_code::kSuccess;
}

}  // namespace luminate::server::tools
