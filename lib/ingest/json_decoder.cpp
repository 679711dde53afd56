#include "ingest/json_decoder.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "ingest/dimension_sorter.hpp"
#include "ingest/json_cursor.hpp"
#include "ingest/json_scalar.hpp"
#include "ingest/shape_error.hpp"
#include "ingest/structural_index.hpp"
#include "ingest/text_series.hpp"

namespace luminate::ingest {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

enum class Field : unsigned { name, timestamp, value, dimensions };

std::optional<Field> field_of(std::string_view key) {
  switch (key.size()) {
    case 4:
      return key == "name" ? std::optional(Field::name) : std::nullopt;
    case 5:
      return key == "value" ? std::optional(Field::value) : std::nullopt;
    case 9:
      return key == "timestamp" ? std::optional(Field::timestamp) : std::nullopt;
    case 10:
      return key == "dimensions" ? std::optional(Field::dimensions) : std::nullopt;
    default:
      return std::nullopt;
  }
}

/// Gives names of the metrics of one text their keys: mostly the one of the point before.
class MetricKeys {
 public:
  MetricKeys(const model::KeyedHash& hash, std::string_view tenant, Batch& batch)
      : hash_(hash), batch_(batch), has_keys_(tenant.size() <= model::KeyedHash::kMaxBytes) {
    if (has_keys_) tenant_ = hash_({}, tenant);
  }

  struct Metric {
    SeriesCache::Key key;
    std::uint32_t index = 0;  ///< In the batch.
    bool has_key = false;
  };
  const Metric& of(std::string_view name) {
    if (!is_first_ && name == name_) return metric_;
    is_first_ = false;
    name_ = name;
    const bool has_key = has_keys_ && name.size() <= model::KeyedHash::kMaxBytes;
    metric_ = {.key = has_key ? hash_(tenant_, name) : tenant_, .index = batch_.metric(name), .has_key = has_key};
    return metric_;
  }

 private:
  const model::KeyedHash& hash_;
  Batch& batch_;
  const bool has_keys_;
  SeriesCache::Key tenant_;
  bool is_first_ = true;
  std::string_view name_;
  Metric metric_;
};

}  // namespace

struct JsonDecoder::State {
  explicit State(const SeriesCache& given_cache) : cache(given_cache) {}

  const SeriesCache& cache;
  StructuralIndex index;
  UnescapeBuffer buffer;
  TextSeries series;
  DimensionSorter sorter;
};

namespace {

/// One text on its way into one batch.
class Decoding {
 public:
  struct Context {
    const model::KeyedHash& hash;
    const SeriesCache::View& known;
    TextSeries& series;
    DimensionSorter& sorter;
    std::string_view tenant;
    std::int64_t now_ms;
    std::size_t max_points;
  };

  Decoding(JsonCursor cursor, std::string_view json, const Context& context, Batch& batch)
      : cursor_(cursor), json_(json), context_(context), metrics_(context.hash, context.tenant, batch), batch_(batch) {}

  void run() {
    try {
      document();
    } catch (const Error&) {
      add_pending();  // The first mistake of a text is the one to tell.
      throw;
    }
    add_pending();
  }

 private:
  /// {"metrics": [...]}, and nothing behind it.
  void document() {
    if (!cursor_.skip_if('{')) reject_type("an object {\"metrics\": [...]}");
    bool seen = false;
    if (!cursor_.skip_if('}')) {
      do {
        const std::string_view key = take_key();
        if (key != "metrics") throw unknown_field({}, key, kTopFields);
        if (seen) throw shape_error("metrics", "is there twice");
        seen = true;
        points();
      } while (cursor_.skip_if(','));
      if (!cursor_.skip_if('}')) reject_token("',' or '}'");
    }
    if (!seen) throw shape_error("metrics", "is missing, expected a list of points");
    if (!cursor_.at_end()) reject_token("the end of the text");
  }

  void points() {
    place_ = "metrics";
    if (!cursor_.skip_if('[')) reject_type("a list of points");
    if (cursor_.peek() == ']') throw shape_error("metrics", "is empty, there is nothing to write");
    do {
      if (count_ == context_.max_points) {
        throw Error(ErrorCode::batch_too_large,
                    "more than " + std::to_string(context_.max_points) + " points in one write; send them in several",
                    "metrics");
      }
      point();
      ++count_;
    } while (cursor_.skip_if(','));
    place_ = "metrics";
    if (!cursor_.skip_if(']')) reject_token("',' or ']'");
    place_ = {};
  }

