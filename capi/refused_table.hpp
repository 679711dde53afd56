#pragma once

#include <luminate/validator.hpp>

#include <vector>

#include "table.hpp"

namespace luminate::capi {

/// Refused points, as luminate_store_write() tells of them.
inline Table refused_table(const std::vector<Verdict>& verdicts) {
  Table table;
  table.add_integers("index", integers_of(verdicts, [](const Verdict& verdict) { return verdict.index; }));
  table.add_texts("metric", texts_of(
                                verdicts, [](const Verdict& verdict) -> auto& { return verdict.metric; }));
  table.add_integers("code", integers_of(verdicts, [](const Verdict& verdict) { return verdict.code; }));
  table.add_texts("message", texts_of(
                                 verdicts, [](const Verdict& verdict) -> auto& { return verdict.message; }));
  return table;
}

}  // namespace luminate::capi
