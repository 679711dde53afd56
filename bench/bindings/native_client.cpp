#include <luminate.h>
#include <luminate/store.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "bench/measure.hpp"

// What programs in C++ and in C get, for run.py, which says what is measured:
//
//     native_client write c++|c SHAPE URL BATCHES      one line of JSON
//     native_client query ROUNDS                       a small query by both, in turns
namespace {

using namespace luminate::bench;

constexpr std::size_t kBatch = 10'000;
constexpr std::int64_t kStart = 1'767'225'600'000;
const char* const kMetric = "api_latency";

/// How the points of a batch are spread over series.
struct Shape {
  std::size_t series;
  bool by_column;  ///< Or point by point.
  std::size_t samples() const { return kBatch / series; }
};

Shape shape_of(std::string_view name) {
  if (name == "column") return {1, true};
  if (name == "columns") return {10, true};
  if (name == "table") return {100, false};
  if (name == "points") return {kBatch, false};
  throw std::runtime_error("a shape is column, columns, table or points");
}

double value_at(std::size_t i) {
  return static_cast<double>(i * 7919 % 10007) / 10;
}

/// What the program has before it begins to write: names, and the columns of all series of a batch, one after another.
struct Data {
  Data(Shape shape_of_it, std::size_t batches) : shape(shape_of_it) {
    for (std::size_t i = 0; i < shape.series; ++i) {
      customers.push_back("customer_" + std::to_string(i));
      regions.push_back("region_" + std::to_string(i % 4));
    }
    for (std::size_t i = 0; i < kBatch; ++i) values.push_back(value_at(i));
    for (std::size_t i = 0; i < batches * shape.samples(); ++i) {
      timestamps.push_back(kStart + static_cast<std::int64_t>(i) * 1000);
    }
  }
  std::span<const std::int64_t> times(std::size_t batch) const {
    return {timestamps.data() + batch * shape.samples(), shape.samples()};
  }
  std::span<const double> column(std::size_t series) const {
    return {values.data() + series * shape.samples(), shape.samples()};
  }

  Shape shape;
  std::vector<std::string> customers;
  std::vector<std::string> regions;
  std::vector<double> values;
  std::vector<std::int64_t> timestamps;
};

luminate::Options options() {
  luminate::Options options;
  options.set("batch_write.max_age", "36500d");
  options.set("storage.durability", "normal");
  return options;
}

void report(std::size_t batches, const Measured& measured) {
  Record()
      .add("points", static_cast<double>(batches * kBatch))
      .add("seconds", measured.seconds)
      .add("cpu_seconds", measured.cpu_seconds)
      .print();
}

void write_cpp(const Data& data, const std::string& url, std::size_t batches) {
  auto store = luminate::Store::open(url, options());
  luminate::Batch batch;
  const auto write = [&](std::size_t number) {
    batch.clear();
    for (std::size_t i = 0; i < data.shape.series; ++i) {
      const auto series =
          batch.series(kMetric, {{"customer_id", data.customers[i]}, {"endpoint", "/v1"}, {"region", data.regions[i]}});
      if (data.shape.by_column) {
        batch.append(series, data.times(number), data.column(i));
      } else {
        for (std::size_t j = 0; j < data.shape.samples(); ++j) {
          batch.add(series, data.times(number)[j], data.column(i)[j]);
        }
      }
    }
    if (store.write(batch).accepted != kBatch) throw std::runtime_error("points were refused");
  };
  write(0);
  report(batches - 1, measure([&] {
           for (std::size_t i = 1; i < batches; ++i) write(i);
         }));
}

/// For a program that gives up at the first error.
void check(luminate_status status) {
  if (status != LUMINATE_OK) throw std::runtime_error(luminate_status_name(status));
}

luminate_store* open_c(const std::string& url) {
  luminate_options* options = nullptr;
  luminate_store* store = nullptr;
  check(luminate_options_create(&options, nullptr));
  check(luminate_options_set(options, "batch_write.max_age", LUMINATE_NUL, "36500d", LUMINATE_NUL, nullptr));
  check(luminate_options_set(options, "storage.durability", LUMINATE_NUL, "normal", LUMINATE_NUL, nullptr));
  check(luminate_store_open(url.c_str(), LUMINATE_NUL, options, &store, nullptr));
  luminate_options_destroy(options);
  return store;
}

void fill_c(luminate_batch* batch, const Data& data, std::size_t number) {
  static const char* const kKeys[] = {"customer_id", "endpoint", "region"};
  for (std::size_t i = 0; i < data.shape.series; ++i) {
    const char* const values[] = {data.customers[i].c_str(), "/v1", data.regions[i].c_str()};
    std::uint32_t series = 0;
    check(luminate_batch_series(batch, kMetric, LUMINATE_NUL, kKeys, nullptr, values, nullptr, 3, &series, nullptr));
    if (data.shape.by_column) {
      check(luminate_batch_append(batch, series, data.times(number).data(), data.column(i).data(), data.shape.samples(),
                                  nullptr));
      continue;
    }
    for (std::size_t j = 0; j < data.shape.samples(); ++j) {
      check(luminate_batch_add(batch, series, data.times(number)[j], data.column(i)[j], nullptr));
    }
  }
}

void write_c(const Data& data, const std::string& url, std::size_t batches) {
  luminate_store* store = open_c(url);
  luminate_batch* batch = nullptr;
  check(luminate_batch_create(&batch, nullptr));
  const auto write = [&](std::size_t number) {
    std::uint64_t accepted = 0;
    luminate_batch_clear(batch);
    fill_c(batch, data, number);
    check(luminate_store_write(store, batch, nullptr, &accepted, nullptr, nullptr));
    if (accepted != kBatch) throw std::runtime_error("points were refused");
  };
  write(0);
  report(batches - 1, measure([&] {
           for (std::size_t i = 1; i < batches; ++i) write(i);
         }));
  luminate_batch_destroy(batch);
  luminate_store_destroy(store);
}

/// Microseconds of each of many calls.
double median_us(std::size_t calls, const std::function<void()>& call) {
  std::vector<double> times;
  for (std::size_t i = 0; i < calls; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    call();
    times.push_back(std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin).count());
  }
  return quantile(std::move(times), 0.5);
}

