#include "postgres/transaction.hpp"

namespace luminate::postgres {}  // namespace luminate::postgres
