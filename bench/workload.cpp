#include "workload.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace luminate::bench {
namespace {

constexpr std::array<std::string_view, 4> kRegions = {"eu-west", "eu-central", "us-east", "ap-south"};
constexpr std::array<std::string_view, 3> kMethods = {"GET", "POST", "PUT"};
constexpr std::uint32_t kHosts = 50;

/// What stands around the parts of a sample in one format.
struct Frame {
  std::string_view before_timestamp, before_value, before_customer, before_endpoint, before_region, before_method,
      before_host, end;
  bool dimensions_first = false;
};

constexpr Frame kJson = {
    .before_timestamp = R"({"name":"api_latency","timestamp":)",
    .before_value = R"(,"value":)",
    .before_customer = R"(,"dimensions":{"customer_id":"cust_)",
    .before_endpoint = R"(","endpoint":"/api/v1/resource_)",
    .before_region = R"(","region":")",
    .before_method = R"(","method":")",
    .before_host = R"(","host":"host-)",
    .end = R"("}})",
};
constexpr Frame kInflux = {
    .before_timestamp = " ",
    .before_value = " value=",
    .before_customer = "api_latency,customer_id=cust_",
    .before_endpoint = ",endpoint=/api/v1/resource_",
    .before_region = ",region=",
    .before_method = ",method=",
    .before_host = ",host=host-",
    .end = "",
    .dimensions_first = true,
};
constexpr Frame kTsv = {
    .before_timestamp = "",
    .before_value = "\t",
    .before_customer = "\tcust_",
    .before_endpoint = "\t/api/v1/resource_",
    .before_region = "\t",
    .before_method = "\t",
    .before_host = "\thost-",
    .end = "\n",
};
constexpr Frame kCsv = {
    .before_timestamp = "",
    .before_value = ",",
    .before_customer = ",cust_",
    .before_endpoint = ",/api/v1/resource_",
    .before_region = ",",
    .before_method = ",",
    .before_host = ",host-",
    .end = "\n",
};

const Frame& frame_of(Format format) {
  switch (format) {
    case Format::json:
      return kJson;
    case Format::influx:
      return kInflux;
    case Format::tsv:
      return kTsv;
    case Format::csv:
      break;
  }
  return kCsv;
}

template <class Number>
void append_number(std::string& out, Number number) {
  std::array<char, 32> text{};
  out.append(text.data(), std::to_chars(text.data(), text.data() + text.size(), number).ptr);
}

void append_dimensions(std::string& out, const Frame& frame, std::uint32_t series, std::uint32_t endpoints) {
  const std::uint32_t customer = series / endpoints;
  append_number(out += frame.before_customer, customer);
  append_number(out += frame.before_endpoint, series % endpoints);
  (out += frame.before_region) += kRegions[customer % kRegions.size()];
  (out += frame.before_method) += kMethods[series % kMethods.size()];
  append_number(out += frame.before_host, customer % kHosts);
}

WorkloadShape scaled(WorkloadShape shape, double scale) {
  shape.customers = std::max(1U, static_cast<std::uint32_t>(std::lround(shape.customers * scale)));
  return shape;
}

}  // namespace

std::optional<Format> parse_format(std::string_view name) {
  if (name == "json") return Format::json;
  if (name == "influx") return Format::influx;
  if (name == "tsv") return Format::tsv;
  if (name == "csv") return Format::csv;
  return std::nullopt;
}

WorkloadShape w1(double scale) {
  return scaled({}, scale);
}

WorkloadShape w2(double scale) {
  return scaled({.customers = 100'000, .samples_per_series = 10}, scale);
}

std::optional<WorkloadShape> named_workload(std::string_view name, double scale) {
  if (name == "w1") return w1(scale);
  if (name == "w2") return w2(scale);
  return std::nullopt;
}

std::map<std::string, std::string, std::less<>> dimensions_of(const WorkloadShape& shape, std::uint32_t index) {
  const std::uint32_t customer = index / shape.endpoints;
  return {{"customer_id", "cust_" + std::to_string(customer)},
          {"endpoint", "/api/v1/resource_" + std::to_string(index % shape.endpoints)},
          {"region", std::string(kRegions[customer % kRegions.size()])},
          {"method", std::string(kMethods[index % kMethods.size()])},
          {"host", "host-" + std::to_string(customer % kHosts)}};
}

Workload::Workload(WorkloadShape shape) : shape_(shape), timestamp_ms_(shape.start_ms) {}

Workload::Sample Workload::next() {
  const Sample sample{series_, timestamp_ms_, std::round(latency_(random_) * 10) / 10};
  ++produced_;
  if (++series_ == shape_.series()) {
    series_ = 0;
    timestamp_ms_ += shape_.step_ms;
  }
  return sample;
}

std::string Workload::body(Format format, std::size_t points) {
  const Frame& frame = frame_of(format);
  std::string body;
  body.reserve(points * (format == Format::json ? 190 : 140) + 32);
  if (format == Format::json) body += R"({"metrics":[)";
  for (std::size_t i = 0; i < points; ++i) {
    const Sample sample = next();
    if (i > 0 && format == Format::json) body += ',';
    if (i > 0 && format == Format::influx) body += '\n';
    if (frame.dimensions_first) {
      append_dimensions(body, frame, sample.series, shape_.endpoints);
      append_number(body += frame.before_value, sample.value);
      append_number(body += frame.before_timestamp, sample.timestamp_ms);
    } else {
      append_number(body += frame.before_timestamp, sample.timestamp_ms);
      append_number(body += frame.before_value, sample.value);
      append_dimensions(body, frame, sample.series, shape_.endpoints);
    }
    body += frame.end;
  }
  if (format == Format::json) body += "]}";
  return body;
}

std::vector<std::string> Workload::bodies(Format format, std::size_t points) {
  std::vector<std::string> bodies;
  while (produced_ < shape_.samples()) {
    bodies.push_back(body(format, std::min<std::uint64_t>(points, shape_.samples() - produced_)));
  }
  return bodies;
}

}  // namespace luminate::bench
