#include "ingest/json_decoder.hpp"

#include <algorithm>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "ingest/dimension_sorter.hpp"
#include "ingest/json_cursor.hpp"
#include "ingest/json_scalar.hpp"
#include "ingest/raw_series_cache.hpp"
#include "ingest/shape_error.hpp"
#include "ingest/structural_index.hpp"

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

}  // namespace

struct JsonDecoder::State {
  StructuralIndex index;
  UnescapeBuffer buffer;
  RawSeriesCache cache;
  DimensionSorter sorter;
};

namespace {

/// One text on its way into one batch.
class Decoding {
 public:
  Decoding(JsonCursor cursor, std::string_view json, RawSeriesCache& cache, DimensionSorter& sorter,
           std::int64_t now_ms, std::size_t max_points, Batch& batch)
      : cursor_(cursor),
        json_(json),
        cache_(cache),
        sorter_(sorter),
        now_ms_(now_ms),
        max_points_(max_points),
        batch_(batch) {}

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

 private:
  void points() {
    place_ = "metrics";
    if (!cursor_.skip_if('[')) reject_type("a list of points");
    if (cursor_.peek() == ']') throw shape_error("metrics", "is empty, there is nothing to write");
    do {
      if (count_ == max_points_) {
        throw Error(ErrorCode::batch_too_large,
                    "more than " + std::to_string(max_points_) + " points in one write; send them in several",
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
    timestamp_ms_ = now_ms_;
    dimensions_at_ = 0;
    raw_dimensions_ = {};
    if (!cursor_.skip_if('}')) {
      do {
        const std::string_view key = take_key();
        const auto field = field_of(key);
        if (!field) throw unknown_field(path(), key, kPointFields);
        place_ = key;
        const unsigned bit = 1U << static_cast<unsigned>(*field);
        if (seen_ & bit) throw shape_error(path(), "is there twice");
        seen_ |= bit;
        take_field(*field);
        place_ = {};
      } while (cursor_.skip_if(','));
      if (!cursor_.skip_if('}')) reject_token("',' or '}'");
    }
    require(Field::name, "name");
    require(Field::value, "value");
    batch_.add(series(), timestamp_ms_, value_);
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

  /// The series of the point just read. A cache that outlives the text (from raw bytes to a store's series) would be
  /// asked where this one is.
  Batch::SeriesIndex series() {
    if (const auto known = cache_.find(name_, raw_dimensions_)) return *known;
    const std::string_view canonical = canonical_dimensions();
    const Batch::SeriesIndex series = batch_.series_canonical(name_, canonical);
    cache_.remember(series);
    return series;
  }

  std::string_view canonical_dimensions() {
    if (raw_dimensions_.size() < 2) return {};
    const std::size_t next = cursor_.at();
    cursor_.go_to(dimensions_at_);
    place_ = "dimensions";
    sorter_.begin(json_, raw_dimensions_.size());
    // The shape is proven, so the walk needs no checks: key, colon, value, comma or brace.
    cursor_.skip();
    while (cursor_.peek() == '"') {
      key_ = cursor_.raw_string();
      const std::string_view key = take_string();
      cursor_.skip();
      sorter_.add(key, take_string());
      cursor_.skip();
    }
    key_ = {};
    cursor_.go_to(next);
    if (const auto twice = sorter_.sort()) {
      key_ = *twice;
      throw shape_error(path(), "is there twice");
    }
    place_ = {};
    return sorter_.canonical();
  }

  std::string_view take_key() {
    if (cursor_.peek() != '"') reject_token("a key in quotes");
    const std::string_view key = take_string();
    if (!cursor_.skip_if(':')) reject_token("':'");
    return key;
  }

  std::string_view take_string() {
    const auto text = cursor_.take_string();
    if (!text) throw shape_error(path(), "has a wrong escape, at byte " + std::to_string(cursor_.offset()));
    return *text;
  }

  /// Where the cursor is, such as metrics[3].dimensions.region.
  std::string path() const { return field_path(in_point_ ? std::optional(count_) : std::nullopt, place_, key_); }
  [[noreturn]] void reject_type(std::string_view expected) const { throw wrong_token(path(), cursor_, expected); }
  [[noreturn]] void reject_token(std::string_view expected) const { throw wrong_token(path(), cursor_, expected); }

  JsonCursor cursor_;
  std::string_view json_;
  RawSeriesCache& cache_;
  DimensionSorter& sorter_;
  std::int64_t now_ms_;
  std::size_t max_points_;
  Batch& batch_;

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

JsonDecoder::JsonDecoder() : state_(std::make_unique<State>()) {}
JsonDecoder::~JsonDecoder() = default;
JsonDecoder::JsonDecoder(JsonDecoder&&) noexcept = default;
JsonDecoder& JsonDecoder::operator=(JsonDecoder&&) noexcept = default;

void JsonDecoder::decode(std::string_view json, std::int64_t now_ms, const WriteLimits& limits, Batch& batch) {
  batch.clear();
  if (json.size() > limits.max_request_size_bytes) {
    throw Error(ErrorCode::request_too_large, "the text has " + std::to_string(json.size()) + " bytes, at most " +
                                                  std::to_string(limits.max_request_size_bytes) + " are allowed");
  }
  if (json.starts_with(kByteOrderMark)) {
    throw Error(ErrorCode::invalid_request, "the text begins with a byte order mark; send UTF-8 without one");
  }
  const auto tokens = state_->index.build(json);
  state_->buffer.begin(json.size());
  state_->cache.clear();
  const JsonCursor cursor(json, tokens, state_->buffer);
  Decoding(cursor, json, state_->cache, state_->sorter, now_ms, limits.max_batch_size, batch).document();
}

}  // namespace luminate::ingest
