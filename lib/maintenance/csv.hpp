#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// Comma-separated values as RFC 4180 has them, but that no field holds a line break: no point needs one, and so a line
// is a record, whatever went wrong in the one before.
namespace luminate::maintenance {

/// Appends a field, in quotes where it needs them.
void append_csv_field(std::string& out, std::string_view field);

/// Takes lines apart. Keeps its memory between them.
class CsvReader {
 public:
  /// Replaces fields(). @returns what is wrong with the line, or an empty text.
  std::string_view read(std::string_view line);

  /// Valid until the next read(), like the line.
  const std::vector<std::string_view>& fields() const noexcept { return fields_; }

 private:
  std::vector<std::string_view> fields_;
  std::string unquoted_;
};

/// The columns of the points that an import reads: name, timestamp, value, and whatever the header names then.
class PointColumns {
 public:
  /// @throws Error invalid_request when the header does not begin so, or names a column twice or not at all.
  void read_header(const std::vector<std::string_view>& fields);

  /// A row as a point. `tenant` and `dimensions` (canonical bytes) are empty where there is none.
  struct Row {
    std::string_view name;
    std::int64_t timestamp_ms = 0;
    double value = 0;
    std::string_view tenant;
    std::string dimensions;
  };
  /// @returns what is wrong with the row, or an empty text.
  std::string read_row(const std::vector<std::string_view>& fields, std::int64_t now_ms, Row& row) const;

 private:
  struct Dimension {
    std::string key;
    std::size_t column;
  };
  std::size_t columns_ = 0;
  std::size_t tenant_column_ = 0;      ///< 0: none.
  std::vector<Dimension> dimensions_;  ///< Ascending by key.
};

}  // namespace luminate::maintenance
