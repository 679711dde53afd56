#include "sqlite/metric_catalog.hpp"

#include <luminate/error.hpp>

#include <algorithm>
#include <bit>
#include <optional>

#include "model/dimension_set.hpp"

namespace luminate::sqlite {
namespace {

// A hostile regular expression can take 0.4 ms for one value.
constexpr std::size_t kMatchesBetweenChecks = 64;

void append_varint(std::string& out, std::uint32_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}

/// Empty at the end of the bytes and for what is no varint of 32 bits.
std::optional<std::uint32_t> take_varint(std::span<const std::byte>& rest) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 35 && !rest.empty(); shift += 7) {
    const auto byte = std::to_integer<std::uint8_t>(rest.front());
    rest = rest.subspan(1);
    value |= std::uint64_t{byte & 0x7FU} << shift;
    if (byte < 0x80) return value <= UINT32_MAX ? std::optional(static_cast<std::uint32_t>(value)) : std::nullopt;
  }
  return std::nullopt;
}

void set_bit(std::vector<std::uint64_t>& bits, std::uint32_t at) {
  bits[at / 64] |= std::uint64_t{1} << (at % 64);
}

}  // namespace

SeriesId MetricCatalog::find(const Batch::Fingerprint& fingerprint, std::string_view canonical) const {
  if (slots_.empty()) return kNoSeries;
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t at = fingerprint.low & mask; slots_[at] != 0; at = (at + 1) & mask) {
    const std::size_t position = slots_[at] - 1;
    if (hashes_[position] == fingerprint.low && equals(position, canonical)) return ids_[position];
  }
  return kNoSeries;
}

SeriesId MetricCatalog::add(const Batch::Fingerprint& fingerprint, std::string_view canonical) {
  model::DimensionReader reader(canonical);
  while (const auto dimension = reader.next()) {
    pairs_.push_back(words_->intern(dimension->first));
    pairs_.push_back(words_->intern(dimension->second));
  }
  return append(last_id() + 1, fingerprint.low);
}

void MetricCatalog::restore(SeriesId id, std::span<const std::byte> encoded) {
  if (id <= last_id()) throw Error(ErrorCode::storage_corrupt, "the series of a metric are not in order");
  std::size_t added = 0;
  for (; !encoded.empty(); ++added) {
    const auto word = take_varint(encoded);
    if (!word || *word == WordTable::kNone || *word > words_->last()) {
      throw Error(ErrorCode::storage_corrupt,
                  "series " + std::to_string(id) + " names a word that the file does not have");
    }
    pairs_.push_back(*word);
  }
  if (added % 2 != 0) {
    throw Error(ErrorCode::storage_corrupt, "series " + std::to_string(id) + " has a key without a value");
  }
  std::string canonical;
  const std::size_t start = pairs_.size() - added;
  for (std::size_t at = start; at < pairs_.size(); at += 2) {
    model::append_dimension(canonical, words_->text(pairs_[at]), words_->text(pairs_[at + 1]));
  }
  append(id, model::fingerprint(canonical).low);
}

SeriesId MetricCatalog::append(SeriesId id, std::uint64_t hash) {
  const auto position = static_cast<std::uint32_t>(ids_.size());
  ids_.push_back(id);
  hashes_.push_back(hash);
  ends_.push_back(pairs_.size());
  const auto words = words_of(position);
  for (std::size_t at = 0; at < words.size(); at += 2) {
    posting(words[at], words[at + 1]).positions.push_back(position);
  }
  if (ids_.size() * 2 > slots_.size()) {
    grow();
  } else {
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = hash & mask;
    while (slots_[at] != 0) at = (at + 1) & mask;
    slots_[at] = position + 1;
  }
  return id;
}

MetricCatalog::Posting& MetricCatalog::posting(Word key, Word value) {
  const auto next = static_cast<std::uint32_t>(postings_.size());
  const auto index = posting_index_.find_or_insert(hash_of(key, value), next, [&](std::uint32_t i) {
    return postings_[i].key == key && postings_[i].value == value;
  });
  if (index == next) {
    postings_.push_back({key, value, {}});
    postings_of_[key].push_back(next);
  }
  return postings_[index];
}

const MetricCatalog::Posting* MetricCatalog::find_posting(Word key, Word value) const {
  const auto index = posting_index_.find(
      hash_of(key, value), [&](std::uint32_t i) { return postings_[i].key == key && postings_[i].value == value; });
  return index == model::IndexTable::kNone ? nullptr : &postings_[index];
}

