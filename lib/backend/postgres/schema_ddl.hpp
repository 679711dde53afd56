#pragma once

#include <string>
#include <vector>

namespace luminate::postgres {

/// What makes version 1 of the schema, in order. `{schema}` stands for its name, which exists.
/// @param partitioned whether `sample` is partitioned by day; a hypertable begins as an ordinary table.
std::vector<std::string> tables_of_version_1(bool partitioned);

}  // namespace luminate::postgres
