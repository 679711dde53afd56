#include "postgres/parameters.hpp"

#include <bit>
#include <type_traits>

#include "model/text.hpp"

namespace luminate::postgres {
namespace {

// Numbers of PostgreSQL's own types, which never change.
constexpr std::uint32_t kBool = 16, kInt8 = 20, kText = 25, kFloat8 = 701, kTimestamptz = 1184, kJsonb = 3802;
constexpr std::uint32_t kTextArray = 1009, kInt8Array = 1016, kFloat8Array = 1022, kTimestamptzArray = 1185;

constexpr std::int64_t kPostgresEpochMs = 946'684'800'000;  // 2000-01-01, from which PostgreSQL counts.

void put32(std::string& out, std::uint32_t value) {
  const char bytes[] = {static_cast<char>(value >> 24), static_cast<char>(value >> 16), static_cast<char>(value >> 8),
                        static_cast<char>(value)};
  out.append(bytes, sizeof bytes);
}

void put64(std::string& out, std::uint64_t value) {
  put32(out, static_cast<std::uint32_t>(value >> 32));
  put32(out, static_cast<std::uint32_t>(value));
}

void put_value(std::string& out, std::int64_t value) {
  put64(out, static_cast<std::uint64_t>(value));
}
void put_value(std::string& out, double value) {
  put64(out, std::bit_cast<std::uint64_t>(value));
}
void put_value(std::string& out, std::string_view value) {
  out.append(value);
}

std::int64_t microseconds(std::int64_t unix_ms) noexcept {
  if (unix_ms < kEarliestTime) return INT64_MIN;  // -infinity
  if (unix_ms >= kEndOfTime) return INT64_MAX;    // infinity
  return (unix_ms - kPostgresEpochMs) * 1000;
}

void put_array_header(std::string& out, std::uint32_t element, std::size_t size) {
  put32(out, size == 0 ? 0 : 1);  // Dimensions.
  put32(out, 0);                  // No nulls.
  put32(out, element);
  if (size == 0) return;
  put32(out, static_cast<std::uint32_t>(size));
  put32(out, 1);  // The first subscript.
}

template <class Value>
void put_array(std::string& out, std::uint32_t element, std::span<const Value> values) {
  put_array_header(out, element, values.size());
  for (const Value& value : values) {
    if constexpr (std::is_arithmetic_v<Value>) {
      put32(out, sizeof value);
    } else {
      put32(out, static_cast<std::uint32_t>(value.size()));
    }
    put_value(out, value);
  }
}

}  // namespace

Parameters& Parameters::finish(std::uint32_t type) {
  ends_.push_back(bytes_.size());
  types_.push_back(type);
  return *this;
}

Parameters& Parameters::add(std::int64_t value) {
  put_value(bytes_, value);
  return finish(kInt8);
}

Parameters& Parameters::add(double value) {
  put_value(bytes_, value);
  return finish(kFloat8);
}

Parameters& Parameters::add(bool value) {
  bytes_.push_back(value ? '\1' : '\0');
  return finish(kBool);
}

Parameters& Parameters::add(std::string_view value) {
  bytes_.append(value);
  return finish(kText);
}

Parameters& Parameters::add_time(std::int64_t unix_ms) {
  put_value(bytes_, microseconds(unix_ms));
  return finish(kTimestamptz);
}

Parameters& Parameters::add_json(std::string_view json) {
  bytes_.push_back('\1');  // The version of the binary form, which is the text behind it.
  bytes_.append(json);
  return finish(kJsonb);
}

Parameters& Parameters::add(std::span<const std::int64_t> values) {
  put_array(bytes_, kInt8, values);
  return finish(kInt8Array);
}

Parameters& Parameters::add(std::span<const double> values) {
  put_array(bytes_, kFloat8, values);
  return finish(kFloat8Array);
}

Parameters& Parameters::add(std::span<const std::string> values) {
  put_array(bytes_, kText, values);
  return finish(kTextArray);
}

Parameters& Parameters::add(std::span<const std::string_view> values) {
  put_array(bytes_, kText, values);
  return finish(kTextArray);
}

Parameters& Parameters::add_times(std::span<const std::int64_t> unix_ms) {
  put_array_header(bytes_, kTimestamptz, unix_ms.size());
  for (const std::int64_t time : unix_ms) {
    put32(bytes_, 8);
    put_value(bytes_, microseconds(time));
  }
  return finish(kTimestamptzArray);
}

std::vector<const char*> Parameters::values() const {
  std::vector<const char*> values;
  values.reserve(size());
  std::size_t begin = 0;
  for (const std::size_t end : ends_) {
    values.push_back(bytes_.data() + begin);
    begin = end;
  }
  return values;
}

std::vector<int> Parameters::lengths() const {
  std::vector<int> lengths;
  lengths.reserve(size());
  std::size_t begin = 0;
  for (const std::size_t end : ends_) {
    lengths.push_back(static_cast<int>(end - begin));
    begin = end;
  }
  return lengths;
}

bool storable(std::string_view text) noexcept {
  return text.find('\0') == std::string_view::npos && model::valid_utf8(text);
}

}  // namespace luminate::postgres
