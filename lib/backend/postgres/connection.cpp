#include "postgres/connection.hpp"

namespace luminate::postgres {}  // namespace luminate::postgres
