#pragma once

#include <luminate.h>
#include <luminate/options.hpp>

#include <string>

#include "handle.hpp"

struct luminate_options : luminate::capi::Handle {
  luminate::Options options{};
  std::string asked{};  ///< What luminate_options_get() lent last.
};
