#pragma once

#include <luminate/metric.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/call.hpp"
#include "model/index_table.hpp"
#include "query/matcher.hpp"
#include "sqlite/word_table.hpp"

namespace luminate::sqlite {

/// Numbers the series of one metric from 1, in order of creation; gaps are series that were deleted.
using SeriesId = std::uint32_t;
inline constexpr SeriesId kNoSeries = 0;

/// The series of one metric, in memory: dimensions as word ids, a hash table from fingerprints, and for every
/// (key, value) the list of series that carry it. Append-only; series at positions from committed() on are being
/// written and are not to be listed yet. Guarded by the catalog's lock.
class MetricCatalog {
 public:
  explicit MetricCatalog(WordTable& words) : words_(&words) {}

  /// kNoSeries when absent. Fingerprints only find candidates; the bytes decide.
  SeriesId find(const Batch::Fingerprint& fingerprint, std::string_view canonical) const;
  /// Says that find() or add() will follow soon.
  void prefetch(const Batch::Fingerprint& fingerprint) const noexcept {
    if (!slots_.empty()) __builtin_prefetch(&slots_[fingerprint.low & (slots_.size() - 1)]);
  }

  /// Adds a series that find() does not know, interning its words.
  SeriesId add(const Batch::Fingerprint& fingerprint, std::string_view canonical);
  /// Adds a series as it was stored. @throws Error storage_corrupt for bytes that encoded() cannot have made.
  void restore(SeriesId id, std::span<const std::byte> encoded);

  std::size_t size() const noexcept { return ids_.size(); }
  std::size_t committed() const noexcept { return committed_; }
  void commit() noexcept { committed_ = size(); }

  SeriesId id(std::size_t position) const { return ids_[position]; }
  SeriesId last_id() const noexcept { return ids_.empty() ? kNoSeries : ids_.back(); }
  /// Appends the canonical bytes of a series; see model/dimension_set.hpp.
  void append_canonical(std::size_t position, std::string& out) const;
  /// What the file stores: pairs of word ids as LEB128.
  std::string encoded(std::size_t position) const;

  /// Positions of the series that pass all matchers, ascending.
  std::vector<std::uint32_t> select(std::span<const query::Matcher> matchers, const model::Call& call) const;

  /// The value of a dimension of a series as a word, WordTable::kNone where the series lacks it.
  /// @param hint where the key stood in the last series that was asked: most series of a metric have the same keys.
  WordTable::Id value_of(std::size_t position, WordTable::Id key, std::size_t& hint) const {
    const auto words = words_of(position);
    if (hint < words.size() && words[hint] == key) return words[hint + 1];
    for (std::size_t at = 0; at < words.size(); at += 2) {
      if (words[at] != key) continue;
      hint = at;
      return words[at + 1];
    }
    return WordTable::kNone;
  }
  const WordTable& words() const noexcept { return *words_; }

  /// Keys among committed series, and for a key its values with the positions of the committed series that carry them.
  std::vector<std::string_view> keys() const;
  struct Value {
    std::string_view text;
    std::span<const std::uint32_t> positions;
  };
  std::vector<Value> values(std::string_view key) const;

 private:
  using Word = WordTable::Id;
  using Bits = std::vector<std::uint64_t>;

  SeriesId append(SeriesId id, std::uint64_t hash);
  std::span<const Word> words_of(std::size_t position) const {
    const std::size_t start = position == 0 ? 0 : ends_[position - 1];
    return std::span(pairs_).subspan(start, ends_[position] - start);
  }
  bool equals(std::size_t position, std::string_view canonical) const;
  void grow();
  Bits matching(const query::Matcher& matcher, const model::Call& call) const;

  /// The series that carry one value of a key.
  struct Posting {
    Word key;
    Word value;
    std::vector<std::uint32_t> positions;  ///< Ascending; never empty.
  };
  static std::uint64_t hash_of(Word key, Word value) noexcept { return std::uint64_t{key} << 32 | value; }
  Posting& posting(Word key, Word value);
  const Posting* find_posting(Word key, Word value) const;

  WordTable* words_;
  std::size_t committed_ = 0;
  std::vector<SeriesId> ids_;
  std::vector<std::uint64_t> hashes_;
  std::vector<Word> pairs_;           ///< Keys and values of all series, one series after another.
  std::vector<std::size_t> ends_;     ///< Where in `pairs_` each series ends.
  std::vector<std::uint32_t> slots_;  ///< Open addressing: position + 1, or 0.
  std::vector<Posting> postings_;
  model::IndexTable posting_index_;
  std::map<Word, std::vector<std::uint32_t>> postings_of_;  ///< By key; indices in `postings_`.
};

}  // namespace luminate::sqlite