  void point() {
    place_ = {};
    in_point_ = true;
    if (!cursor_.skip_if('{')) reject_type("an object");
    seen_ = 0;
    timestamp_ms_ = context_.now_ms;
    dimensions_at_ = 0;
    raw_dimensions_ = {};
    if (!cursor_.skip_if('}')) {
      do {
        const auto field = take_field_name();
        const unsigned bit = 1U << static_cast<unsigned>(field);
        if (seen_ & bit) throw shape_error(path(), "is there twice");
        seen_ |= bit;
        take_field(field);
        place_ = {};
      } while (cursor_.skip_if(','));
      if (!cursor_.skip_if('}')) reject_token("',' or '}'");
    }
    require(Field::name, "name");
    require(Field::value, "value");
    put_off();
    in_point_ = false;
  }

  void take_field(Field field) {
    switch (field) {
      case Field::name:
        if (cursor_.peek() != '"') reject_type("a string");
        name_ = take_string();
        return;
      case Field::timestamp: {
        const auto timestamp = parse_integer(cursor_.token(), kNoTimestamp);
        if (!timestamp) reject_type("a whole number of milliseconds");
        timestamp_ms_ = *timestamp;
        cursor_.skip();
        return;
      }
      case Field::value: {
        const auto value = parse_double(cursor_.token());
        if (!value) reject_type("a number");
        value_ = *value;
        cursor_.skip();
        return;
      }
      case Field::dimensions:
        pass_dimensions();
        return;
    }
  }

  void require(Field field, std::string_view name) {
    if (seen_ & 1U << static_cast<unsigned>(field)) return;
    place_ = name;
    throw shape_error(path(), "is missing");
  }

  /// Checks that dimensions are an object of strings and remembers where it stands. What is in it may be known already.
  void pass_dimensions() {
    dimensions_at_ = cursor_.at();
    const std::size_t begin = cursor_.offset();
    if (!cursor_.skip_if('{')) reject_type("an object of strings");
    if (cursor_.peek() != '}') {
      while (cursor_.skip_if_next<'"', ':', '"', ','>()) continue;
      if (!cursor_.skip_if_next<'"', ':', '"'>()) reject_dimension();
      if (cursor_.peek() != '}') reject_token("',' or '}'");
    }
    raw_dimensions_ = json_.substr(begin, cursor_.offset() + 1 - begin);
    cursor_.skip();
  }

  [[noreturn]] void reject_dimension() {
    if (cursor_.peek() != '"') reject_token("a key in quotes");
    key_ = cursor_.raw_string();
    cursor_.skip();
    if (!cursor_.skip_if(':')) reject_token("':'");
    reject_type("a string");
  }

  /// Keeps the point just read until there are some more: meanwhile the memory where the cache has its series, which is
  /// seldom in the processor's, is on its way.
  void put_off() {
    if (pending_count_ == pending_.size()) add_pending();
    Pending& point = pending_[pending_count_++];
    point = {.number = count_,
             .metric = metrics_.of(name_),
             .name = name_,
             .raw_dimensions = raw_dimensions_,
             .dimensions_at = dimensions_at_,
             .timestamp_ms = timestamp_ms_,
             .value = value_};
    point.metric.has_key = point.metric.has_key && raw_dimensions_.size() <= model::KeyedHash::kMaxBytes;
    if (!point.metric.has_key) return;
    point.metric.key = context_.hash(point.metric.key, raw_dimensions_);
    context_.known.prefetch(point.metric.key);
  }

  void add_pending() {
    for (const Pending& point : std::span(pending_).first(std::exchange(pending_count_, 0))) {
      batch_.add(series_of(point), point.timestamp_ms, point.value);
    }
  }

  struct Pending;
  Batch::SeriesIndex series_of(const Pending& point) {
    const MetricKeys::Metric& metric = point.metric;
    if (!metric.has_key) return batch_.series_canonical(point.name, canonical_dimensions(point));
    if (const auto handle = context_.known.find(metric.key)) return batch_.series_by_handle(metric.index, handle);
    if (const auto seen = context_.series.find(metric.key); seen != TextSeries::kNone) return seen;
    const Batch::SeriesIndex series = batch_.series_canonical(point.name, canonical_dimensions(point));
    context_.series.remember(metric.key, series);
    return series;
  }

  std::string_view canonical_dimensions(const Pending& point) {
    if (point.raw_dimensions.size() < 2) return {};
    const std::size_t next = cursor_.at();
    cursor_.go_to(point.dimensions_at);
    context_.sorter.begin(json_, point.raw_dimensions.size());
    // The shape is proven, so the walk needs no checks: key, colon, value, comma or brace.
    cursor_.skip();
    while (cursor_.peek() == '"') {
      const std::string_view raw_key = cursor_.raw_string();
      const auto key = cursor_.take_string();
      cursor_.skip();
      const auto value = key ? cursor_.take_string() : std::nullopt;
      if (!value) throw wrong_escape(dimension_path(point, raw_key));
      cursor_.skip();
      context_.sorter.add(*key, *value);
    }
    cursor_.go_to(next);
    if (const auto twice = context_.sorter.sort()) throw shape_error(dimension_path(point, *twice), "is there twice");
    return context_.sorter.canonical();
  }

