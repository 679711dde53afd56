#include "postgres/rows.hpp"

#include <libpq-fe.h>
#include <luminate/error.hpp>

#include <bit>
#include <charconv>
#include <cstring>
#include <limits>
#include <string>

namespace luminate::postgres {
namespace {

// Numbers of PostgreSQL's own types, which never change.
constexpr Oid kBool = 16, kBytea = 17, kName = 19, kInt8 = 20, kInt2 = 21, kInt4 = 23, kText = 25, kOid = 26;
constexpr Oid kFloat8 = 701, kTimestamptz = 1184;

constexpr std::int64_t kPostgresEpochMs = 946'684'800'000;  // 2000-01-01, from which PostgreSQL counts.

[[noreturn]] void wrong_type(const pg_result* result, std::size_t row, int column, const char* wanted) {
  if (row >= static_cast<std::size_t>(PQntuples(result)) || column >= PQnfields(result)) {
    throw Error(ErrorCode::internal,
                "the answer of PostgreSQL has no row " + std::to_string(row) + ", column " + std::to_string(column));
  }
  throw Error(ErrorCode::internal, std::string("column ") + std::to_string(column) + " of PostgreSQL's answer is no " +
                                       wanted +
                                       (PQgetisnull(result, static_cast<int>(row), column) ? ", but null" : "") +
                                       " (type " + std::to_string(PQftype(result, column)) + ")");
}

std::string_view bytes(const pg_result* result, std::size_t row, int column) noexcept {
  const int at = static_cast<int>(row);
  return {PQgetvalue(result, at, column), static_cast<std::size_t>(PQgetlength(result, at, column))};
}

template <class Number>
Number number(std::string_view bytes) noexcept {
  Number value = 0;
  for (const char byte : bytes) value = static_cast<Number>((value << 8) | static_cast<unsigned char>(byte));
  return value;
}

bool has(const pg_result* result, std::size_t row, int column) noexcept {
  return row < static_cast<std::size_t>(PQntuples(result)) && column < PQnfields(result) &&
         PQgetisnull(result, static_cast<int>(row), column) == 0 && PQfformat(result, column) == 1;
}

}  // namespace

void Rows::Clear::operator()(pg_result* result) const noexcept {
  PQclear(result);
}

Rows::Rows(pg_result* result) noexcept : result_(result) {}

std::size_t Rows::size() const noexcept {
  return result_ == nullptr ? 0 : static_cast<std::size_t>(PQntuples(result_.get()));
}

std::uint64_t Rows::affected() const noexcept {
  std::uint64_t count = 0;
  if (result_ == nullptr) return count;
  const char* text = PQcmdTuples(result_.get());
  std::from_chars(text, text + std::strlen(text), count);
  return count;
}

std::string_view Rows::command() const noexcept {
  return result_ == nullptr ? "" : PQcmdStatus(result_.get());
}

bool Rows::null(std::size_t row, int column) const noexcept {
  return PQgetisnull(result_.get(), static_cast<int>(row), column) != 0;
}

std::int64_t Rows::integer(std::size_t row, int column) const {
  if (has(result_.get(), row, column)) {
    const std::string_view value = bytes(result_.get(), row, column);
    switch (PQftype(result_.get(), column)) {
      case kInt8:
        return static_cast<std::int64_t>(number<std::uint64_t>(value));
      case kInt4:
        return static_cast<std::int32_t>(number<std::uint32_t>(value));
      case kInt2:
        return static_cast<std::int16_t>(number<std::uint16_t>(value));
      case kOid:
        return number<std::uint32_t>(value);
      default:
        break;
    }
  }
  wrong_type(result_.get(), row, column, "integer");
}

double Rows::real(std::size_t row, int column) const {
  if (!has(result_.get(), row, column) || PQftype(result_.get(), column) != kFloat8) {
    wrong_type(result_.get(), row, column, "double precision");
  }
  return std::bit_cast<double>(number<std::uint64_t>(bytes(result_.get(), row, column)));
}

bool Rows::boolean(std::size_t row, int column) const {
  if (!has(result_.get(), row, column) || PQftype(result_.get(), column) != kBool) {
    wrong_type(result_.get(), row, column, "boolean");
  }
  return bytes(result_.get(), row, column) != std::string_view("\0", 1);
}

std::string_view Rows::text(std::size_t row, int column) const {
  if (has(result_.get(), row, column)) {
    const Oid type = PQftype(result_.get(), column);
    if (type == kText || type == kName || type == kBytea) return bytes(result_.get(), row, column);
  }
  wrong_type(result_.get(), row, column, "text");
}

std::int64_t Rows::time_ms(std::size_t row, int column) const {
  if (!has(result_.get(), row, column) || PQftype(result_.get(), column) != kTimestamptz) {
    wrong_type(result_.get(), row, column, "timestamptz");
  }
  using Limits = std::numeric_limits<std::int64_t>;
  const auto us = static_cast<std::int64_t>(number<std::uint64_t>(bytes(result_.get(), row, column)));
  if (us == Limits::min() || us == Limits::max()) return us;  // The infinities.
  return us / 1000 - (us % 1000 < 0 ? 1 : 0) + kPostgresEpochMs;
}

}  // namespace luminate::postgres
