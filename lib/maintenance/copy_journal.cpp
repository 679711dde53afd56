#include "maintenance/copy_journal.hpp"

#include <unistd.h>
#include <luminate/error.hpp>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <utility>

#include "file/pending_file.hpp"
#include "maintenance/file_sink.hpp"
#include "model/text.hpp"
#include "query/json.hpp"

namespace luminate::maintenance {
namespace {

using query::append_json_number;
using query::append_json_string;
using query::JsonValue;
using Kind = JsonValue::Kind;

constexpr std::int64_t kVersion = 1;
// A witness whose dimensions are longer than this is not worth its place, and another will come.
constexpr std::size_t kMaxWitnessBytes = 100'000;

void append_text(std::string& out, std::string_view key, std::string_view text) {
  append_json_string(out += ',', key);
  append_json_string(out += ':', text);
}

template <class Number>
void append_count(std::string& out, std::string_view key, Number number) {
  append_json_string(out += ',', key);
  append_json_number(out += ':', number);
}

std::string write_witness(const CopyPosition::Witness& witness) {
  std::string out;
  append_json_string(out, "witness");
  out += ":{\"timestamp\":";
  append_json_number(out, witness.timestamp_ms);
  append_text(out, "tenant", witness.tenant);
  append_text(out, "metric", witness.metric);
  out += ",\"dimensions\":{";
  bool first = true;
  for (const auto& [key, value] : witness.dimensions) {
    if (!std::exchange(first, false)) out += ',';
    append_json_string(out, key);
    append_json_string(out += ':', value);
  }
  return out += "}}";
}

/// A member that the journal must have; nothing where it is not of its kind, and then the file is no journal.
const JsonValue* member(const JsonValue& object, std::string_view key, Kind kind) {
  const JsonValue* found = object.find(key);
  return found != nullptr && found->is(kind) ? found : nullptr;
}

std::optional<CopyPosition::Witness> read_witness(const JsonValue& object) {
  const JsonValue* tenant = member(object, "tenant", Kind::text);
  const JsonValue* metric = member(object, "metric", Kind::text);
  const JsonValue* timestamp = member(object, "timestamp", Kind::integer);
  const JsonValue* dimensions = member(object, "dimensions", Kind::object);
  if (tenant == nullptr || metric == nullptr || timestamp == nullptr || dimensions == nullptr) return std::nullopt;
  CopyPosition::Witness witness{tenant->text, metric->text, {}, timestamp->integer};
  for (std::size_t i = 0; i < dimensions->keys.size(); ++i) {
    witness.dimensions[dimensions->keys[i]] = dimensions->items[i].text;
  }
  return witness;
}

std::optional<CopyPosition> read_position(const JsonValue& object) {
  const JsonValue* tenant = member(object, "tenant", Kind::text);
  const JsonValue* metric = member(object, "metric", Kind::text);
  const JsonValue* before = member(object, "before", Kind::integer);
  const JsonValue* points = member(object, "points", Kind::integer);
  const JsonValue* refused = member(object, "refused", Kind::integer);
  if (tenant == nullptr || metric == nullptr || before == nullptr || points == nullptr || refused == nullptr) {
    return std::nullopt;
  }
  CopyPosition position{tenant->text,
                        metric->text,
                        before->integer,
                        static_cast<std::uint64_t>(points->integer),
                        static_cast<std::uint64_t>(refused->integer),
                        {}};
  if (const JsonValue* witness = member(object, "witness", Kind::object)) position.witness = read_witness(*witness);
  return position;
}

std::optional<JsonValue> parse(const std::string& text) {
  try {
    JsonValue value = query::parse_json(text);
    if (const JsonValue* version = member(value, "luminate_copy", Kind::integer); version != nullptr) {
      if (version->integer == kVersion) return value;
    }
  } catch (const Error&) {  // Not even JSON: the caller says what the file is.
  }
  return std::nullopt;
}

}  // namespace

CopyJournal::CopyJournal(std::string path, std::string title) : path_(std::move(path)), title_(std::move(title)) {}

std::optional<CopyPosition> CopyJournal::load() const {
  if (path_.empty()) return std::nullopt;
  std::ifstream file(path_, std::ios::binary);
  if (!file) {
    std::error_code error;
    if (!std::filesystem::exists(path_, error) && !error) return std::nullopt;
    throw Error(ErrorCode::invalid_request, path_ + ": cannot read the journal (" + file::reason(errno) + ")");
  }
  std::string text(query::kMaxJsonSize + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));

  const auto value = parse(text);
  const JsonValue* title = value ? member(*value, "title", Kind::text) : nullptr;
  auto position = value ? read_position(*value) : std::nullopt;
  if (title == nullptr || !position) {
    throw Error(ErrorCode::invalid_request,
                path_ + ": is no journal of a copy that this version knows; name another, or remove it");
  }
  if (title->text != title_) {
    throw Error(ErrorCode::invalid_request, path_ + ": is the journal of another copy, " +
                                                model::printable(title->text, 512) +
                                                "; name another journal, or remove this one to begin anew");
  }
  return position;
}

void CopyJournal::save(const CopyPosition& position) const {
  if (path_.empty()) return;
  std::string text = "{\"luminate_copy\":" + std::to_string(kVersion);
  append_text(text, "title", title_);
  append_text(text, "tenant", position.tenant);
  append_text(text, "metric", position.metric);
  append_count(text, "before", position.before_ms);
  append_count(text, "points", position.points);
  append_count(text, "refused", position.refused);
  if (position.witness) {
    const std::string witness = write_witness(*position.witness);
    if (witness.size() <= kMaxWitnessBytes) (text += ',') += witness;
  }
  text += "}\n";
  file::PendingFile target(path_, file::PendingFile::Existing::replace);
  FileSink(target.path()).write(text);
  target.commit();
}

void CopyJournal::remove() const {
  if (!path_.empty()) ::unlink(path_.c_str());
}

}  // namespace luminate::maintenance