  Field take_field_name() {
    if (cursor_.peek() != '"') reject_token("a key in quotes");
    // As it stands there, it is mostly one of ours; then it has no escapes.
    std::string_view key = cursor_.raw_string();
    auto field = field_of(key);
    if (field) {
      cursor_.skip();
    } else {
      key = take_string();
      field = field_of(key);
    }
    if (!cursor_.skip_if(':')) reject_token("':'");
    if (!field) throw unknown_field(path(), key, kPointFields);
    place_ = key;
    return *field;
  }

  std::string_view take_key() {
    if (cursor_.peek() != '"') reject_token("a key in quotes");
    const std::string_view key = take_string();
    if (!cursor_.skip_if(':')) reject_token("':'");
    return key;
  }

  std::string_view take_string() {
    const auto text = cursor_.take_lone_string();
    if (!text) throw wrong_escape(path());
    return *text;
  }

  Error wrong_escape(const std::string& path) const {
    return shape_error(path, "has a wrong escape, at byte " + std::to_string(cursor_.offset()));
  }
  static std::string dimension_path(const Pending& point, std::string_view key) {
    return field_path(point.number, "dimensions", key);
  }

  /// Where the cursor is, such as metrics[3].dimensions.region.
  std::string path() const { return field_path(in_point_ ? std::optional(count_) : std::nullopt, place_, key_); }
  [[noreturn]] void reject_type(std::string_view expected) const { throw wrong_token(path(), cursor_, expected); }
  [[noreturn]] void reject_token(std::string_view expected) const { throw wrong_token(path(), cursor_, expected); }

  /// A point that is read, but for its series.
  struct Pending {
    std::size_t number = 0;       ///< In the text.
    MetricKeys::Metric metric{};  ///< With the key of the series, where there is one.
    std::string_view name{};
    std::string_view raw_dimensions{};
    std::size_t dimensions_at = 0;  ///< Token.
    std::int64_t timestamp_ms = 0;
    double value = 0;
  };
  static constexpr std::size_t kMostPending = 16;

  JsonCursor cursor_;
  std::string_view json_;
  const Context& context_;
  MetricKeys metrics_;
  Batch& batch_;
  std::array<Pending, kMostPending> pending_;
  std::size_t pending_count_ = 0;

  std::size_t count_ = 0;
  bool in_point_ = false;
  std::string_view place_;  ///< The field that is being read: of the text outside of points, of the point inside.
  std::string_view key_;    ///< The dimension that is being read.

  unsigned seen_ = 0;
  std::string_view name_;
  std::int64_t timestamp_ms_ = 0;
  double value_ = 0;
  std::size_t dimensions_at_ = 0;
  std::string_view raw_dimensions_;
};

}  // namespace

JsonDecoder::JsonDecoder(const SeriesCache& cache) : state_(std::make_unique<State>(cache)) {}
JsonDecoder::~JsonDecoder() = default;
JsonDecoder::JsonDecoder(JsonDecoder&&) noexcept = default;

std::span<const SeriesCache::Key> JsonDecoder::keys() const noexcept {
  return state_->series.keys();
}

void JsonDecoder::decode(std::string_view json, std::int64_t now_ms, const WriteLimits& limits, std::string_view tenant,
                         const SeriesCache::View& known, Batch& batch) {
  batch.clear();
  batch.set_handle_generation(known.generation());
  state_->series.clear();
  if (json.size() > limits.max_request_size_bytes) {
    throw Error(ErrorCode::request_too_large, "the text has " + std::to_string(json.size()) + " bytes, at most " +
                                                  std::to_string(limits.max_request_size_bytes) + " are allowed");
  }
  if (json.starts_with(kByteOrderMark)) {
    throw Error(ErrorCode::invalid_request, "the text begins with a byte order mark; send UTF-8 without one");
  }
  const auto tokens = state_->index.build(json);
  state_->buffer.begin(json.size());
  const Decoding::Context context{.hash = state_->cache.hash(),
                                  .known = known,
                                  .series = state_->series,
                                  .sorter = state_->sorter,
                                  .tenant = tenant,
                                  .now_ms = now_ms,
                                  .max_points = limits.max_batch_size};
  Decoding(JsonCursor(json, tokens, state_->buffer), json, context, batch).run();
}

}  // namespace luminate::ingest
