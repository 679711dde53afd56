#pragma once

#include <luminate.h>

#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "handle.hpp"
#include "table.hpp"

struct luminate_result : luminate::capi::Handle {
  explicit luminate_result(luminate::capi::Table&& made)
      : table(std::make_shared<const luminate::capi::Table>(std::move(made))) {}

  const std::shared_ptr<const luminate::capi::Table> table;  ///< Arrow streams share it.
  mutable std::mutex json_mutex{};
  mutable std::unique_ptr<const std::string> json{};  ///< Guarded by json_mutex until it is there; then it stays.
};

namespace luminate::capi {

inline luminate_result* hand_out(Table&& table) {
  return std::make_unique<luminate_result>(std::move(table)).release();
}

}  // namespace luminate::capi
