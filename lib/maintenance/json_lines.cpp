#include "maintenance/json_lines.hpp"

#include <luminate/error.hpp>

#include <algorithm>
#include <charconv>
#include <limits>

#include "query/json.hpp"

namespace luminate::maintenance {
namespace {

constexpr std::string_view kHead = "{\"metrics\":[";
constexpr std::string_view kTail = "]}";
// A line end between the points: no string can reach over it, so that a line is a point or wrong by itself.
constexpr std::string_view kBetween = ",\n";

constexpr std::string_view kTenant = "\"tenant\"";
constexpr std::string_view kSpace = " \t\r\n";

constexpr WriteLimits kNoLimits{.max_batch_size = std::numeric_limits<std::size_t>::max(),
                                .max_request_size_bytes = std::numeric_limits<std::size_t>::max()};

/// The position behind the string that begins at `at`, or npos.
std::size_t end_of_string(std::string_view text, std::size_t at) {
  for (++at; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '"') {
      return at + 1;
    }
  }
  return std::string_view::npos;
}

/// Where the key "tenant" of the outermost object begins, or npos.
std::size_t find_tenant(std::string_view line) {
  int depth = 0;
  for (std::size_t at = 0; at < line.size();) {
    const char c = line[at];
    if (c == '"') {
      const std::size_t end = end_of_string(line, at);
      if (end == std::string_view::npos) return end;
      if (depth == 1 && line.substr(at, end - at) == kTenant) {
        const std::size_t next = line.find_first_not_of(kSpace, end);
        if (next != std::string_view::npos && line[next] == ':') return at;
      }
      at = end;
      continue;
    }
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') --depth;
    ++at;
  }
  return std::string_view::npos;
}

/// Messages of the decoder speak of the text that a line was put into.
std::string about_line(std::string message) {
  constexpr std::string_view kPath = "metrics[0]";
  if (message.starts_with(kPath)) {
    message.erase(0, kPath.size() + (message.size() > kPath.size() && message[kPath.size()] == '.' ? 1 : 0));
    if (message.starts_with(' ')) message.insert(0, "the point");
  }
  constexpr std::string_view kAt = "at byte ";
  if (const auto found = message.rfind(kAt); found != std::string::npos) {
    const char* begin = message.data() + found + kAt.size();
    std::size_t offset = 0;
    const auto [end, error] = std::from_chars(begin, message.data() + message.size(), offset);
    if (error == std::errc() && offset >= kHead.size()) {
      message.replace(found + kAt.size(), static_cast<std::size_t>(end - begin), std::to_string(offset - kHead.size()));
    }
  }
  return message;
}

}  // namespace

std::string_view TenantField::take(std::string& line) {
  const std::size_t key = line.find(kTenant) == std::string::npos ? std::string::npos : find_tenant(line);
  if (key == std::string::npos) {
    tenant_.clear();
    token_.clear();
    return {};
  }
  const std::size_t colon = line.find(':', key + kTenant.size());
  const std::size_t value = line.find_first_not_of(kSpace, colon + 1);
  const std::size_t end =
      value != std::string::npos && line[value] == '"' ? end_of_string(line, value) : std::string::npos;
  if (end == std::string::npos) return "tenant is no string";
  const std::string_view token = std::string_view(line).substr(value, end - value);
  if (token != token_) {
    token_ = token;
    try {
      tenant_ = query::parse_json(token).text;
    } catch (const Error&) {
      return "tenant is no string";
    }
  }
  if (tenant_.empty()) return "tenant is empty; leave it out for points without one";
  // One comma goes with the member: the one behind it or, where it is the last, the one before it.
  std::size_t from = key;
  std::size_t to = end;
  const std::size_t next = line.find_first_not_of(kSpace, end);
  if (next != std::string::npos && line[next] == ',') {
    to = next + 1;
  } else if (const std::size_t before = line.find_last_not_of(kSpace, key - 1);
             before != std::string::npos && line[before] == ',') {
    from = before;
  }
  std::fill(line.begin() + static_cast<std::ptrdiff_t>(from), line.begin() + static_cast<std::ptrdiff_t>(to), ' ');
  return find_tenant(line) == std::string::npos ? std::string_view() : "tenant is there twice";
}

void JsonLines::add(std::uint64_t number, std::string_view line) {
  text_ += numbers_.empty() ? kHead : kBetween;
  numbers_.push_back(number);
  begins_.push_back(text_.size());
  text_ += line;
  const auto first = line.find_first_not_of(kSpace);
  const auto last = line.find_last_not_of(kSpace);
  all_whole_ = all_whole_ && first != std::string_view::npos && line[first] == '{' && line[last] == '}';
}

void JsonLines::decode(std::int64_t now_ms, Batch& batch, std::vector<std::uint64_t>& numbers,
                       const std::function<void(std::uint64_t, std::string_view)>& bad) {
  if (decode_together(now_ms, batch)) {
    numbers.swap(numbers_);
  } else {
    batch.clear();
    numbers.clear();
    for (std::size_t i = 0; i < numbers_.size(); ++i) {
      const std::size_t end = i + 1 < begins_.size() ? begins_[i + 1] - kBetween.size() : text_.size();
      const std::string why = decode_alone(std::string_view(text_).substr(begins_[i], end - begins_[i]), now_ms, batch);
      if (why.empty()) {
        numbers.push_back(numbers_[i]);
      } else {
        bad(numbers_[i], why);
      }
    }
  }
  text_.clear();
  numbers_.clear();
  begins_.clear();
  all_whole_ = true;
}

bool JsonLines::decode_together(std::int64_t now_ms, Batch& batch) {
  if (!all_whole_) return false;
  const std::size_t length = text_.size();
  text_ += kTail;
  bool decoded = false;
  try {
    decoder_.decode(text_, now_ms, kNoLimits, {}, {}, batch);
    // As many points as lines: as each line begins and ends as an object does, each is one.
    decoded = batch.size() == numbers_.size();
  } catch (const Error&) {
    // One by one, they tell which it was.
  }
  text_.resize(length);
  return decoded;
}

std::string JsonLines::decode_alone(std::string_view line, std::int64_t now_ms, Batch& batch) {
  std::string text(kHead);
  text += line;
  text += kTail;
  try {
    decoder_.decode(text, now_ms, kNoLimits, {}, {}, alone_);
  } catch (const Error& error) {
    return about_line(error.what());
  }
  if (alone_.size() != 1) return "there is more than one point on the line";
  const Batch::Series series = alone_.series_at(0);
  batch.add(batch.series_canonical(alone_.metric_name(series.metric), series.dimensions),
            alone_.timestamp_column().front(), alone_.value_column().front());
  return {};
}

}  // namespace luminate::maintenance
