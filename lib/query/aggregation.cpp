#include <luminate/query.hpp>

#include <array>
#include <charconv>
#include <utility>

namespace luminate {
namespace {

using Kind = Aggregation::Kind;

constexpr std::array<std::pair<std::string_view, Aggregation>, 12> kNames = {{
    {"avg", {Kind::avg, 0}},
    {"sum", {Kind::sum, 0}},
    {"count", {Kind::count, 0}},
    {"min", {Kind::min, 0}},
    {"max", {Kind::max, 0}},
    {"p50", {Kind::quantile, 0.5}},
    {"p95", {Kind::quantile, 0.95}},
    {"p99", {Kind::quantile, 0.99}},
    {"integral", {Kind::integral, 0}},
    {"first", {Kind::first, 0}},
    {"last", {Kind::last, 0}},
    {"stddev", {Kind::stddev, 0}},
}};

constexpr std::string_view kQuantile = "quantile(";

}  // namespace

std::string Aggregation::name() const {
  for (const auto& [name, aggregation] : kNames) {
    if (kind == aggregation.kind && (kind != Kind::quantile || q == aggregation.q)) return std::string(name);
  }
  if (kind != Kind::quantile) return "unknown";
  char digits[32];
  const auto end = std::to_chars(digits, digits + sizeof digits, q).ptr;
  return std::string(kQuantile) + std::string(digits, end) + ")";
}

std::optional<Aggregation> Aggregation::parse(std::string_view name) {
  for (const auto& [known, aggregation] : kNames) {
    if (name == known) return aggregation;
  }
  if (!name.starts_with(kQuantile) || !name.ends_with(')')) return std::nullopt;
  name.remove_prefix(kQuantile.size());
  name.remove_suffix(1);
  double q = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), q);
  if (error != std::errc() || end != name.data() + name.size() || !(q >= 0 && q <= 1)) return std::nullopt;
  return quantile(q + 0.0);  // The sum turns -0 into 0, which has one name.
}

}  // namespace luminate
