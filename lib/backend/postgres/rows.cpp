#include "postgres/rows.hpp"

namespace luminate::postgres {}  // namespace luminate::postgres
