#pragma once

#include <luminate/metric.hpp>

#include <string_view>

#include "backend/backend.hpp"
#include "postgres/database.hpp"
#include "postgres/partitions.hpp"

namespace luminate::postgres {

/// Backend::write(). Any number of threads.
class Writer {
 public:
  Writer(Database& database, Partitions& partitions);
  ~Writer();
  backend::WriteOutcome write(std::string_view tenant, const Batch& batch, const model::Call& call);

 private:
  Database& database_;
  Partitions& partitions_;
};

}  // namespace luminate::postgres
