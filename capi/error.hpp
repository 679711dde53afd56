#pragma once

#include <luminate.h>

#include <cstdint>
#include <string>

#include "handle.hpp"

struct luminate_error : luminate::capi::Handle {
  luminate_status code = LUMINATE_INTERNAL;
  bool retryable = false;
  bool in_doubt = false;
  std::int64_t index = -1;
  // Literals, or the texts below.
  const char* message = "";
  const char* field = "";
  std::string message_text{};
  std::string field_text{};
};
