#include "host_metrics/report.hpp"

#include <algorithm>
#include <iomanip>
#include <map>
#include <nlohmann/json.hpp>
#include <ostream>

namespace host_metrics {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kTopProcesses = 5;

/// One question after another about the same host and time.
class Report {
 public:
  Report(Sink& sink, std::string host, luminate::TimeRange range, std::ostream& out)
      : sink_(sink), host_(std::move(host)), range_(range), out_(out) {
    out_ << std::fixed << std::setprecision(1);
  }

  /// Average, 95th percentile and maximum of each group, the highest average first.
  void gauges(const std::string& title, const std::string& metric, const std::vector<std::string>& group_by,
              std::size_t limit) {
    Json query = about("aggregate", metric);
    query["aggregations"] = {"avg", "p95", "max"};
    query["groupBy"] = group_by;
    query["limit"] = limit;
    heading(title, {"avg", "p95", "max"});
    for (const Json& row : ask(query)) {
      const Json& values = row.at("values");
      line(label(row, group_by), {values.at("avg"), values.at("p95"), values.at("max")});
    }
  }

  /// Mean and highest per-second rate of each group of counters, the highest mean first.
  void rates(const std::string& title, const std::string& metric, const std::vector<std::string>& group_by,
             double unit) {
    struct Rate {
      double sum = 0;
      double peak = 0;
    };
    Json query = about("rate", metric);
    query["groupBy"] = group_by;
    query["interval"] = "1s";
    std::map<std::string, Rate> rates;
    for (const Json& row : ask(query)) {
      Rate& rate = rates[label(row, group_by)];
      const double value = row.at("rate").get<double>() / unit;
      rate.sum += value;
      rate.peak = std::max(rate.peak, value);
    }
    // The first sample of a counter has nothing to be compared with, so n seconds hold n - 1 increases.
    const double seconds = std::max(1.0, static_cast<double>(range_.end_ms - 1 - range_.start_ms) / 1000);
    std::vector<std::pair<std::string, Rate>> sorted(rates.begin(), rates.end());
    std::ranges::stable_sort(sorted, std::greater<>(), [](const auto& entry) { return entry.second.sum; });
    heading(title, {"mean", "peak"});
    for (const auto& [name, rate] : sorted) line(name, {rate.sum / seconds, rate.peak});
  }

 private:
  Json about(const std::string& type, const std::string& metric) const {
    return {{"queryType", type},
            {"metricName", metric},
            {"timeRange", {{"start", range_.start_ms}, {"end", range_.end_ms}}},
            {"filters", {{"host", host_}}}};
  }

  Json ask(const Json& query) { return Json::parse(sink_.query(query.dump())).at("results"); }

  static std::string label(const Json& row, const std::vector<std::string>& group_by) {
    std::string text;
    for (const std::string& key : group_by) {
      if (!text.empty()) text += ' ';
      text += row.at("groupKey").at(key).get_ref<const std::string&>();
    }
    return text;
  }

  void heading(const std::string& title, const std::vector<std::string>& columns) {
    out_ << '\n' << std::left << std::setw(kNameWidth) << title << std::right;
    for (const std::string& column : columns) out_ << std::setw(kNumberWidth) << column;
    out_ << '\n';
  }

  void line(const std::string& name, const std::vector<double>& numbers) {
    out_ << "  " << std::left << std::setw(kNameWidth - 2) << name << std::right;
    for (const double number : numbers) out_ << std::setw(kNumberWidth) << number;
    out_ << '\n';
  }

  static constexpr int kNameWidth = 28;
  static constexpr int kNumberWidth = 10;

  Sink& sink_;
  std::string host_;
  luminate::TimeRange range_;
  std::ostream& out_;
};

}  // namespace

std::string to_write_json(const std::vector<luminate::Point>& points) {
  Json metrics = Json::array();
  for (const luminate::Point& point : points) {
    metrics.push_back({{"name", point.name},
                       {"timestamp", point.timestamp_ms},
                       {"value", point.value},
                       {"dimensions", point.dimensions}});
  }
  return Json{{"metrics", std::move(metrics)}}.dump();
}

void print_report(Sink& sink, const std::string& host, luminate::TimeRange range, std::ostream& out) {
  Report report(sink, host, range, out);
  report.gauges("CPU busy, %", "cpu_busy_percent", {"core"}, 1000);
  report.rates("CPU time, s per s", "cpu_seconds_total", {"mode"}, 1);
  report.gauges("Memory used, %", "memory_used_percent", {"host"}, 1);
  report.gauges("Disk busy, %", "disk_busy_percent", {"device"}, 1000);
  report.rates("Disk writes, KiB/s", "disk_written_bytes_total", {"device"}, 1024);
  report.rates("Network, KiB/s", "net_bytes_total", {"interface", "direction"}, 1024);
  report.gauges("Load average", "load_average", {"minutes"}, 3);
  report.gauges("Processes by CPU, %", "process_cpu_percent", {"comm", "pid"}, kTopProcesses);
}

}  // namespace host_metrics
