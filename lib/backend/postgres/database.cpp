#include "postgres/database.hpp"

#include <utility>

namespace luminate::postgres {

Database::Database(Settings settings, const Options& options) : options_(options), pool_(std::move(settings)) {}

}  // namespace luminate::postgres