void MetricCatalog::grow() {
  slots_.assign(std::max<std::size_t>(64, std::bit_ceil(ids_.size() * 4)), 0);
  const std::size_t mask = slots_.size() - 1;
  for (std::uint32_t position = 0; position < ids_.size(); ++position) {
    std::size_t at = hashes_[position] & mask;
    while (slots_[at] != 0) at = (at + 1) & mask;
    slots_[at] = position + 1;
  }
}

bool MetricCatalog::equals(std::size_t position, std::string_view canonical) const {
  const auto words = words_of(position);
  model::DimensionReader reader(canonical);
  for (std::size_t at = 0; at < words.size(); at += 2) {
    const auto dimension = reader.next();
    if (!dimension || dimension->first != words_->text(words[at]) || dimension->second != words_->text(words[at + 1])) {
      return false;
    }
  }
  return !reader.next();
}

void MetricCatalog::append_canonical(std::size_t position, std::string& out) const {
  const auto words = words_of(position);
  for (std::size_t at = 0; at < words.size(); at += 2) {
    model::append_dimension(out, words_->text(words[at]), words_->text(words[at + 1]));
  }
}

std::string MetricCatalog::encoded(std::size_t position) const {
  std::string out;
  for (const Word word : words_of(position)) append_varint(out, word);
  return out;
}

MetricCatalog::Bits MetricCatalog::matching(const query::Matcher& matcher, const model::Call& call) const {
  Bits bits((size() + 63) / 64, 0);
  const Word key = words_->find(matcher.key());
  const auto known = postings_of_.find(key);
  if (matcher.matches(std::nullopt)) {
    // Series that lack the key pass: start from all, take out those that have it.
    std::fill(bits.begin(), bits.end(), ~std::uint64_t{0});
    if (known != postings_of_.end()) {
      for (const auto index : known->second) {
        for (const auto position : postings_[index].positions) {
          bits[position / 64] &= ~(std::uint64_t{1} << (position % 64));
        }
      }
    }
  }
  if (known == postings_of_.end()) return bits;
  const auto add = [&](const Posting& posting) {
    for (const auto position : posting.positions) set_bit(bits, position);
  };
  if (matcher.filter().kind == Filter::Kind::any_of) {
    for (const auto& operand : matcher.filter().operands) {
      if (const Posting* posting = find_posting(key, words_->find(operand))) add(*posting);
    }
  } else {
    std::size_t tried = 0;
    for (const auto index : known->second) {
      if (++tried % kMatchesBetweenChecks == 0) call.check();
      if (matcher.matches(words_->text(postings_[index].value))) add(postings_[index]);
    }
  }
  return bits;
}

std::vector<std::uint32_t> MetricCatalog::select(std::span<const query::Matcher> matchers,
                                                 const model::Call& call) const {
  Bits passing((size() + 63) / 64, ~std::uint64_t{0});
  if (size() % 64 != 0) passing.back() = (std::uint64_t{1} << (size() % 64)) - 1;
  for (const auto& matcher : matchers) {
    const Bits bits = matching(matcher, call);
    for (std::size_t i = 0; i < passing.size(); ++i) passing[i] &= bits[i];
  }
  std::size_t count = 0;
  for (const std::uint64_t bits : passing) count += static_cast<std::size_t>(std::popcount(bits));
  std::vector<std::uint32_t> positions;
  positions.reserve(count);
  for (std::size_t i = 0; i < passing.size(); ++i) {
    for (std::uint64_t rest = passing[i]; rest != 0; rest &= rest - 1) {
      positions.push_back(static_cast<std::uint32_t>(i * 64 + static_cast<std::size_t>(std::countr_zero(rest))));
    }
  }
  return positions;
}

std::vector<std::string_view> MetricCatalog::keys() const {
  std::vector<std::string_view> keys;
  const auto is_committed = [&](std::uint32_t index) { return postings_[index].positions.front() < committed_; };
  for (const auto& [key, postings] : postings_of_) {
    if (std::any_of(postings.begin(), postings.end(), is_committed)) keys.push_back(words_->text(key));
  }
  return keys;
}

std::vector<MetricCatalog::Value> MetricCatalog::values(std::string_view key_text) const {
  std::vector<Value> values;
  const Word key = words_->find(key_text);
  const auto known = postings_of_.find(key);
  if (known == postings_of_.end()) return values;
  for (const auto index : known->second) {
    const std::span<const std::uint32_t> positions = postings_[index].positions;
    const auto end = std::lower_bound(positions.begin(), positions.end(), committed_);
    if (end == positions.begin()) continue;
    values.push_back(
        {words_->text(postings_[index].value), positions.first(static_cast<std::size_t>(end - positions.begin()))});
  }
  return values;
}

}  // namespace luminate::sqlite
