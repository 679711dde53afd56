#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace luminate::postgres {

/// The values of $1, $2, ... in the order in which they are added, each with its PostgreSQL type, in the binary form of
/// the protocol. No value ever becomes part of an SQL text.
class Parameters {
 public:
  Parameters& add(std::int64_t value);      // bigint
  Parameters& add(double value);            // double precision
  Parameters& add(bool value);              // boolean
  Parameters& add(std::string_view value);  // text; @pre valid UTF-8 without NUL: see storable()
  Parameters& add(const char* value) { return add(std::string_view(value)); }
  /// timestamptz. Times beyond what it holds become -infinity or infinity, which is right for the bounds of a range.
  Parameters& add_time(std::int64_t unix_ms);
  Parameters& add_json(std::string_view json);  // jsonb

  Parameters& add(std::span<const std::int64_t> values);         // bigint[]
  Parameters& add(std::span<const double> values);               // double precision[]
  Parameters& add(std::span<const std::string> values);          // text[]
  Parameters& add(std::span<const std::string_view> values);     // text[]
  Parameters& add_times(std::span<const std::int64_t> unix_ms);  // timestamptz[]

  std::size_t size() const noexcept { return ends_.size(); }
  /// "$1" for the first: of the parameter that was added last, for texts that are put together piece by piece.
  std::string last() const { return "$" + std::to_string(size()); }

  // What libpq wants. Valid until the next add().
  const std::uint32_t* types() const noexcept { return types_.data(); }
  std::vector<const char*> values() const;
  std::vector<int> lengths() const;

 private:
  Parameters& finish(std::uint32_t type);

  std::string bytes_;              ///< Of all parameters, one behind another.
  std::vector<std::size_t> ends_;  ///< Of each in bytes_.
  std::vector<std::uint32_t> types_;
};

/// Whether a text can be a PostgreSQL text: valid UTF-8 without NUL. No name or value in the store is anything else,
/// so what is asked with another text matches nothing.
bool storable(std::string_view text) noexcept;

/// The times that a timestamptz holds, in Unix milliseconds. Points beyond them cannot be stored.
inline constexpr std::int64_t kEarliestTime = -210'866'803'200'000;  // 24 November 4714 BC.
inline constexpr std::int64_t kEndOfTime = 9'224'318'016'000'000;    // Exclusive: the year 294277.

}  // namespace luminate::postgres