/// The last value and the average of one series of ten samples, asked for and read: what is asked most often, and what
/// there is least to do for. The query is built anew each time, by both.
void query(std::size_t rounds) {
  const Data data({1'000, true}, 1);
  auto cpp = luminate::Store::open("memory:", options());
  luminate_store* c = open_c("memory:");
  luminate::Batch batch;
  luminate_batch* c_batch = nullptr;
  for (std::size_t i = 0; i < data.shape.series; ++i) {
    batch.append(batch.series(kMetric, {{"customer_id", data.customers[i]}}), data.times(0), data.column(i));
  }
  cpp.write(batch);
  check(luminate_batch_create(&c_batch, nullptr));
  for (std::size_t i = 0; i < data.shape.series; ++i) {
    static const char* const kKeys[] = {"customer_id"};
    const char* const values[] = {data.customers[i].c_str()};
    std::uint32_t series = 0;
    check(luminate_batch_series(c_batch, kMetric, LUMINATE_NUL, kKeys, nullptr, values, nullptr, 1, &series, nullptr));
    check(luminate_batch_append(c_batch, series, data.times(0).data(), data.column(i).data(), data.shape.samples(),
                                nullptr));
  }
  check(luminate_store_write(c, c_batch, nullptr, nullptr, nullptr, nullptr));

  double by_cpp_answer = 0;
  double by_c_answer = 0;
  using Kind = luminate::Aggregation::Kind;
  const auto ask_cpp = [&] {
    const auto result = cpp.query(luminate::Query::aggregate(kMetric, {{Kind::avg}, {Kind::last}})
                                      .between(kStart, kStart + 60'000)
                                      .where("customer_id", "customer_7"));
    by_cpp_answer = result.aggregate().rows.at(0).values[0];
  };
  const auto ask_c = [&] {
    const char* const customer = "customer_7";
    luminate_query* query = nullptr;
    luminate_result* result = nullptr;
    check(luminate_query_create(LUMINATE_AGGREGATE, kMetric, LUMINATE_NUL, &query, nullptr));
    check(luminate_query_aggregation(query, "avg", LUMINATE_NUL, nullptr));
    check(luminate_query_aggregation(query, "last", LUMINATE_NUL, nullptr));
    check(luminate_query_between(query, kStart, kStart + 60'000, nullptr));
    check(luminate_query_filter(query, "customer_id", LUMINATE_NUL, LUMINATE_ANY_OF, &customer, nullptr, 1, nullptr));
    check(luminate_store_query(c, query, nullptr, &result, nullptr));
    by_c_answer = luminate_result_numbers(result, 0)[0];
    luminate_result_destroy(result);
    luminate_query_destroy(query);
  };
  constexpr std::size_t kCalls = 2'000;
  median_us(kCalls, ask_cpp);
  median_us(kCalls, ask_c);
  std::vector<double> by_cpp;
  std::vector<double> by_c;
  std::vector<double> more;
  for (std::size_t i = 0; i < rounds; ++i) {
    by_cpp.push_back(median_us(kCalls, ask_cpp));
    by_c.push_back(median_us(kCalls, ask_c));
    more.push_back(by_c.back() - by_cpp.back());
  }
  if (by_cpp_answer != by_c_answer || by_c_answer == 0) throw std::runtime_error("the answers differ");
  Record()
      .add("cpp_us", quantile(by_cpp, 0.5))
      .add("c_us", quantile(by_c, 0.5))
      .add("more_us", quantile(more, 0.5))
      .print();
  luminate_batch_destroy(c_batch);
  luminate_store_destroy(c);
}

int run(const std::vector<std::string>& words) {
  if (words.size() == 2 && words[0] == "query") {
    query(std::stoul(words[1]));
  } else if (words.size() == 5 && words[0] == "write") {
    const std::size_t batches = std::stoul(words[4]) + 1;
    const Data data(shape_of(words[2]), batches);
    (words[1] == "c" ? write_c : write_cpp)(data, words[3], batches);
  } else {
    std::fputs("usage: native_client write c++|c SHAPE URL BATCHES | query ROUNDS\n", stderr);
    return 2;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "native_client: %s\n", error.what());
    return 1;
  }
}
