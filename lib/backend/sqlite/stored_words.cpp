#include "sqlite/stored_words.hpp"

#include <luminate/error.hpp>

namespace luminate::sqlite {
namespace {

constexpr std::size_t kKnownWords = 65'536;

[[noreturn]] void throw_damaged(const std::string& what) {
  throw Error(ErrorCode::storage_corrupt, "the catalog is damaged: " + what + "; restore the file from a backup");
}

}  // namespace

bool read_word_ids(std::span<const std::byte> encoded, std::vector<std::uint32_t>& words) {
  words.clear();
  std::uint64_t value = 0;
  unsigned shift = 0;
  for (const std::byte each : encoded) {
    const auto byte = std::to_integer<std::uint64_t>(each);
    value |= (byte & 0x7FU) << shift;
    shift += 7;
    if (byte >= 0x80 && shift < 35) continue;
    if (byte >= 0x80 || value > UINT32_MAX) return false;
    words.push_back(static_cast<std::uint32_t>(value));
    value = 0;
    shift = 0;
  }
  return shift == 0 && words.size() % 2 == 0;
}

StoredWords::StoredWords(Connection& connection)
    : word_(connection.prepare("SELECT text FROM word WHERE id = ?")),
      series_(connection.prepare("SELECT dimensions FROM series WHERE metric_id = ? AND id = ?")) {}

std::string_view StoredWords::text(std::uint32_t id) {
  if (const auto found = known_.find(id); found != known_.end()) return found->second;
  word_.reset();
  word_.bind(1, std::int64_t{id});
  if (!word_.step()) throw_damaged("there is no word " + std::to_string(id));
  if (known_.size() >= kKnownWords) known_.clear();
  const std::string& text = known_.emplace(id, word_.text(0)).first->second;
  word_.reset();
  return text;
}

void StoredWords::read_dimensions(std::int64_t metric_id, SeriesId series, Dimensions& out) {
  out.clear();
  series_.reset();
  series_.bind(1, metric_id).bind(2, std::int64_t{series});
  const bool whole = series_.step() && read_word_ids(series_.blob(0), ids_);
  series_.reset();
  if (!whole) {
    throw_damaged("series " + std::to_string(series) + " of metric " + std::to_string(metric_id) + " cannot be read");
  }
  for (std::size_t i = 0; i < ids_.size(); i += 2) {
    std::string key(text(ids_[i]));
    out.insert_or_assign(std::move(key), std::string(text(ids_[i + 1])));
  }
}

}  // namespace luminate::sqlite
