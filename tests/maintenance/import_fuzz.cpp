// Whatever the bytes are, as JSON lines and as CSV: each line is a point or is told as bad, the same whether lines are
// written together or one by one; and what was imported comes back from an export.
#include <luminate/maintenance.hpp>

#include <cstdlib>
#include <set>
#include <string>
#include <string_view>

#include "support/text_pieces.hpp"

namespace {

using luminate::PointFormat;
using luminate::Store;
using luminate::test::exported;
using luminate::test::source_of;

constexpr std::int64_t kNow = 1'760'000'000'000;

void require(bool condition) {
  if (!condition) std::abort();
}

struct Outcome {
  Store store = Store::open("memory:", luminate::import_options());
  luminate::ImportReport report{};
  std::multiset<std::uint64_t> bad{};
  bool refused = false;  ///< The header was none.
};

Outcome import(const std::string& text, PointFormat format, std::size_t batch_points, std::size_t piece) {
  Outcome outcome;
  luminate::ImportRequest request{.format = format, .max_errors = SIZE_MAX, .batch_points = batch_points};
  request.clock = [] { return kNow; };
  request.on_error = [&](std::uint64_t line, std::string_view why) {
    outcome.bad.insert(line);
    require(!why.empty() && why.find('\n') == std::string_view::npos);
  };
  try {
    outcome.report = luminate::import_points(outcome.store, request, source_of(text, piece));
    require(outcome.report.imported + outcome.report.bad == outcome.report.lines);
    require(outcome.report.bytes == text.size());
  } catch (const luminate::Error& error) {
    require(error.code() == luminate::ErrorCode::invalid_request && format == PointFormat::csv);
    outcome.refused = true;
  }
  return outcome;
}

std::string all_of(const Store& store, PointFormat format) {
  return exported(store, {.format = format, .all_tenants = true});
}

void try_format(const std::string& text, PointFormat format) {
  const Outcome together = import(text, format, 1000, 100'000);
  const Outcome alone = import(text, format, 1, 7);
  require(together.refused == alone.refused);
  require(together.bad == alone.bad);
  const std::string content = all_of(together.store, PointFormat::json_lines);
  require(all_of(alone.store, PointFormat::json_lines) == content);
  for (const PointFormat through : {PointFormat::json_lines, PointFormat::csv}) {
    const Outcome again = import(all_of(together.store, through), through, 10, 1000);
    require(!again.refused && again.bad.empty());
    require(all_of(again.store, PointFormat::json_lines) == content);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  try_format(text, PointFormat::json_lines);
  try_format(text, PointFormat::csv);
  return 0;
}
