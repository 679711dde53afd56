#include "postgres/maintenance.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <random>

#include "postgres/retention.hpp"

namespace luminate::postgres {
namespace {

using namespace std::chrono_literals;
using model::Call;

// Programs that open a store, write a little and close it are spared.
constexpr auto kFirst = 1min;
constexpr auto kLookAfterPartitions = 5min;
constexpr auto kPatience = 10s;  ///< After a failure.

/// A little more or less, so that servers that began together do not all come at once.
std::chrono::steady_clock::duration jittered(std::chrono::steady_clock::duration length) {
  std::minstd_rand random(std::random_device{}());
  return length / 10 * std::uniform_int_distribution(9, 11)(random);
}

}  // namespace

Maintenance::Maintenance(Database& database, Partitions& partitions)
    : database_(database), partitions_(partitions), thread_([this](const std::stop_token& stop) { run(stop); }) {}

Maintenance::~Maintenance() {
  thread_.request_stop();
  thread_.join();
}

void Maintenance::run(const std::stop_token& stop) {
  const Clock::duration cleanup = database_.options().retention.cleanup_interval;
  const auto now = Clock::now();
  std::array<Task, 2> tasks{{
      {"looking after partitions", kLookAfterPartitions, [this](const Call& call) { look_after_partitions(call); },
       now + jittered(kFirst)},
      {"retention", cleanup, [this](const Call& call) { enforce_retention(call); },
       now + jittered(std::min<Clock::duration>(kFirst, cleanup))},
  }};
  while (!stop.stop_requested()) {
    const auto next =
        std::min_element(tasks.begin(), tasks.end(), [](const Task& a, const Task& b) { return a.due < b.due; });
    {
      std::unique_lock lock(mutex_);
      stopped_.wait_until(lock, stop, next->due, [] { return false; });
    }
    if (!stop.stop_requested()) attempt(*next, stop);
  }
}

void Maintenance::attempt(Task& task, const std::stop_token& stop) {
  std::string complaint;
  try {
    task.work({.stop = stop});
  } catch (const std::exception& error) {
    if (stop.stop_requested()) return;
    complaint = error.what();
  }
  task.due =
      Clock::now() + jittered(complaint.empty() ? task.interval : std::min<Clock::duration>(task.interval, kPatience));
  if (complaint == task.complaint) return;
  if (complaint.empty()) {
    database_.log(LogLevel::info, std::string(task.what) + " in the background succeeds again");
  } else {
    database_.log(LogLevel::warning,
                  std::string(task.what) + " in the background failed, and will be tried again: " + complaint);
  }
  task.complaint = std::move(complaint);
}

void Maintenance::look_after_partitions(const Call& call) {
  partitions_.make_ahead(call);
  partitions_.fill(call);
  partitions_.summarize(call);
}

bool Maintenance::my_turn(const Call& call) {
  // A little less than the interval, so that who has the turn keeps it.
  return database_.transact(Access::write, Repeat::always, call, [&](Transaction& transaction) {
    return transaction
               .run(
                   "UPDATE {schema}.maintenance SET due = now() + make_interval(secs => $1)"
                   " WHERE task = 'retention' AND due <= now()",
                   Parameters().add(
                       std::chrono::duration<double>(database_.options().retention.cleanup_interval).count() * 0.8))
               .affected() > 0;
  });
}

void Maintenance::enforce_retention(const Call& call) {
  turn_ = turn_ || my_turn(call);
  if (!turn_) return;
  const RetentionReport report = postgres::enforce_retention(database_, partitions_, call);
  turn_ = false;
  if (report.samples == 0) return;
  database_.log(LogLevel::debug, "retention dropped " + std::to_string(report.samples) + " samples, " +
                                     std::to_string(report.series) + " series and " + std::to_string(report.metrics) +
                                     " metrics");
}

}  // namespace luminate::postgres
