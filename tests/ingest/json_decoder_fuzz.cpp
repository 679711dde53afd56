// Whatever the bytes are: an Error in one line, or a batch that the Validator can judge and that holds what a general
// JSON library finds in them.
#include <luminate/error.hpp>
#include <luminate/validator.hpp>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "ingest/json_decoder.hpp"
#include "model/dimension_set.hpp"
#include "model/text.hpp"

namespace {

using luminate::Batch;
using luminate::ingest::JsonDecoder;
using luminate::ingest::SeriesCache;

constexpr std::int64_t kNow = 1'760'000'000'000;
constexpr luminate::WriteLimits kLimits{.max_batch_size = 50, .max_request_size_bytes = 100'000};

void require(bool condition) {
  if (!condition) std::abort();
}

void require_one_line(std::string_view text) {
  require(!text.empty() && text.size() < 1000);
  while (!text.empty()) {
    const auto character = luminate::model::first_character(text);
    require(character.length > 0 && !luminate::model::is_control(character.code_point));
    text.remove_prefix(character.length);
  }
}

void require_columns_that_fit(const Batch& batch) {
  require(!batch.empty() && batch.size() <= kLimits.max_batch_size);
  require(batch.timestamp_column().size() == batch.size() && batch.value_column().size() == batch.size());
  require(batch.series_count() <= batch.size() && batch.metric_count() <= batch.series_count());
  for (const auto series : batch.series_column()) {
    require(series < batch.series_count());
    require(batch.series_at(series).metric < batch.metric_count());
  }
}

std::int64_t timestamp_of(const nlohmann::json& number) {
  const bool fits = number.is_number_unsigned() ? number.get<std::uint64_t>() <= INT64_MAX : number.is_number_integer();
  return fits ? number.get<std::int64_t>() : luminate::ingest::kNoTimestamp;
}

void require_points_of(const nlohmann::json& document, const Batch& batch) {
  require(document.size() == 1 && document.at("metrics").size() == batch.size());
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const auto& point = document["metrics"][i];
    const auto series = batch.series_at(batch.series_column()[i]);
    require(point.at("name").get_ref<const std::string&>() == batch.metric_name(series.metric));
    require(point.at("value").get<double>() == batch.value_column()[i]);
    require(point.value("dimensions", luminate::Dimensions()) == luminate::model::dimensions_from(series.dimensions));
    const auto expected = point.contains("timestamp") ? timestamp_of(point["timestamp"]) : kNow;
    require(batch.timestamp_column()[i] == expected);
  }
}

// The library takes a number that is too large for a double for no JSON at all.
bool has_number_out_of_range(const Batch& batch) {
  const auto values = batch.value_column();
  const auto timestamps = batch.timestamp_column();
  return std::any_of(values.begin(), values.end(), [](double value) { return std::isinf(value); }) ||
         std::find(timestamps.begin(), timestamps.end(), luminate::ingest::kNoTimestamp) != timestamps.end();
}

/// The same text, when a store has given handles to its series: the points are the same, and all come by handle.
void require_the_same_by_handle(const JsonDecoder& decoder, std::string_view json, SeriesCache& cache,
                                const Batch& batch) {
  static std::uint64_t generation = 0;
  std::vector<SeriesCache::Handle> handles(batch.series_count());
  for (std::size_t i = 0; i < handles.size(); ++i) handles[i] = i + 1;
  cache.remember(++generation, decoder.keys(), handles);

  static JsonDecoder second(cache);
  static Batch known;
  second.decode(json, kNow, kLimits, "t", cache.view(), known);
  require(known.size() == batch.size() && known.handle_generation() == generation);
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const auto expected = batch.series_column()[i];
    const auto series = known.series_at(known.series_column()[i]);
    require(series.metric == batch.series_at(expected).metric);
    // A set that is written in two ways is known by one of them.
    require(series.handle == expected + 1 || batch.series_at(expected).dimensions == series.dimensions);
    require(known.timestamp_column()[i] == batch.timestamp_column()[i]);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // One decoder for all inputs: what one leaves behind must not disturb the next.
  static SeriesCache cache(1'000'000);
  static JsonDecoder decoder(cache);
  static Batch batch;
  const std::string_view json(reinterpret_cast<const char*>(data), size);
  try {
    decoder.decode(json, kNow, kLimits, "t", {}, batch);
  } catch (const luminate::Error& error) {
    require_one_line(error.what());
    return 0;
  }
  require_columns_that_fit(batch);
  require_the_same_by_handle(decoder, json, cache, batch);
  for (const auto& verdict : luminate::Validator().check(batch, kNow)) require_one_line(verdict.message);

  if (const auto document = nlohmann::json::parse(json, nullptr, false); !document.is_discarded()) {
    require_points_of(document, batch);
  } else {
    require(has_number_out_of_range(batch));
  }
  return 0;
}
