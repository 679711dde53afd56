#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

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

/// A piece of a hypertable, a day of samples.
struct Chunk {
  std::string table{};  ///< With its schema, quoted as need be.
  std::int64_t from_ms = 0;
  std::int64_t to_ms = 0;
  bool compressed = false;  ///< Samples that came later may lie in it uncompressed.
};
/// All chunks, ascending by time.
std::vector<Chunk> chunks(Transaction& transaction, const std::string& schema);
void drop_chunk(Transaction& transaction, const Chunk& chunk);
/// Also what came into a compressed one later.
void compress_chunk(Transaction& transaction, const Chunk& chunk);

/// "public.": what stands before the names of its functions.
std::string timescale_functions(Transaction& transaction);

}  // namespace luminate::postgres
