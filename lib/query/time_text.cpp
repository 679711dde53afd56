#include <luminate/query.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <utility>

namespace luminate {
namespace {

constexpr std::int64_t kMaxMs = std::numeric_limits<std::int64_t>::max();

/// Longest first, as they must stand in a sum. "ms" and "m" are told apart by taking all letters of a unit.
constexpr std::array<std::pair<std::string_view, std::int64_t>, 6> kUnits = {
    {{"w", 7 * 86'400'000LL}, {"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};

constexpr bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

/// Takes a whole number from the front of `text`. Empty when there is none or it exceeds int64.
std::optional<std::int64_t> take_number(std::string_view& text) {
  if (text.empty() || !is_digit(text.front())) return std::nullopt;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

/// Reads the fixed-width fields of an instant. After the first that is not as it must be, ok() is false for good.
class FieldReader {
 public:
  explicit FieldReader(std::string_view text) : rest_(text) {}

  /// A number of exactly `digits` digits, from `low` to `high`.
  int number(std::size_t digits, int low, int high) {
    int value = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      if (rest_.empty() || !is_digit(rest_.front())) return fail();
      value = value * 10 + (rest_.front() - '0');
      rest_.remove_prefix(1);
    }
    return value < low || value > high ? fail() : value;
  }

  /// The next character, if it is one of `allowed`; '\0' otherwise.
  char one_of(std::string_view allowed) {
    if (rest_.empty() || allowed.find(rest_.front()) == std::string_view::npos) {
      fail();
      return '\0';
    }
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }

  /// ".25" as 250; 0 where there is no fraction. Digits past the third are cut off.
  int fraction_ms() {
    if (rest_.empty() || rest_.front() != '.') return 0;
    rest_.remove_prefix(1);
    if (rest_.empty() || !is_digit(rest_.front())) return fail();
    int ms = 0;
    for (int weight = 100; !rest_.empty() && is_digit(rest_.front()); weight /= 10, rest_.remove_prefix(1)) {
      ms += weight * (rest_.front() - '0');
    }
    return ms;
  }

  bool ok() const noexcept { return ok_; }
  bool at_end() const noexcept { return rest_.empty(); }

 private:
  int fail() {
    ok_ = false;
    rest_ = {};
    return 0;
  }

  std::string_view rest_;
  bool ok_ = true;
};

std::optional<std::int64_t> parse_unix_ms(std::string_view text) {
  std::int64_t ms = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), ms);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return ms;
}

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  if (text.empty()) return std::nullopt;
  std::int64_t total = 0;
  for (auto unit = kUnits.begin(); !text.empty(); ++unit) {
    const auto number = take_number(text);
    if (!number) return std::nullopt;
    std::size_t letters = 0;
    while (letters < text.size() && !is_digit(text[letters])) ++letters;
    // The search goes on where the last one ended: units come in order and each once.
    while (unit != kUnits.end() && unit->first != text.substr(0, letters)) ++unit;
    if (unit == kUnits.end()) return std::nullopt;
    text.remove_prefix(letters);
    if (*number > (kMaxMs - total) / unit->second) return std::nullopt;
    total += *number * unit->second;
  }
  return std::chrono::milliseconds(total);
}

std::optional<std::int64_t> parse_instant(std::string_view text) {
  if (const auto ms = parse_unix_ms(text)) return ms;

  FieldReader reader(text);
  const int year = reader.number(4, 0, 9999);
  reader.one_of("-");
  const int month = reader.number(2, 1, 12);
  reader.one_of("-");
  const int day = reader.number(2, 1, 31);
  reader.one_of("Tt");
  const int hour = reader.number(2, 0, 23);
  reader.one_of(":");
  const int minute = reader.number(2, 0, 59);
  reader.one_of(":");
  const int second = reader.number(2, 0, 59);  // No leap second: Unix time has no number for it.
  const int fraction_ms = reader.fraction_ms();
  const char zone = reader.one_of("Zz+-");
  int offset_minutes = 0;
  if (zone == '+' || zone == '-') {
    offset_minutes = 60 * reader.number(2, 0, 23);
    reader.one_of(":");
    offset_minutes += reader.number(2, 0, 59);
    if (zone == '-') offset_minutes = -offset_minutes;
  }
  if (!reader.ok() || !reader.at_end()) return std::nullopt;

  const std::chrono::year_month_day date(std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day)));
  if (!date.ok()) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  const std::int64_t minutes = days * 1440 + hour * 60 + minute - offset_minutes;
  return (minutes * 60 + second) * 1000 + fraction_ms;
}

std::string format_duration(std::chrono::milliseconds length) {
  std::int64_t rest = std::max<std::int64_t>(length.count(), 0);
  std::string out;
  for (const auto& [unit, unit_ms] : kUnits) {
    if (unit == "w") continue;  // "90d" tells more than "12w6d".
    if (rest >= unit_ms) out += std::to_string(rest / unit_ms) + std::string(unit);
    rest %= unit_ms;
  }
  return out.empty() ? "0ms" : out;
}

}  // namespace luminate
