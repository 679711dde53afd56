#include <luminate/maintenance.hpp>

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "maintenance/csv.hpp"
#include "maintenance/json_lines.hpp"
#include "maintenance/line_reader.hpp"
#include "model/text.hpp"

namespace luminate {
namespace {

using maintenance::CsvReader;
using maintenance::JsonLines;
using maintenance::LineReader;
using maintenance::PointColumns;
using maintenance::TenantField;

// What is collected before it is written, whatever its number of points: lines may be long.
constexpr std::size_t kCollectedBytes = std::size_t{8} << 20;

// Their buffers are kept from one write to the next.
constexpr std::size_t kTenantsKept = 8;

std::int64_t system_now_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

/// Points that wait to be written, tenant by tenant, so that a text may mix tenants without writing each line alone.
class Importer {
 public:
  Importer(Store& store, const ImportRequest& request, const TextSource& source)
      : store_(store),
        request_(request),
        lines_(source, request.watch),
        now_ms_(request.clock ? request.clock() : system_now_ms()) {}

  ImportReport run() {
    bool header = request_.format == PointFormat::csv;
    while (!report_.gave_up && lines_.next()) {
      if (lines_.text().empty() && !lines_.too_long()) continue;
      if (header) {
        read_header();
        header = false;
        continue;
      }
      ++report_.lines;
      if (lines_.too_long()) {
        bad(lines_.number(), "is longer than " + std::to_string(kMaxImportLineBytes) + " bytes");
      } else if (request_.format == PointFormat::csv) {
        take_csv();
      } else {
        take_json();
      }
      if (points_ >= request_.batch_points || bytes_ >= kCollectedBytes) write_all();
    }
    write_all();
    report_.bytes = lines_.bytes();
    return report_;
  }

 private:
  struct Waiting {
    explicit Waiting(Store given) : store(std::move(given)) {}
    Store store;
    JsonLines json;
    Batch batch;
    std::vector<std::uint64_t> numbers;  ///< The line of each point of the batch.
  };

  void read_header() {
    if (lines_.too_long()) throw Error(ErrorCode::invalid_request, "the first line is too long for a header of points");
    if (const auto why = csv_.read(lines_.text()); !why.empty()) {
      throw Error(ErrorCode::invalid_request, "the first line is no header of points: " + std::string(why));
    }
    columns_.read_header(csv_.fields());
  }

  void take_json() {
    line_ = lines_.text();
    if (const auto why = tenant_.take(line_); !why.empty()) return bad(lines_.number(), why);
    if (Waiting* waiting = waiting_for(tenant_.tenant())) {
      waiting->json.add(lines_.number(), line_);
      count(line_.size());
    }
  }

  void take_csv() {
    if (const auto why = csv_.read(lines_.text()); !why.empty()) return bad(lines_.number(), why);
    if (const auto why = columns_.read_row(csv_.fields(), now_ms_, row_); !why.empty()) {
      return bad(lines_.number(), why);
    }
    if (Waiting* waiting = waiting_for(row_.tenant)) {
      const auto series = waiting->batch.series_canonical(row_.name, row_.dimensions);
      waiting->batch.add(series, row_.timestamp_ms, row_.value);
      waiting->numbers.push_back(lines_.number());
      count(lines_.text().size());
    }
  }

  void count(std::size_t line_bytes) {
    ++points_;
    bytes_ += line_bytes;
  }

  /// Null, and the line is bad, when its tenant is none that this store takes.
  Waiting* waiting_for(std::string_view tenant) {
    if (!store_.tenant().empty()) {
      if (!tenant.empty() && tenant != store_.tenant()) {
        bad(lines_.number(), "names tenant " + model::quote(tenant) + ", and the import is for tenant " +
                                 model::quote(store_.tenant()) + " alone");
        return nullptr;
      }
      tenant = {};
    }
    if (const auto found = waiting_.find(tenant); found != waiting_.end()) return &found->second;
    try {
      Store own = tenant.empty() ? store_ : store_.tenant(tenant);
      return &waiting_.emplace(tenant, std::move(own)).first->second;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::invalid_option) throw;
      bad(lines_.number(), error.what());
      return nullptr;
    }
  }

  void write_all() {
    for (auto& [tenant, waiting] : waiting_) {
      if (request_.format == PointFormat::json_lines) {
        waiting.json.decode(now_ms_, waiting.batch, waiting.numbers,
                            [this](std::uint64_t number, std::string_view why) { bad(number, why); });
      }
      if (!waiting.batch.empty()) {
        const WriteReport written = waiting.store.write(waiting.batch);
        report_.imported += written.accepted;
        for (const Verdict& verdict : written.errors) bad(waiting.numbers[verdict.index], verdict.message);
      }
      waiting.batch.clear();
      waiting.numbers.clear();
    }
    if (waiting_.size() > kTenantsKept) waiting_.clear();
    points_ = 0;
    bytes_ = 0;
  }

  void bad(std::uint64_t number, std::string_view why) {
    ++report_.bad;
    report_.gave_up = report_.bad > request_.max_errors;
    if (request_.on_error) request_.on_error(number, why);
  }

  Store& store_;
  const ImportRequest& request_;
  LineReader lines_;
  const std::int64_t now_ms_;
  ImportReport report_;
  CsvReader csv_;
  PointColumns columns_;
  PointColumns::Row row_;
  TenantField tenant_;
  std::string line_;
  std::map<std::string, Waiting, std::less<>> waiting_;
  std::size_t points_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace

ImportReport import_points(Store& store, const ImportRequest& request, const TextSource& source) {
  return Importer(store, request, source).run();
}

Options import_options(Options options) {
  // As wide as time goes, which is 292 million years to either side of now.
  options.points.max_age = std::chrono::milliseconds::max();
  options.points.max_future = std::chrono::milliseconds::max();
  options.writes.max_batch_size = std::max<std::size_t>(options.writes.max_batch_size, 1'000'000);
  return options;
}

}  // namespace luminate
