#include "postgres/parameters.hpp"

namespace luminate::postgres {}  // namespace luminate::postgres
