#pragma once

#include <luminate.h>
#include <luminate/query.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

namespace luminate::capi {

/// A column of texts: each distinct one once, and for every row which.
struct TextColumn {
  static constexpr std::int32_t kMissing = -1;

  std::vector<std::int32_t> codes{};
  std::string texts{};  ///< One behind the other.
  std::vector<std::size_t> ends{};
  std::string lines{};  ///< The same with a NUL behind each: text i begins at begin(i) + i.
  bool has_missing = false;

  std::size_t count() const noexcept { return ends.size(); }
  std::size_t begin(std::size_t i) const noexcept { return i == 0 ? 0 : ends[i - 1]; }
  std::string_view text(std::size_t i) const noexcept { return {texts.data() + begin(i), ends[i] - begin(i)}; }
};

/// Gives texts their codes.
/// @pre what the views refer to lives as long as this.
class TextCoder {
 public:
  explicit TextCoder(TextColumn& column) : column_(column) {}
  std::int32_t code(std::string_view text);

 private:
  TextColumn& column_;
  std::unordered_map<std::string_view, std::int32_t> codes_;
};

struct Column {
  std::string name{};
  std::int32_t type = LUMINATE_INTEGER;
  std::variant<std::vector<std::int64_t>, std::vector<double>, TextColumn> data{};
};

/// What an answer to a query is beside its columns, so that JSON can be made of it.
struct Answer {
  QueryType type = QueryType::range;
  std::vector<std::string> keys{};  ///< Dimensions, in the order of the text columns.
  std::vector<Aggregation> aggregations{};
};

/// What every result is. Nothing changes it once it is made.
struct Table {
  std::size_t rows = 0;
  std::vector<Column> columns{};
  bool is_answer = false;
  Answer answer{};
  bool truncated = false;
  std::uint64_t points_scanned = 0;
  std::int64_t execution_time_us = 0;

  void add_integers(std::string name, std::vector<std::int64_t> values, std::int32_t type = LUMINATE_INTEGER);
  void add_numbers(std::string name, std::vector<double> values);
  void add_texts(std::string name, TextColumn texts);
};

/// A column of the texts that `text_of(row)` gives. @pre they live on until this returns.
template <class TextOf>
TextColumn make_texts(std::size_t rows, const TextOf& text_of) {
  TextColumn column;
  column.codes.reserve(rows);
  TextCoder coder(column);
  for (std::size_t row = 0; row < rows; ++row) column.codes.push_back(coder.code(text_of(row)));
  return column;
}

/// The same, from rows that are C++ objects.
template <class Rows, class TextOf>
TextColumn texts_of(const Rows& rows, const TextOf& text_of) {
  return make_texts(rows.size(), [&](std::size_t row) { return std::string_view(text_of(rows[row])); });
}

template <class Rows, class IntegerOf>
std::vector<std::int64_t> integers_of(const Rows& rows, const IntegerOf& integer_of) {
  std::vector<std::int64_t> values;
  values.reserve(rows.size());
  for (const auto& row : rows) values.push_back(static_cast<std::int64_t>(integer_of(row)));
  return values;
}

/// The answer as JSON. @pre is_answer.
std::string to_json(const Table& table);

}  // namespace luminate::capi
