#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>

#include "postgres/database.hpp"
#include "postgres/partitions.hpp"

namespace luminate::postgres {

/// The thread that looks after the tables: it makes partitions ahead of time, gives samples of the default partition
/// their own, and enforces the retention of all tenants, which the servers over a database do in turn: one of them
/// every Options::retention.cleanup_interval. Stops, and is joined, with the object; what it is at is then cancelled.
class Maintenance {
 public:
  Maintenance(Database& database, Partitions& partitions);
  ~Maintenance();
  Maintenance(const Maintenance&) = delete;
  Maintenance& operator=(const Maintenance&) = delete;

 private:
  using Clock = std::chrono::steady_clock;

  /// Something that is done again and again.
  struct Task {
    std::string_view what;
    Clock::duration interval;
    std::function<void(const model::Call&)> work;
    Clock::time_point due;
    std::string complaint{};  ///< What was last said of its failures.
  };

  void run(const std::stop_token& stop);
  void attempt(Task& task, const std::stop_token& stop);
  void look_after_partitions(const model::Call& call);
  void enforce_retention(const model::Call& call);
  /// Whether it is this server's turn; then nobody has another before the interval is over.
  bool my_turn(const model::Call& call);

  Database& database_;
  Partitions& partitions_;
  bool turn_ = false;  ///< Of the thread alone: taken, and not done yet.
  std::mutex mutex_;
  std::condition_variable_any stopped_;
  std::jthread thread_;  // Last: it uses all of the others.
};

}  // namespace luminate::postgres
