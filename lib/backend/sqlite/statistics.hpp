#pragma once

#include <luminate/store.hpp>

#include <string>

#include "sqlite/connection.hpp"
#include "sqlite/writer.hpp"

namespace luminate::sqlite {

/// What a file holds, from its rows and without a look at samples. @pre `connection` is in a read transaction.
StoreStatistics read_statistics(Connection& connection, const std::string& path);

/// What was done since the file was opened.
void add_counters(const Writer::Counters& counters, StoreStatistics& statistics);

}  // namespace luminate::sqlite
