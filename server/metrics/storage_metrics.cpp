#include "server/metrics/storage_metrics.hpp"

#include <string>

#include "server/metrics/tenant_counters.hpp"

namespace luminate::server::metrics {
namespace {

using prometheus::MetricType;

void add_statistics(Families& families, const StoreStatistics& statistics) {
  const auto gauge = [&](std::string_view name, std::string_view help, std::uint64_t value) {
    add_gauge(families, name, help, static_cast<double>(value));
  };
  const auto counter = [&](std::string_view name, std::string_view help, std::uint64_t value) {
    add_counter(families, name, help, static_cast<double>(value));
  };
  gauge("luminate_storage_size_bytes", "Size of the database; of a file, without its write-ahead log",
        statistics.file_bytes);
  gauge("luminate_storage_free_bytes", "Of the size, what holds nothing now and is used again", statistics.free_bytes);
  gauge("luminate_storage_log_bytes", "Size of the write-ahead log beside the file", statistics.log_bytes);
  gauge("luminate_storage_metrics", "Metrics of all tenants", statistics.metrics);
  gauge("luminate_storage_series", "Series of all tenants", statistics.series);
  gauge("luminate_storage_samples", "Samples as stored: what was overwritten counts until it is merged",
        statistics.samples);
  gauge("luminate_storage_segments", "Segments that samples are stored in; 0 where a backend has none",
        statistics.segments);
  counter("luminate_storage_ingested_bytes_total", "Of segments that writes made", statistics.ingested_bytes);
  gauge("luminate_compaction_waiting_segments", "Segments that writes made and no merge has taken yet",
        statistics.waiting_segments);
  counter("luminate_compaction_merges_total", "Merges of segments that were committed", statistics.compactions);
  counter("luminate_compaction_written_bytes_total", "Of segments that merges, deletions and retention made",
          statistics.compacted_bytes);
}

void add_tenants(Families& families, const StorageFigures& figures, std::size_t max_tenants) {
  auto series = family(MetricType::Gauge, "luminate_tenant_series", "Series of a tenant; those of the heaviest apart");
  auto metrics =
      family(MetricType::Gauge, "luminate_tenant_metrics", "Metrics of a tenant; those of the heaviest apart");
  double other_series = static_cast<double>(figures.statistics.series);
  double other_metrics = static_cast<double>(figures.statistics.metrics);
  std::size_t named = 0;
  for (const TenantSeries& tenant : figures.tenants) {
    if (tenant.tenant == kOtherTenants) continue;
    if (!tenant.tenant.empty() && named++ >= max_tenants) continue;
    add_value(series, static_cast<double>(tenant.series), {{"tenant", tenant.tenant}});
    add_value(metrics, static_cast<double>(tenant.metrics), {{"tenant", tenant.tenant}});
    other_series -= static_cast<double>(tenant.series);
    other_metrics -= static_cast<double>(tenant.metrics);
  }
  // The two were not counted in one moment.
  add_value(series, std::max(other_series, 0.0), {{"tenant", std::string(kOtherTenants)}});
  add_value(metrics, std::max(other_metrics, 0.0), {{"tenant", std::string(kOtherTenants)}});
  families.push_back(std::move(series));
  families.push_back(std::move(metrics));
}

}  // namespace

Families storage_metrics(const StorageProbe::Answer& answer, std::size_t max_tenants) {
  Families families;
  add_gauge(families, "luminate_storage_up",
            "1 while the storage answers; without an answer there are no figures of it", answer.is_up ? 1 : 0);
  if (!answer.figures) return families;
  add_statistics(families, answer.figures->statistics);
  add_tenants(families, *answer.figures, max_tenants);
  if (const auto& disk = answer.figures->disk) {
    add_gauge(families, "luminate_storage_disk_size_bytes", "Size of the file system that the store's file is on",
              static_cast<double>(disk->size_bytes));
    add_gauge(families, "luminate_storage_disk_available_bytes", "Of that, what the server may still use",
              static_cast<double>(disk->available_bytes));
  }
  return families;
}

Families limit_metrics(const CardinalityLimits& limits) {
  Families families;
  add_gauge(families, "luminate_limit_series_per_metric", "Series that a metric of a tenant may have",
            static_cast<double>(limits.max_series_per_metric));
  add_gauge(families, "luminate_limit_metrics_per_tenant", "Metrics that a tenant may have",
            static_cast<double>(limits.max_metrics));
  return families;
}

}  // namespace luminate::server::metrics
