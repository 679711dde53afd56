// Luminate as a library, for bench/peers; one JSON object on standard output.
//
//     store_client load DATABASE --workload w1|w2 --scale 1
//     store_client compact DATABASE
//     store_client ask DATABASE QUESTION_FILE --repeat 3 --answer FILE
//
// load writes JSON bodies of 10,000 points from two threads. ask opens the store afresh, so that its first time is that
// of a store that has nothing in memory yet. The question is the JSON of a query, as over HTTP.
#include <atomic>
#include <chrono>
#include <exception>
#include <fstream>
#include <future>
#include <iostream>
#include <iterator>
#include <luminate/store.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "measure.hpp"
#include "workload.hpp"

namespace {

using namespace luminate::bench;

luminate::Options generous() {
  luminate::Options options;
  options.points.max_age = std::chrono::days(3'650);  // The data are of a fixed day.
  options.queries.max_groups = 10'000'000;
  options.queries.max_rows = 10'000'000;
  options.queries.default_timeout = options.queries.max_timeout = std::chrono::minutes(5);
  return options;
}

/// Stores from before there was compaction are left as they are.
template <class AnyStore>
void compact_if_it_can(AnyStore& store) {
  if constexpr (requires { store.compact(); }) store.compact();
}

void load(const std::string& database, const Flags& flags) {
  const auto shape = named_workload(flags.text("--workload", "w1"), flags.number("--scale", 1));
  if (!shape) throw std::runtime_error("no such workload");
  const std::vector<std::string> bodies = Workload(*shape).bodies(Format::json, 10'000);
  auto store = luminate::Store::open("sqlite:" + database, generous());
  std::atomic<std::size_t> next = 0;
  const auto write_all = [&] {
    for (std::size_t i = next++; i < bodies.size(); i = next++) store.write_json(bodies[i]);
  };
  const Measured measured = measure([&] {
    auto other = std::async(std::launch::async, write_all);
    write_all();
    other.get();
  });
  Record().add("seconds", measured.seconds).add("cpu_seconds", measured.cpu_seconds).print();
}

void compact(const std::string& database) {
  const Measured measured = measure([&] {
    auto store = luminate::Store::open("sqlite:" + database, generous());
    compact_if_it_can(store);
    store.close();
  });
  Record()
      .add("seconds", measured.seconds)
      .add("cpu_seconds", measured.cpu_seconds)
      .add("peak_memory_bytes", static_cast<double>(peak_memory_of_self()))
      .print();
}

void ask(const std::string& database, const std::string& question_file, const Flags& flags) {
  std::ifstream file(question_file, std::ios::binary);
  const std::string text(std::istreambuf_iterator<char>(file), {});
  const auto query = luminate::Query::parse_json(text);

  const Stopwatch opening;
  const auto store = luminate::Store::open("sqlite:" + database, generous());
  const double open_seconds = opening.seconds();
  std::optional<luminate::Result> result;
  const double cpu_before = cpu_seconds_of_self();
  const std::vector<double> seconds =
      time_again_and_again(flags.count("--repeat", 3), [&] { result = store.query(query); });
  const double cpu_seconds = cpu_seconds_of_self() - cpu_before;
  const std::size_t peak = peak_memory_of_self();
  if (result) std::ofstream(flags.text("--answer", "/dev/null"), std::ios::binary) << luminate::to_json(*result);
  Record()
      .add("open_seconds", open_seconds)
      .add("first_seconds", seconds.front())
      .add("median_seconds", quantile(seconds, 0.5))
      .add("cpu_seconds", cpu_seconds / static_cast<double>(seconds.size()))
      .add("times", static_cast<double>(seconds.size()))
      .add("peak_memory_bytes", static_cast<double>(peak))
      .print();
}

}  // namespace

int main(int argc, char** argv) try {
  const Flags flags(argc, argv, {"--repeat", "--answer", "--workload", "--scale"});
  const auto& words = flags.words();
  if (words.size() == 2 && words[0] == "load") {
    load(words[1], flags);
  } else if (words.size() == 2 && words[0] == "compact") {
    compact(words[1]);
  } else if (words.size() == 3 && words[0] == "ask") {
    ask(words[1], words[2], flags);
  } else {
    throw std::runtime_error("load DATABASE, compact DATABASE, or ask DATABASE QUESTION_FILE");
  }
  return 0;
} catch (const std::exception& error) {
  std::cerr << "store_client: " << error.what() << '\n';
  return 1;
}
