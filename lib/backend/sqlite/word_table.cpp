#include "sqlite/word_table.hpp"

#include <algorithm>
#include <functional>

namespace luminate::sqlite {
namespace {

constexpr std::size_t kChunkBytes = 64 * 1024;

}  // namespace

std::size_t WordTable::slot_of(std::string_view text) const noexcept {
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = std::hash<std::string_view>{}(text)&mask;
  while (slots_[at] != kNone && texts_[slots_[at] - 1] != text) at = (at + 1) & mask;
  return at;
}

WordTable::Id WordTable::find(std::string_view text) const noexcept {
  return slots_.empty() ? kNone : slots_[slot_of(text)];
}

WordTable::Id WordTable::intern(std::string_view text) {
  if (texts_.size() * 2 >= slots_.size()) grow();
  const std::size_t at = slot_of(text);
  if (slots_[at] != kNone) return slots_[at];
  if (chunks_.empty() || chunks_.back().size() + text.size() > chunks_.back().capacity()) {
    chunks_.emplace_back().reserve(std::max(kChunkBytes, text.size()));
  }
  std::string& chunk = chunks_.back();
  const std::size_t offset = chunk.size();
  chunk.append(text);
  texts_.emplace_back(chunk.data() + offset, text.size());
  return slots_[at] = last();
}

void WordTable::grow() {
  slots_.assign(slots_.empty() ? 256 : slots_.size() * 2, kNone);
  for (Id id = 1; id <= last(); ++id) slots_[slot_of(text(id))] = id;
}

void WordTable::clear() {
  chunks_.clear();
  texts_.clear();
  slots_.clear();
}

}  // namespace luminate::sqlite
