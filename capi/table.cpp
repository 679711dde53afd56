#include "table.hpp"

#include <luminate/error.hpp>

#include <limits>

namespace luminate::capi {

std::int32_t TextCoder::code(std::string_view text) {
  constexpr auto kMost = static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max());
  const auto [known, fresh] = codes_.try_emplace(text, static_cast<std::int32_t>(column_.count()));
  if (fresh) {
    if (column_.count() >= kMost) {
      throw Error(ErrorCode::result_limit_exceeded, "a column has more than 2^31 - 1 distinct texts; ask for less");
    }
    column_.texts += text;
    column_.lines.append(text).push_back('\0');
    column_.ends.push_back(column_.texts.size());
  }
  return known->second;
}

void Table::add_integers(std::string name, std::vector<std::int64_t> values, std::int32_t type) {
  rows = values.size();
  columns.push_back({std::move(name), type, std::move(values)});
}

void Table::add_numbers(std::string name, std::vector<double> values) {
  rows = values.size();
  columns.push_back({std::move(name), LUMINATE_NUMBER, std::move(values)});
}

void Table::add_texts(std::string name, TextColumn texts) {
  rows = texts.codes.size();
  columns.push_back({std::move(name), LUMINATE_TEXT, std::move(texts)});
}

}  // namespace luminate::capi
