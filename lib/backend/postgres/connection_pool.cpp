#include "postgres/connection_pool.hpp"

#include <utility>

namespace luminate::postgres {

ConnectionPool::ConnectionPool(Settings settings) : settings_(std::move(settings)) {}

}  // namespace luminate::postgres
