#pragma once

#include <prometheus/metric_family.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Metrics whose values are found when somebody asks, in the form that prometheus-cpp writes.
namespace luminate::server::metrics {

using Families = std::vector<prometheus::MetricFamily>;
using Labels = std::vector<prometheus::ClientMetric::Label>;

inline prometheus::MetricFamily family(prometheus::MetricType type, std::string_view name, std::string_view help) {
  prometheus::MetricFamily made;
  made.name = name;
  made.help = help;
  made.type = type;
  return made;
}

inline void add_value(prometheus::MetricFamily& family, double value, Labels labels = {}) {
  prometheus::ClientMetric metric;
  metric.label = std::move(labels);
  (family.type == prometheus::MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
  family.metric.push_back(std::move(metric));
}

inline void add_gauge(Families& families, std::string_view name, std::string_view help, double value,
                      Labels labels = {}) {
  families.push_back(family(prometheus::MetricType::Gauge, name, help));
  add_value(families.back(), value, std::move(labels));
}

inline void add_counter(Families& families, std::string_view name, std::string_view help, double value) {
  families.push_back(family(prometheus::MetricType::Counter, name, help));
  add_value(families.back(), value);
}

}  // namespace luminate::server::metrics
