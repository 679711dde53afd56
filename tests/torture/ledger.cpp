#include "torture/ledger.hpp"

#include <algorithm>
#include <random>
#include <stdexcept>

#include "support/answers.hpp"

namespace luminate::test {
namespace {

constexpr std::int64_t kLastSlot = 100'000;

std::int64_t slot(int number) {
  return kStart + number * Ledger::kSlotMs;
}

/// Half of the points belong to a series that all batches share.
std::string generation(int number, int point) {
  return std::to_string(point % 2 == 0 ? 0 : number / 3 + 1);
}

}  // namespace

Batch Ledger::batch(int number) const {
  Batch batch;
  for (int which = 0; which < kMetrics; ++which) {
    for (int i = 0; i < points; ++i) {
      batch.add({metric(which),
                 slot(number) + i,
                 1.0 * number,
                 {{"writer", std::to_string(writer)}, {"generation", generation(number, i)}}});
    }
  }
  if (ballast > 0) {
    std::mt19937_64 random(static_cast<std::uint64_t>(number));
    const auto series = batch.series(name + "_ballast", {{"writer", std::to_string(writer)}});
    for (int i = 0; i < ballast; ++i) {
      batch.add(series, kStart + std::int64_t{number} * ballast + i,
                std::uniform_real_distribution<double>(-1, 1)(random));
    }
  }
  return batch;
}

std::string Ledger::json(int number) const {
  std::string json = R"({"metrics":[)";
  for (int which = 0; which < kMetrics; ++which) {
    for (int i = 0; i < points; ++i) {
      if (json.back() == '}') json += ',';
      json += R"({"name":")" + metric(which) + R"(","timestamp":)" + std::to_string(slot(number) + i) + R"(,"value":)" +
              std::to_string(number) + R"(,"dimensions":{"writer":")" + std::to_string(writer) + R"(","generation":")" +
              generation(number, i) + R"("}})";
    }
  }
  return json + "]}";
}

void Ledger::write(Store& store, int number) const {
  const WriteReport report = store.write(batch(number));
  if (report.rejected != 0) throw std::logic_error("batch " + std::to_string(number) + " has points that are refused");
}

void Ledger::remove(Store& store, int number) const {
  for (int which = 0; which < kMetrics; ++which) {
    store.remove({.metric = metric(which),
                  .time_range = {slot(number), slot(number + 1)},
                  .filters = {{"writer", Filter::Kind::any_of, {std::to_string(writer)}}}});
  }
}

std::string Ledger::read(const Store& store, int which, Numbers& found) const {
  Query query = Query::aggregate(metric(which), {{Aggregation::Kind::min}, {Aggregation::Kind::max}})
                    .between(kStart, slot(kLastSlot))
                    .where("writer", std::to_string(writer))
                    .every(std::chrono::milliseconds(kSlotMs));
  const Result result = store.query(query);
  for (const auto& row : result.aggregate().rows) {
    const auto number = static_cast<int>((*row.bucket_ms - kStart) / kSlotMs);
    const std::string where = metric(which) + ", batch " + std::to_string(number);
    if (row.count != static_cast<std::uint64_t>(points)) {
      return where + " has " + std::to_string(row.count) + " of " + std::to_string(points) + " points";
    }
    if (row.values != std::vector<double>{1.0 * number, 1.0 * number}) return where + " has other values";
    if (!found.insert(number).second) return where + " is there twice";
  }
  return "";
}

std::vector<double> Ledger::read_ballast(const Store& store) const {
  using enum Aggregation::Kind;
  const Result result = store.query(Query::aggregate(name + "_ballast", {{count}, {sum}, {min}, {max}})
                                        .between(kStart, slot(kLastSlot))
                                        .where("writer", std::to_string(writer)));
  return result.aggregate().rows.empty() ? std::vector<double>{} : result.aggregate().rows[0].values;
}

std::string Ledger::check_one(const Store& store, int which, Numbers& found, const Numbers& answered,
                              const Numbers& in_doubt) const {
  if (auto wrong = read(store, which, found); !wrong.empty()) return wrong;
  if (!std::ranges::includes(found, answered)) {
    return metric(which) + " holds batches " + text(found) + ", but " + text(answered) + " were answered";
  }
  for (const int number : found) {
    if (!answered.contains(number) && !in_doubt.contains(number)) {
      return metric(which) + " holds batch " + std::to_string(number) + ", which nobody wrote, or which was deleted";
    }
  }
  return "";
}

std::string Ledger::check_each(const Store& store, const Numbers& answered, const Numbers& in_doubt) const {
  std::string wrong;
  for (int which = 0; which < kMetrics && wrong.empty(); ++which) {
    Numbers found;
    wrong = check_one(store, which, found, answered, in_doubt);
  }
  return wrong;
}

std::string Ledger::check(const Store& store, const Numbers& answered, const Numbers& in_doubt) const {
  Numbers first;
  if (auto wrong = check_one(store, 0, first, answered, in_doubt); !wrong.empty()) return wrong;
  for (int which = 1; which < kMetrics; ++which) {
    Numbers found;
    if (auto wrong = check_one(store, which, found, answered, in_doubt); !wrong.empty()) return wrong;
    if (found != first) return metric(which) + " holds batches " + text(found) + ", another one " + text(first);
  }
  return "";
}

std::string text(const Ledger::Numbers& numbers) {
  std::string shown;
  for (auto next = numbers.begin(); next != numbers.end();) {
    const int begin = *next;
    int end = begin;
    while (++next != numbers.end() && *next == end + 1) end = *next;
    shown += (shown.empty() ? "" : " ") + std::to_string(begin);
    if (end != begin) shown += "-" + std::to_string(end);
  }
  return shown.empty() ? "none" : shown;
}

}  // namespace luminate::test
