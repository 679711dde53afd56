#include "server/config/yaml_file.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <map>
#include <sstream>

#include "server/config/config.hpp"

namespace luminate::server::config {
namespace {

using Shape = YamlEntry::Shape;

constexpr const char* kNoAliases = "aliases (*name) are not supported; put quotes around a text that begins with *";

[[noreturn]] void fail(const YAML::Mark& mark, const std::string& message) {
  throw ConfigError("line " + std::to_string(mark.line + 1) + ": " + message);
}

/// Listens to the parser's events, so that repeated keys are seen (a tree would swallow them) and nesting is refused
/// before anything is built for it.
class Collector : public YAML::EventHandler {
 public:
  std::vector<YamlEntry> take() { return std::move(entries_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (documents_++ > 0) fail(mark, "a second document begins here; one file holds one configuration");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override { leaf(mark, Shape::nothing, ""); }
  void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t, const std::string& value) override {
    leaf(mark, Shape::value, value);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { fail(mark, kNoAliases); }

  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {
    begin(mark, Shape::list);
  }
  void OnSequenceEnd() override { end(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {
    begin(mark, Shape::group);
  }
  void OnMapEnd() override { end(); }

 private:
  // Level 0 is the file, 1 the sections, 2 their keys, 3 the items of a group or list that is the value of a key, 4
  // those of a group among these; deeper things, and those inside of other lists, are passed over.
  static constexpr int kItems = 3;
  bool passing_over() const { return skipping_ > 0; }

  /// Where the keys of this level go.
  std::vector<YamlEntry>& list() {
    if (level_ < kItems) return entries_;
    std::vector<YamlEntry>& items = entries_.back().items;
    return level_ == kItems ? items : items.back().items;
  }
  /// What they belong to.
  const std::string& parent() {
    if (level_ < kItems) return section_;
    return level_ == kItems ? entries_.back().name : entries_.back().items.back().name;
  }

  bool at_list_item() const { return level_ == kItems && in_list_; }

  void add_list_item(const YAML::Mark& mark, Shape shape, const std::string& value) {
    YamlEntry& entry = entries_.back();
    const std::string name = entry.name + '[' + std::to_string(entry.items.size()) + ']';
    entry.items.push_back({name, shape, value, static_cast<std::size_t>(mark.line) + 1});
  }

  void leaf(const YAML::Mark& mark, Shape shape, const std::string& value) {
    if (passing_over()) return;
    if (at_list_item()) return add_list_item(mark, shape, value);
    if (level_ == 0) {
      if (shape != Shape::nothing) fail(mark, "expected sections, such as 'server:', and found a single value");
      return;  // A file of comments.
    }
    if (expects_key_) {
      begin_key(mark, value);
    } else {
      finish_key(shape, value);
    }
  }

  void begin(const YAML::Mark& mark, Shape shape) {
    if (++depth_ > kMaxFileDepth) {
      fail(mark, "nested deeper than " + std::to_string(kMaxFileDepth) + " levels");
    }
    if (passing_over()) {
      ++skipping_;
      return;
    }
    if (level_ == 0 && shape == Shape::list) fail(mark, "expected sections, such as 'server:', and found a list");
    if (at_list_item()) {
      add_list_item(mark, shape, "");
      if (shape == Shape::list) {
        skipping_ = 1;
        return;
      }
    } else if (level_ > 0) {
      if (expects_key_) fail(mark, "a key must be a name");
      finish_key(shape, "");
      const bool value_of_key = level_ == kItems - 1;
      if (value_of_key) in_list_ = shape == Shape::list;
      if (level_ == kItems + 1 || (shape == Shape::list && !value_of_key)) {
        skipping_ = 1;
        return;
      }
    }
    ++level_;
    expects_key_ = true;
  }

  void end() {
    --depth_;
    if (passing_over()) {
      --skipping_;
    } else {
      --level_;
    }
  }

  void begin_key(const YAML::Mark& mark, const std::string& name) {
    // Two ways to write one key would let it stand twice unnoticed.
    if (level_ <= 2 && name.find('.') != std::string::npos) {
      fail(mark, std::string(level_ == 1 ? "expected a section" : "expected a key without dots") + " and found '" +
                     printable(name.substr(0, 128)) + "'; write what stands after the dot as a key below '" +
                     printable(name.substr(0, std::min<std::size_t>(name.find('.'), 128))) + ":'");
    }
    if (level_ == 1) section_ = name;
    const std::string full = level_ == 1 ? name : parent() + '.' + name;
    // Names may hold dots, too; but what a group holds may also stand in its section, with a dot.
    const int kind = level_ == kItems ? kItems - 1 : level_;
    const auto [seen, is_new] = lines_.emplace(std::pair(kind, full), mark.line + 1);
    if (!is_new) {
      fail(mark, printable(full.substr(0, 128)) + " stands on line " + std::to_string(seen->second) +
                     " already; keep one of the two");
    }
    list().push_back({full, Shape::value, "", static_cast<std::size_t>(mark.line) + 1});
    expects_key_ = false;
  }

  void finish_key(Shape shape, const std::string& value) {
    YamlEntry& entry = list().back();
    entry.shape = shape;
    entry.value = value;
    expects_key_ = true;
  }

  std::vector<YamlEntry> entries_;
  std::map<std::pair<int, std::string>, int> lines_;
  std::string section_;
  int documents_ = 0;
  int depth_ = 0;
  int level_ = 0;
  int skipping_ = 0;
  bool in_list_ = false;  ///< What is on level 3 are the items of a list.
  bool expects_key_ = false;
};

}  // namespace

std::vector<YamlEntry> parse_yaml(std::string_view text) {
  if (text.size() > kMaxFileBytes) {
    throw ConfigError("line 1: the file has " + std::to_string(text.size()) + " bytes; at most " +
                      std::to_string(kMaxFileBytes) + " are read");
  }
  std::istringstream stream{std::string(text)};
  Collector collector;
  try {
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(collector)) {
    }
  } catch (const YAML::Exception& error) {
    if (error.msg.starts_with(YAML::ErrorMsg::UNKNOWN_ANCHOR)) fail(error.mark, kNoAliases);
    fail(error.mark, "not YAML: " + printable(error.msg));
  }
  return collector.take();
}

}  // namespace luminate::server::config
