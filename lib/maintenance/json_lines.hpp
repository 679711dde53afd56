#pragma once

#include <luminate/metric.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/json_decoder.hpp"

namespace luminate::maintenance {

/// Takes the member "tenant" out of a point as a line of JSON: the write format does not know it. What is taken out
/// becomes spaces, so that positions in messages stay right.
class TenantField {
 public:
  /// @returns what is wrong, or an empty text. Leaves what is no JSON to whoever decodes it.
  std::string_view take(std::string& line);

  /// Of the last line; empty without one. Valid until the next take().
  const std::string& tenant() const noexcept { return tenant_; }

 private:
  std::string tenant_;
  std::string token_;  ///< As tenant_ was written, for lines mostly repeat it.
};

/// Points as lines of JSON, collected and then decoded together.
class JsonLines {
 public:
  void add(std::uint64_t number, std::string_view line);
  std::size_t size() const noexcept { return numbers_.size(); }
  std::size_t bytes() const noexcept { return text_.size(); }

  /// Replaces `batch` by the points and `numbers` by the line of each, and forgets the lines. `bad` is told of lines
  /// that hold no point.
  void decode(std::int64_t now_ms, Batch& batch, std::vector<std::uint64_t>& numbers,
              const std::function<void(std::uint64_t, std::string_view)>& bad);

 private:
  bool decode_together(std::int64_t now_ms, Batch& batch);
  std::string decode_alone(std::string_view line, std::int64_t now_ms, Batch& batch);

  ingest::SeriesCache nothing_known_{0};  ///< A point that is imported goes through all checks.
  ingest::JsonDecoder decoder_{nothing_known_};
  std::string text_;  ///< One write of all lines, unfinished.
  std::vector<std::uint64_t> numbers_;
  std::vector<std::size_t> begins_;  ///< Of the lines in text_.
  bool all_whole_ = true;            ///< Each line begins and ends as an object does.
  Batch alone_;
};

}  // namespace luminate::maintenance
