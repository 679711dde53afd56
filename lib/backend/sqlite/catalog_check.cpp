#include <luminate/error.hpp>

#include <algorithm>
#include <limits>
#include <span>
#include <string_view>
#include <tuple>

#include "model/dimension_set.hpp"
#include "model/names.hpp"
#include "model/text.hpp"
#include "sqlite/check_state.hpp"
#include "sqlite/stored_words.hpp"

namespace luminate::sqlite {
namespace {

constexpr std::size_t kRowsBetweenChecks = 1024;

/// Finds equal byte strings among many, for 16 bytes each.
class Duplicates {
 public:
  void add(std::string_view bytes, std::int64_t id) { entries_.push_back({model::fingerprint(bytes), id}); }

  /// Calls `found(id, id)` for each that is there again.
  template <class Found>
  void for_each(Found found) {
    const auto key = [](const Entry& entry) { return std::tuple(entry.print.high, entry.print.low, entry.id); };
    std::sort(entries_.begin(), entries_.end(), [&](const Entry& a, const Entry& b) { return key(a) < key(b); });
    for (std::size_t i = 1; i < entries_.size(); ++i) {
      if (entries_[i].print == entries_[i - 1].print) found(entries_[i - 1].id, entries_[i].id);
    }
  }

 private:
  struct Entry {
    Batch::Fingerprint print;
    std::int64_t id;
  };
  std::vector<Entry> entries_;
};

void check_versions(CheckState& state) {
  const auto rows = state.connection.query_integer("SELECT count(*) FROM catalog_version");
  if (rows == 1) return;
  state.damage(0, "the table catalog_version has " + std::to_string(rows) + " rows, one is right",
               "processes that read along may miss new or deleted series");
}

/// @returns the number of the last word before the first gap.
std::uint32_t check_words(CheckState& state) {
  const std::string unreadable = "no metric can be read; restore the file from a backup";
  Duplicates texts;
  std::int64_t expected = 1;
  bool gap = false;
  Statement rows = state.connection.prepare("SELECT id, text FROM word ORDER BY id");
  for (std::size_t row = 1; rows.step(); ++row) {
    if (row % kRowsBetweenChecks == 0) state.call.check();
    const std::int64_t id = rows.integer(0);
    const std::string_view text = rows.text(1);
    if (id != expected && !gap) {
      gap = true;
      state.damage(0, "word " + std::to_string(expected) + " is missing, the next one there is " + std::to_string(id),
                   unreadable);
    }
    if (!gap) ++expected;
    ++state.report.words;
    if (text.empty() || !model::valid_utf8(text)) {
      state.damage(0, "word " + std::to_string(id) + (text.empty() ? " is empty" : " is not valid UTF-8"),
                   "series whose dimensions it is part of come out wrong; restore the file from a backup");
    }
    texts.add(text, id);
  }
  texts.for_each([&](std::int64_t first, std::int64_t second) {
    state.damage(0, "words " + std::to_string(first) + " and " + std::to_string(second) + " are the same text",
                 unreadable);
  });
  return static_cast<std::uint32_t>(std::min<std::int64_t>(expected - 1, std::numeric_limits<std::uint32_t>::max()));
}

void check_metrics(CheckState& state) {
  Statement rows = state.connection.prepare("SELECT id, tenant, name FROM metric ORDER BY id");
  while (rows.step()) {
    const std::int64_t id = rows.integer(0);
    CheckState::Metric& metric = state.metrics[id];
    metric.tenant = rows.text(1);
    metric.name = rows.text(2);
    metric.named = true;
    ++state.report.metrics;
    if (!model::valid_name(metric.name, model::kMaxMetricNameLength)) {
      state.damage(
          id,
          "metric " + std::to_string(id) + " has the name " + model::quote(metric.name) + ", which breaks the rules",
          "no query can name it");
    }
  }
}

/// The rows of the table `series`, metric by metric.
class SeriesCheck {
 public:
  SeriesCheck(CheckState& state, std::uint32_t last_word)
      : state_(state), last_word_(last_word), texts_(state.connection) {}

  void run() {
    Statement rows = state_.connection.prepare("SELECT metric_id, id, dimensions FROM series ORDER BY metric_id, id");
    for (std::size_t row = 1; rows.step(); ++row) {
      if (row % kRowsBetweenChecks == 0) state_.call.check();
      begin_metric(rows.integer(0));
      check(rows.integer(1), rows.blob(2));
    }
    end_metric();
  }

 private:
  void begin_metric(std::int64_t id) {
    if (metric_ != nullptr && id == metric_id_) return;
    end_metric();
    metric_id_ = id;
    metric_ = &state_.metrics[id];
    if (metric_->named) return;
    state_.damage(id, "there are series of metric " + std::to_string(id) + ", which has no name in the catalog",
                  "its samples cannot be queried; restore the file from a backup");
  }

  void check(std::int64_t id, std::span<const std::byte> dimensions) {
    ++state_.report.series;
    const auto say = [&](const std::string& what, const std::string& consequence) {
      state_.damage(metric_id_, "series " + std::to_string(id) + " of " + state_.label(metric_id_) + " " + what,
                    consequence);
    };
    const std::string unreadable = "the whole metric cannot be read; restore the file from a backup";
    if (id < 1 || id > std::numeric_limits<SeriesId>::max()) return say("has a number that no series has", unreadable);
    metric_->series.push_back(static_cast<SeriesId>(id));
    if (!read_word_ids(dimensions, words_)) return say("has dimensions that are no list of words", unreadable);
    const auto last = static_cast<std::uint32_t>(last_word_);
    for (const auto word : words_) {
      if (word < 1 || word > last) return say("names word " + std::to_string(word) + ", which is missing", unreadable);
    }
    std::string before;
    for (std::size_t i = 0; i < words_.size(); i += 2) {
      const std::string key(texts_.text(words_[i]));
      if (i > 0 && key <= before) return say("has keys that are not in order", "writes make a second series of it");
      before = key;
    }
    sets_.add({reinterpret_cast<const char*>(dimensions.data()), dimensions.size()}, id);
  }

  void end_metric() {
    if (metric_ == nullptr) return;
    metric_->has_samples.assign(metric_->series.size(), false);
    sets_.for_each([&](std::int64_t first, std::int64_t second) {
      state_.damage(metric_id_,
                    "series " + std::to_string(first) + " and " + std::to_string(second) + " of " +
                        state_.label(metric_id_) + " have the same dimensions",
                    "answers count one series as two, and a timestamp may appear twice");
    });
    sets_ = {};
    metric_ = nullptr;
  }

  CheckState& state_;
  const std::uint32_t last_word_;
  StoredWords texts_;
  Duplicates sets_;
  std::vector<std::uint32_t> words_;
  CheckState::Metric* metric_ = nullptr;
  std::int64_t metric_id_ = 0;
};

}  // namespace

void check_catalog(CheckState& state) {
  const std::string consequence = "metrics, series or words are missing; restore the file from a backup";
  const auto attempt = [&](const std::string& what, const std::function<void()>& part) {
    state.catalog_whole = state.attempt(what, consequence, part) && state.catalog_whole;
  };
  std::uint32_t last_word = 0;
  attempt("the table catalog_version", [&] { check_versions(state); });
  attempt("the table word", [&] { last_word = check_words(state); });
  attempt("the table metric", [&] { check_metrics(state); });
  attempt("the table series", [&] { SeriesCheck(state, last_word).run(); });
  // After a failure half way some may still be open.
  for (auto& [id, metric] : state.metrics) metric.has_samples.resize(metric.series.size(), false);
}

}  // namespace luminate::sqlite
