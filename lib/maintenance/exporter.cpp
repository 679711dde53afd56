#include <luminate/maintenance.hpp>

#include <algorithm>
#include <limits>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "file/pending_file.hpp"
#include "maintenance/csv.hpp"
#include "maintenance/file_sink.hpp"
#include "maintenance/parts.hpp"
#include "model/text.hpp"
#include "query/json.hpp"
#include "query/matcher.hpp"

namespace luminate {
namespace {

using maintenance::append_csv_field;
using maintenance::Part;
using query::append_json_number;
using query::append_json_string;

constexpr std::size_t kPieceBytes = std::size_t{1} << 18;
constexpr std::size_t kAll = std::numeric_limits<std::size_t>::max();

/// Puts points into words.
class Format {
 public:
  virtual ~Format() = default;
  virtual void begin(std::string&) {}
  virtual void append(std::string& out, const std::string& tenant, const std::string& metric,
                      const SeriesSamples& samples, std::size_t first, std::size_t last) = 0;
};

class JsonLinesFormat final : public Format {
 public:
  void append(std::string& out, const std::string& tenant, const std::string& metric, const SeriesSamples& samples,
              std::size_t first, std::size_t last) override {
    head_ = '{';
    if (!tenant.empty()) {
      head_ += "\"tenant\":";
      append_json_string(head_, tenant);
      head_ += ',';
    }
    head_ += "\"name\":";
    append_json_string(head_, metric);
    head_ += ",\"timestamp\":";
    tail_ = ",\"dimensions\":{";
    for (const auto& [key, value] : samples.dimensions) {
      if (!tail_.ends_with('{')) tail_ += ',';
      append_json_string(tail_, key);
      tail_ += ':';
      append_json_string(tail_, value);
    }
    tail_ += "}}\n";
    for (std::size_t i = first; i < last; ++i) {
      out += head_;
      append_json_number(out, samples.timestamps[i]);
      out += ",\"value\":";
      append_json_number(out, samples.values[i]);
      out += tail_;
    }
  }

 private:
  std::string head_;
  std::string tail_;
};

class CsvFormat final : public Format {
 public:
  CsvFormat(const std::set<std::string>& keys, bool with_tenant)
      : keys_(keys.begin(), keys.end()), with_tenant_(with_tenant) {}

  void begin(std::string& out) override {
    out += "name,timestamp,value";
    if (with_tenant_) (out += ',') += kTenantDimension;
    for (const std::string& key : keys_) (out += ',') += key;
    out += '\n';
  }

  void append(std::string& out, const std::string& tenant, const std::string& metric, const SeriesSamples& samples,
              std::size_t first, std::size_t last) override {
    tail_.clear();
    if (with_tenant_) append_csv_field(tail_ += ',', tenant);
    std::size_t shown = 0;
    for (const std::string& key : keys_) {
      tail_ += ',';
      const auto value = samples.dimensions.find(key);
      if (value == samples.dimensions.end()) continue;
      append_csv_field(tail_, value->second);
      ++shown;
    }
    if (shown != samples.dimensions.size()) {
      throw Error(ErrorCode::storage_unavailable,
                  "metric " + model::quote(metric) + " got a new dimension during the export; export again");
    }
    tail_ += '\n';
    for (std::size_t i = first; i < last; ++i) {
      (out += metric) += ',';
      append_json_number(out, samples.timestamps[i]);
      out += ',';
      append_json_number(out, samples.values[i]);
      out += tail_;
    }
  }

 private:
  const std::vector<std::string> keys_;
  const bool with_tenant_;
  std::string tail_;
};

std::set<std::string> keys_of(const std::vector<Part>& parts) {
  std::set<std::string> keys;
  for (const Part& part : parts) {
    for (const std::string& metric : part.metrics) {
      for (std::string& key : part.store.dimension_keys(metric, {.limit = kAll})) keys.insert(std::move(key));
    }
  }
  return keys;
}

class Exporter {
 public:
  Exporter(const ExportRequest& request, const TextSink& sink) : request_(request), sink_(sink) {}

  ExportReport run(const Store& store) {
    (void)query::compile(request_.filters);  // Wrong filters are wrong even where nothing is there to be filtered.
    const std::vector<Part> parts = maintenance::parts_of(store, request_.all_tenants, request_.metrics, "export");
    std::unique_ptr<Format> format;
    if (request_.format == PointFormat::csv) {
      format = std::make_unique<CsvFormat>(keys_of(parts), request_.all_tenants);
    } else {
      format = std::make_unique<JsonLinesFormat>();
    }
    format->begin(text_);
    for (const Part& part : parts) {
      for (const std::string& metric : part.metrics) {
        const std::string tenant = request_.all_tenants ? part.store.tenant() : "";
        part.store.scan(
            {.metric = metric, .time_range = request_.time_range, .filters = request_.filters},
            [&](const SeriesSamples& samples) { write(*format, tenant, metric, samples); }, request_.watch.stop);
        ++report_.metrics;
      }
    }
    flush();
    return report_;
  }

 private:
  void write(Format& format, const std::string& tenant, const std::string& metric, const SeriesSamples& samples) {
    constexpr std::size_t kAtOnce = 512;  // A long series must not make a long text.
    const std::size_t count = samples.timestamps.size();
    for (std::size_t first = 0; first < count; first += kAtOnce) {
      const std::size_t last = std::min(first + kAtOnce, count);
      format.append(text_, tenant, metric, samples, first, last);
      report_.points += last - first;
      if (text_.size() >= kPieceBytes) flush();
    }
  }

  void flush() {
    if (request_.watch.stop.stop_requested()) throw Error(ErrorCode::cancelled, "the export was stopped");
    sink_(text_);
    report_.bytes += text_.size();
    text_.clear();
    if (request_.watch.progress) request_.watch.progress({report_.points, 0});
  }

  const ExportRequest& request_;
  const TextSink& sink_;
  ExportReport report_;
  std::string text_;
};

}  // namespace

ExportReport export_points(const Store& store, const ExportRequest& request, const TextSink& sink) {
  return Exporter(request, sink).run(store);
}

ExportReport export_points(const Store& store, const ExportRequest& request, const std::string& to, bool overwrite) {
  file::PendingFile target(to, overwrite ? file::PendingFile::Existing::replace : file::PendingFile::Existing::refuse);
  ExportReport report;
  {
    const maintenance::FileSink sink(target.path());
    report = export_points(store, request, [&](std::string_view text) { sink.write(text); });
  }
  target.commit();
  return report;
}

}  // namespace luminate
