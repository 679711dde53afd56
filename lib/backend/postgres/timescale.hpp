#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "postgres/transaction.hpp"

// The TimescaleDB extension, where a database has it. The store never creates it: that is for the administrator.
namespace luminate::postgres {

struct Timescale {
  std::string version{};         ///< Such as "2.20.3".
  std::string schema{};          ///< Where its functions are, quoted as need be.
  bool community = false;        ///< Not the Apache-2 edition: it compresses.
  bool recent() const noexcept;  ///< 2.20 or later: older ones cannot write into compressed chunks well enough.
};

/// What TimescaleDB has made of `sample`.
struct Hypertable {
  bool compressed = false;  ///< It compresses chunks.
};

/// Empty for an ordinary table. @pre the extension is there.
std::optional<Hypertable> find_hypertable(Transaction& transaction, const std::string& schema);

/// Makes the empty table `sample` a hypertable with a chunk a day.
void make_hypertable(Transaction& transaction, const Timescale& timescale);

/// Has chunks compressed, by the background job of TimescaleDB, once they are `after` old; never when it is zero.
/// Changes nothing that is so already.
void compress_chunks(Transaction& transaction, const Timescale& timescale, const std::string& schema,
                     const Hypertable& table, std::chrono::milliseconds after);

}  // namespace luminate::postgres
