#include "workload.hpp"

#include <array>
#include <charconv>
#include <cmath>

namespace luminate::bench {
namespace {

constexpr std::array<const char*, 4> kRegions = {"eu-west", "eu-central", "us-east", "ap-south"};
constexpr std::array<const char*, 3> kMethods = {"GET", "POST", "PUT"};
constexpr std::uint32_t kHosts = 50;

template <class Number>
void append_number(std::string& out, Number number) {
  std::array<char, 32> text{};
  out.append(text.data(), std::to_chars(text.data(), text.data() + text.size(), number).ptr);
}

}  // namespace

Workload::Sample Workload::next() {
  const auto series = static_cast<std::uint32_t>(produced_ % series_);
  const auto step = static_cast<std::int64_t>(produced_ / series_);
  ++produced_;
  return {series, shape_.start_ms + step * shape_.step_ms, std::round(latency_(random_) * 10) / 10};
}

std::string Workload::json_body(std::size_t points) {
  std::string body = R"({"metrics":[)";
  body.reserve(points * 200);
  for (std::size_t i = 0; i < points; ++i) {
    const Sample sample = next();
    const std::uint32_t customer = sample.series / shape_.endpoints;
    if (i > 0) body += ',';
    body += R"({"name":"api_latency","timestamp":)";
    append_number(body, sample.timestamp_ms);
    body += R"(,"value":)";
    append_number(body, sample.value);
    body += R"(,"dimensions":{"customer_id":"cust_)";
    append_number(body, customer);
    body += R"(","endpoint":"/api/v1/resource_)";
    append_number(body, sample.series % shape_.endpoints);
    body += R"(","region":")";
    body += kRegions[customer % kRegions.size()];
    body += R"(","method":")";
    body += kMethods[sample.series % kMethods.size()];
    body += R"(","host":"host-)";
    append_number(body, customer % kHosts);
    body += R"("}})";
  }
  return body += "]}";
}

}  // namespace luminate::bench
