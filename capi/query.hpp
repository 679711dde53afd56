#pragma once

#include <luminate.h>
#include <luminate/query.hpp>

#include "handle.hpp"

struct luminate_query : luminate::capi::Handle {
  explicit luminate_query(luminate::Query&& made) : query(std::move(made)) {}
  luminate::Query query;
};
