#include "sqlite/select_series.hpp"

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include "model/index_table.hpp"

namespace luminate::sqlite {
namespace {

using Word = WordTable::Id;

constexpr std::size_t kSeriesBetweenChecks = 8192;
constexpr std::size_t kSeriesOfTask = 65'536;

/// Numbers the different combinations of values that series have for some keys. A combination of n values is numbered
/// by way of that of its first n - 1. Most queries group by one key: that takes a look into a table of all words.
class Grouping {
 public:
  Grouping(const MetricCatalog& metric, const std::vector<std::string>& group_by)
      : metric_(metric), by_first_word_(group_by.empty() ? 0 : metric.words().last() + 1, kNone) {
    for (const std::string& key : group_by) keys_.push_back({metric.words().find(key)});
  }

  /// The value of the first key, for many series at once: what takes long is waiting for memory, which threads do side
  /// by side.
  std::vector<Word> first_words(std::span<const std::uint32_t> positions, engine::Workers& workers) const {
    if (keys_.empty()) return {};
    std::vector<Word> words(positions.size());
    workers.run((positions.size() + kSeriesOfTask - 1) / kSeriesOfTask, [&](std::size_t task) {
      std::size_t hint = 0;
      const std::size_t end = std::min(positions.size(), (task + 1) * kSeriesOfTask);
      for (std::size_t i = task * kSeriesOfTask; i < end; ++i) {
        words[i] = metric_.value_of(positions[i], keys_[0].word, hint);
      }
    });
    return words;
  }

  /// The number of a series' group; numbers begin at 0 and `made(values)` is called for each new one.
  /// @param word the value of the first key, if there is one.
  template <class Made>
  std::uint32_t group_of(std::size_t position, Word word, const Made& made) {
    if (keys_.empty()) return 0;
    std::uint32_t& first = by_first_word_[word];
    if (first == kNone) {
      first = static_cast<std::uint32_t>(firsts_++);
      if (keys_.size() == 1) made(texts(position));
    }
    std::uint32_t group = first;
    for (std::size_t i = 1; i < keys_.size(); ++i) {
      const Longer longer{i, group, metric_.value_of(position, keys_[i].word, keys_[i].hint)};
      const auto next = static_cast<std::uint32_t>(longer_.size());
      group = table_.find_or_insert(longer.hash(), next, [&](std::uint32_t known) { return longer_[known] == longer; });
      if (group == next) {
        longer_.push_back(longer);
        const bool whole = i + 1 == keys_.size();
        numbers_.push_back(whole ? groups_++ : kNone);
        if (whole) made(texts(position));
      }
    }
    return keys_.size() == 1 ? group : numbers_[group];
  }

 private:
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;

  struct Key {
    Word word;
    std::size_t hint = 0;
  };

  /// A combination of `length` + 1 values: one that is a value shorter, and the last value.
  struct Longer {
    std::size_t length;
    std::uint32_t shorter;
    Word last;
    friend bool operator==(const Longer&, const Longer&) = default;
    std::uint64_t hash() const noexcept {
      return ((std::uint64_t{shorter} << 32 | last) + length) * 0x9E3779B97F4A7C15ULL;
    }
  };

  std::vector<std::string> texts(std::size_t position) const {
    std::vector<std::string> values;
    for (const Key& key : keys_) {
      std::size_t hint = key.hint;
      const Word value = metric_.value_of(position, key.word, hint);
      values.emplace_back(value == WordTable::kNone ? std::string_view() : metric_.words().text(value));
    }
    return values;
  }

  const MetricCatalog& metric_;
  std::vector<Key> keys_;
  std::vector<std::uint32_t> by_first_word_;
  std::size_t firsts_ = 0;
  model::IndexTable table_;
  std::vector<Longer> longer_;
  std::vector<std::uint32_t> numbers_;  ///< Of those in `longer_` that are whole.
  std::uint32_t groups_ = 0;
};

}  // namespace

void select_series(const MetricCatalog& metric, const query::Plan& plan, engine::Workers& workers,
                   const model::Call& call, engine::Selection& selection, std::vector<SeriesId>& ids) {
  const bool grouped = plan.type != QueryType::range && !plan.group_by.empty();
  Grouping grouping(metric, grouped ? plan.group_by : std::vector<std::string>());
  const auto made = [&](std::vector<std::string> values) { selection.add_group(std::move(values)); };
  if (!grouped) made({});

  const auto positions = metric.select(plan.matchers, call);
  const std::vector<Word> words = grouping.first_words(positions, workers);
  std::vector<std::uint32_t> groups(positions.size());
  ids.resize(positions.size());
  for (std::size_t i = 0; i < positions.size(); ++i) {
    if (i % kSeriesBetweenChecks == 0) call.check();
    groups[i] = grouping.group_of(positions[i], words.empty() ? WordTable::kNone : words[i], made);
    ids[i] = metric.id(positions[i]);
  }
  if (!selection.keeps_dimensions()) return selection.add_all(std::move(groups));

  std::string canonical;
  for (std::size_t i = 0; i < positions.size(); ++i) {
    if (i % kSeriesBetweenChecks == 0) call.check();
    canonical.clear();
    metric.append_canonical(positions[i], canonical);
    selection.add(groups[i], canonical);
  }
}

}  // namespace luminate::sqlite
