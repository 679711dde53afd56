// From JSON text to a validated batch, and what others take to read the same text.
//
//     build/release/bench/ingest_bench
//
// Argument 0: every point is of a series of its own. Argument n: n series in turns.
#include <luminate/metric.hpp>
#include <luminate/validator.hpp>

#include <benchmark/benchmark.h>
#include <simdjson.h>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/json_decoder.hpp"
#include "ingest/structural_index.hpp"

namespace {

constexpr std::size_t kPoints = 10'000;
constexpr std::int64_t kNow = 1'760'000'000'000;

std::string write_text(std::size_t series) {
  std::string json = R"({"metrics":[)";
  for (std::size_t i = 0; i < kPoints; ++i) {
    const std::size_t s = series == 0 ? i : i % series;
    if (i != 0) json += ',';
    json += R"({"name":"api_latency","timestamp":)" + std::to_string(kNow + static_cast<std::int64_t>(i)) +
            R"(,"value":)" + std::to_string(i % 1000) + "." + std::to_string(i % 10) +
            R"(,"dimensions":{"customer_id":"cust_)" + std::to_string(s) +
            R"(","endpoint":"/api/v1/users","region":"eu-west","method":"GET","host":"host-)" + std::to_string(s % 64) +
            R"("}})";
  }
  return json += "]}";
}

void report(benchmark::State& state, std::size_t bytes) {
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kPoints));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes));
}

void decode(benchmark::State& state) {
  const std::string json = write_text(static_cast<std::size_t>(state.range(0)));
  const luminate::ingest::SeriesCache cache(0);
  luminate::ingest::JsonDecoder decoder(cache);
  luminate::Batch batch;
  for (auto _ : state) {
    decoder.decode(json, kNow, {}, "", {}, batch);
    benchmark::DoNotOptimize(batch.size());
  }
  report(state, json.size());
}
BENCHMARK(decode)->Arg(0)->Arg(2000)->Arg(100)->Arg(1);

void find_tokens(benchmark::State& state) {
  const std::string json = write_text(0);
  luminate::ingest::StructuralIndex index;
  for (auto _ : state) benchmark::DoNotOptimize(index.build(json).size());
  report(state, json.size());
}
BENCHMARK(find_tokens);

void validate(benchmark::State& state) {
  const std::string json = write_text(static_cast<std::size_t>(state.range(0)));
  luminate::Batch batch;
  const luminate::ingest::SeriesCache cache(0);
  luminate::ingest::JsonDecoder(cache).decode(json, kNow, {}, "", {}, batch);
  const luminate::Validator validator;
  for (auto _ : state) benchmark::DoNotOptimize(validator.check(batch, kNow).size());
  report(state, json.size());
}
BENCHMARK(validate)->Arg(0)->Arg(100);

/// simdjson's own reader, On-Demand, asked for every key and value in order and keeping none.
void simdjson_walks(benchmark::State& state) {
  const simdjson::padded_string json(write_text(0));
  simdjson::ondemand::parser parser;
  for (auto _ : state) {
    std::size_t sum = 0;
    auto document = parser.iterate(json);
    for (auto point : document["metrics"].get_array()) {
      for (auto field : point.get_object()) {
        const std::string_view key = field.unescaped_key();
        if (key == "value") {
          sum += static_cast<std::size_t>(field.value().get_double().value());
        } else if (key == "timestamp") {
          sum += static_cast<std::size_t>(field.value().get_int64().value());
        } else if (key == "name") {
          sum += field.value().get_string().value().size();
        } else {
          for (auto dimension : field.value().get_object()) {
            sum += std::string_view(dimension.unescaped_key()).size();
            sum += dimension.value().get_string().value().size();
          }
        }
      }
    }
    benchmark::DoNotOptimize(sum);
  }
  report(state, json.size());
}
BENCHMARK(simdjson_walks);

struct CountingSax : nlohmann::json_sax<nlohmann::json> {
  std::size_t sum = 0;
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t n) override { return sum += n, true; }
  bool number_float(number_float_t, const string_t&) override { return ++sum, true; }
  bool string(string_t& text) override { return sum += text.size(), true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override { return true; }
  bool key(string_t& text) override { return sum += text.size(), true; }
  bool end_object() override { return true; }
  bool start_array(std::size_t) override { return true; }
  bool end_array() override { return true; }
  bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception&) override { return false; }
};

void nlohmann_sax_walks(benchmark::State& state) {
  const std::string json = write_text(0);
  for (auto _ : state) {
    CountingSax sax;
    if (!nlohmann::json::sax_parse(json, &sax)) state.SkipWithError("not parsed");
    benchmark::DoNotOptimize(sax.sum);
  }
  report(state, json.size());
}
BENCHMARK(nlohmann_sax_walks);

}  // namespace
