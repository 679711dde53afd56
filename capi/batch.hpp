#pragma once

#include <luminate.h>
#include <luminate/metric.hpp>

#include "handle.hpp"

struct luminate_batch : luminate::capi::Handle {
  luminate::Batch batch{};
};
