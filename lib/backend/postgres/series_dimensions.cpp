#include "postgres/series_dimensions.hpp"

#include <vector>

#include "postgres/canonical_text.hpp"

namespace luminate::postgres {

std::map<std::int64_t, Dimensions> read_dimensions(Transaction& transaction, const std::set<std::int64_t>& ids) {
  std::map<std::int64_t, Dimensions> dimensions;
  if (ids.empty()) return dimensions;
  const std::vector<std::int64_t> list(ids.begin(), ids.end());
  const Rows rows = transaction.run("SELECT r.id, r.canonical FROM {schema}.series AS r WHERE r.id = ANY ($1)",
                                    Parameters().add(list));
  for (std::size_t row = 0; row < rows.size(); ++row) {
    dimensions.emplace(rows.integer(row, 0), dimensions_of(rows.text(row, 1)));
  }
  return dimensions;
}

}  // namespace luminate::postgres
