#include "query/matcher.hpp"

#include <luminate/metric.hpp>

#include <re2/re2.h>

#include <algorithm>

#include "model/names.hpp"
#include "model/text.hpp"
#include "query/refuse.hpp"

namespace luminate::query {
namespace {

constexpr std::size_t kMaxFilters = 100;
constexpr std::size_t kMaxOperands = 1'000;  ///< Of one filter, and of all filters of a query together.
constexpr std::size_t kMaxOperandBytes = 1'024;
constexpr std::size_t kMaxExpressionBytes = 1'000;
/// Of all expressions of a query together: a malicious one takes up to 30 ms a thousand bytes to compile.
constexpr std::size_t kMaxExpressionBytesInAll = 10'000;
/// What a compiled expression and its matching states may take. It also bounds the time to match one value, to about
/// half a millisecond.
constexpr std::int64_t kMaxExpressionMemory = std::int64_t{1} << 20;

bool is_expression(Filter::Kind kind) noexcept {
  return kind == Filter::Kind::matches || kind == Filter::Kind::matches_not;
}

std::shared_ptr<const re2::RE2> compile_expression(const std::string& expression, const std::string& field) {
  if (expression.size() > kMaxExpressionBytes) {
    refuse(field, "the expression has " + std::to_string(expression.size()) + " bytes; at most " +
                      std::to_string(kMaxExpressionBytes) + " are allowed");
  }
  re2::RE2::Options options;
  options.set_max_mem(kMaxExpressionMemory);
  options.set_log_errors(false);
  options.set_never_capture(true);
  auto compiled = std::make_shared<const re2::RE2>(expression, options);
  if (!compiled->ok()) {
    refuse(field, model::quote(expression) + " is no RE2 expression: " + model::excerpt(compiled->error()));
  }
  return compiled;
}

void check_operands(const Filter& filter, const std::string& field) {
  switch (filter.kind) {
    case Filter::Kind::any_of:
      if (filter.operands.empty()) refuse(field, "the list of values is empty; give at least one, or no filter");
      if (filter.operands.size() > kMaxOperands) {
        refuse(field, "the list has " + std::to_string(filter.operands.size()) + " values; at most " +
                          std::to_string(kMaxOperands) + " are allowed");
      }
      break;
    case Filter::Kind::is_not:
    case Filter::Kind::matches:
    case Filter::Kind::matches_not:
      if (filter.operands.size() != 1) {
        refuse(field, "the filter has " + std::to_string(filter.operands.size()) + " operands; give exactly one");
      }
      break;
    default:
      refuse(field, "the filter is of no known kind");
  }
  for (const std::string& operand : filter.operands) {
    if (operand.size() > kMaxOperandBytes) {
      refuse(field, "a value has " + std::to_string(operand.size()) + " bytes; at most " +
                        std::to_string(kMaxOperandBytes) + " are allowed");
    }
    if (!model::valid_utf8(operand)) refuse(field, model::quote(operand) + " is not valid UTF-8");
  }
}

}  // namespace

Matcher::Matcher(const Filter& filter, const std::string& field) : filter_(filter) {
  check_operands(filter_, field);
  if (filter_.kind == Filter::Kind::any_of) {
    std::sort(filter_.operands.begin(), filter_.operands.end());
    filter_.operands.erase(std::unique(filter_.operands.begin(), filter_.operands.end()), filter_.operands.end());
  } else if (is_expression(filter_.kind)) {
    expression_ = compile_expression(filter_.operands.front(), field);
  }
}

bool Matcher::matches(std::optional<std::string_view> value) const {
  if (filter_.kind == Filter::Kind::any_of) {
    return value && std::binary_search(filter_.operands.begin(), filter_.operands.end(), *value);
  }
  const std::string_view text = value.value_or("");
  if (filter_.kind == Filter::Kind::is_not) return text != filter_.operands.front();
  const bool matched =
      expression_->Match({text.data(), text.size()}, 0, text.size(), re2::RE2::ANCHOR_BOTH, nullptr, 0);
  return matched == (filter_.kind == Filter::Kind::matches);
}

std::optional<std::pair<std::string, std::string>> Matcher::match_bounds() const {
  constexpr int kMaxLength = 64;
  std::pair<std::string, std::string> bounds;
  if (!expression_ || !expression_->PossibleMatchRange(&bounds.first, &bounds.second, kMaxLength)) return std::nullopt;
  return bounds;
}

std::vector<Matcher> compile(const std::vector<Filter>& filters) {
  if (filters.size() > kMaxFilters) {
    refuse("filters", "there are " + std::to_string(filters.size()) + " conditions; at most " +
                          std::to_string(kMaxFilters) + " are allowed");
  }
  std::vector<Matcher> matchers;
  matchers.reserve(filters.size());
  std::size_t operands = 0;
  std::size_t expression_bytes = 0;
  for (const Filter& filter : filters) {
    const std::string field = "filters." + model::excerpt(filter.key);
    check_key(filter.key, field);
    if (is_expression(filter.kind) && !filter.operands.empty()) expression_bytes += filter.operands.front().size();
    if (expression_bytes > kMaxExpressionBytesInAll) {
      refuse(field, "the expressions have more than " + std::to_string(kMaxExpressionBytesInAll) +
                        " bytes in all; shorten them");
    }
    matchers.emplace_back(filter, field);
    operands += filter.operands.size();
    if (operands > kMaxOperands) {
      refuse(field, "the filters have more than " + std::to_string(kMaxOperands) + " values in all; give fewer");
    }
  }
  return matchers;
}

void check_key(std::string_view key, const std::string& field) {
  if (key == kTenantDimension) {
    throw Error(ErrorCode::reserved_dimension,
                field + ": " + std::string(key) + " is reserved; a store narrowed to a tenant sees nothing else anyway",
                field);
  }
  if (!model::valid_name(key, model::kMaxDimensionKeyLength)) {
    refuse(field, model::quote(key) + " is no dimension key; it must match ^[a-zA-Z_][a-zA-Z0-9_]*$ and have 1 to " +
                      std::to_string(model::kMaxDimensionKeyLength) + " characters");
  }
}

}  // namespace luminate::query
