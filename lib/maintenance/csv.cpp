#include "maintenance/csv.hpp"

#include <luminate/error.hpp>
#include <luminate/metric.hpp>
#include <luminate/query.hpp>

#include <algorithm>
#include <array>
#include <charconv>

#include "model/dimension_set.hpp"
#include "model/text.hpp"

namespace luminate::maintenance {
namespace {

constexpr std::array<std::string_view, 3> kFixedColumns = {"name", "timestamp", "value"};

[[noreturn]] void refuse_header(const std::string& what) {
  throw Error(ErrorCode::invalid_request,
              "the first line is no header of points: " + what +
                  "; it begins name,timestamp,value and goes on with the keys of dimensions");
}

bool read_timestamp(std::string_view text, std::int64_t now_ms, std::int64_t& out) {
  if (text.empty()) {
    out = now_ms;
    return true;
  }
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error == std::errc() && end == text.data() + text.size()) return true;
  const auto instant = parse_instant(text);
  if (instant) out = *instant;
  return instant.has_value();
}

bool read_value(std::string_view text, double& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

void append_csv_field(std::string& out, std::string_view field) {
  if (field.find_first_of("\",\r\n") == std::string_view::npos) {
    out += field;
    return;
  }
  out += '"';
  for (const char c : field) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

std::string_view CsvReader::read(std::string_view line) {
  fields_.clear();
  unquoted_.clear();
  unquoted_.reserve(line.size());  // Never more: views into it stay valid.
  for (std::size_t at = 0;;) {
    if (at < line.size() && line[at] == '"') {
      const std::size_t begin = unquoted_.size();
      for (++at;; ++at) {
        if (at == line.size()) return "a quote is not closed on its line; no field may hold a line break";
        if (line[at] == '"') {
          if (at + 1 == line.size() || line[at + 1] != '"') break;
          ++at;
        }
        unquoted_ += line[at];
      }
      ++at;
      fields_.push_back(std::string_view(unquoted_).substr(begin));
      if (at < line.size() && line[at] != ',') return "something stands between a closing quote and the next comma";
    } else {
      const std::size_t end = std::min(line.find(',', at), line.size());
      const std::string_view field = line.substr(at, end - at);
      if (field.find('"') != std::string_view::npos) {
        return "a quote stands inside a field that does not begin with one; put the field in quotes and double it";
      }
      fields_.push_back(field);
      at = end;
    }
    if (at == line.size()) return {};
    ++at;
  }
}

void PointColumns::read_header(const std::vector<std::string_view>& fields) {
  for (std::size_t i = 0; i < kFixedColumns.size(); ++i) {
    if (i >= fields.size() || fields[i] != kFixedColumns[i]) {
      refuse_header("column " + std::to_string(i + 1) + " is " +
                    (i < fields.size() ? model::quote(fields[i]) : "missing"));
    }
  }
  columns_ = fields.size();
  tenant_column_ = 0;
  dimensions_.clear();
  for (std::size_t i = kFixedColumns.size(); i < fields.size(); ++i) {
    if (fields[i].empty()) refuse_header("column " + std::to_string(i + 1) + " has no name");
    if (fields[i] == kTenantDimension) {
      if (tenant_column_ != 0) refuse_header("column \"" + std::string(kTenantDimension) + "\" is there twice");
      tenant_column_ = i;
    } else {
      dimensions_.push_back({std::string(fields[i]), i});
    }
  }
  std::sort(dimensions_.begin(), dimensions_.end(),
            [](const Dimension& a, const Dimension& b) { return a.key < b.key; });
  const auto twice = std::adjacent_find(dimensions_.begin(), dimensions_.end(),
                                        [](const Dimension& a, const Dimension& b) { return a.key == b.key; });
  if (twice != dimensions_.end()) refuse_header("column " + model::quote(twice->key) + " is there twice");
}

std::string PointColumns::read_row(const std::vector<std::string_view>& fields, std::int64_t now_ms, Row& row) const {
  if (fields.size() != columns_) {
    return "has " + std::to_string(fields.size()) + " fields, the header names " + std::to_string(columns_);
  }
  row.name = fields[0];
  if (!read_timestamp(fields[1], now_ms, row.timestamp_ms)) {
    return "timestamp " + model::quote(fields[1]) + " is neither a whole number of milliseconds nor an RFC 3339 time";
  }
  if (!read_value(fields[2], row.value)) return "value " + model::quote(fields[2]) + " is no number within float64";
  row.tenant = tenant_column_ == 0 ? std::string_view() : fields[tenant_column_];
  row.dimensions.clear();
  for (const Dimension& dimension : dimensions_) {
    const std::string_view value = fields[dimension.column];
    if (!value.empty()) model::append_dimension(row.dimensions, dimension.key, value);
  }
  return {};
}

}  // namespace luminate::maintenance
