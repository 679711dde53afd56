#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace luminate::server::config {

/// A key of a configuration file, with what it holds, and where it stands.
struct YamlEntry {
  enum class Shape { value, nothing, list, group };

  std::string name;  ///< "server", or "server.port".
  Shape shape = Shape::value;
  std::string value;               ///< As written: nothing is substituted yet.
  std::size_t line = 0;            ///< From 1.
  std::vector<YamlEntry> items{};  ///< Of a group or list that is the value of a key: "a.b.c", "a.b[0]".
};

inline constexpr std::size_t kMaxFileBytes = 1024 * 1024;
inline constexpr int kMaxFileDepth = 16;

/// Reads the file format: sections that hold keys, which hold values, or groups or lists of values and groups. Lists
/// sections too, in the order of the file, and passes over what stands deeper, for it knows no names: what is right is
/// for the caller to judge. Repeated sections and keys, aliases, and several documents are refused. @throws
/// ConfigError; messages begin "line 12: ".
std::vector<YamlEntry> parse_yaml(std::string_view text);

}  // namespace luminate::server::config
