#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

struct pg_result;

namespace luminate::postgres {

/// What a statement gave, in the binary form of the protocol. Views live as long as the object.
class Rows {
 public:
  Rows() noexcept = default;
  explicit Rows(pg_result* result) noexcept;  ///< Takes it over.

  std::size_t size() const noexcept;
  bool empty() const noexcept { return size() == 0; }
  /// Rows that an INSERT, UPDATE, DELETE or COPY touched.
  std::uint64_t affected() const noexcept;
  std::string_view command() const noexcept;  ///< What was done, such as "INSERT 0 1" or "COMMIT".

  // By row and column, both from 0. @throws Error internal when the column is of another type.
  bool null(std::size_t row, int column) const noexcept;
  std::int64_t integer(std::size_t row, int column) const;  ///< smallint, integer, bigint, oid
  double real(std::size_t row, int column) const;           ///< double precision
  bool boolean(std::size_t row, int column) const;
  std::string_view text(std::size_t row, int column) const;  ///< text, name, bytea
  std::int64_t time_ms(std::size_t row, int column) const;   ///< timestamptz, in Unix milliseconds, rounded down

 private:
  struct Clear {
    void operator()(pg_result* result) const noexcept;
  };
  std::unique_ptr<pg_result, Clear> result_;
};

}  // namespace luminate::postgres
