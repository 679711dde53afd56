#include <luminate/maintenance.hpp>

#include "query/json.hpp"

namespace luminate {
namespace {

void append_finding(std::string& out, const CheckFinding& finding) {
  const auto text = [&](std::string_view name, std::string_view value) {
    out += ",\"" + std::string(name) + "\":";
    query::append_json_string(out, value);
  };
  out += "{\"severity\":";
  query::append_json_string(out, finding.severity == CheckFinding::Severity::damage ? "damage" : "warning");
  if (finding.segment) {
    out += ",\"segment\":";
    query::append_json_number(out, *finding.segment);
  }
  if (!finding.metric.empty()) text("metric", finding.metric);
  if (!finding.tenant.empty()) text("tenant", finding.tenant);
  text("what", finding.what);
  text("consequence", finding.consequence);
  out += '}';
}

}  // namespace

std::string to_json(const CheckReport& report) {
  std::string out = "{\"sound\":";
  out += report.sound() ? "true" : "false";
  const auto number = [&](std::string_view name, std::uint64_t value) {
    out += ",\"" + std::string(name) + "\":";
    query::append_json_number(out, value);
  };
  number("bytes", report.bytes);
  number("metrics", report.metrics);
  number("words", report.words);
  number("series", report.series);
  number("segments", report.segments);
  number("samples", report.samples);
  number("damages", report.damages);
  number("warnings", report.warnings);
  out += ",\"findings\":[";
  for (const CheckFinding& finding : report.findings) {
    if (&finding != &report.findings.front()) out += ',';
    append_finding(out, finding);
  }
  out += "]}";
  return out;
}

}  // namespace luminate
