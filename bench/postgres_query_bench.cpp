// Queries of the PostgreSQL backend beside the best SQL that we could write by hand for the same tables, on a cluster
// of this run's own (or on a server, in its schema query_bench, which stays).
//
//     build/release/bench/postgres_query_bench [--rounds 5] [--scale 1] [--clients 8] [--server URL]
//
// Workload W1, then more data around its hour. By hand means: one connection, the planner's settings of the query, and
// several ways to ask, of which the fastest counts. Everybody answers in turns, and the answers are compared.
#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <luminate/store.hpp>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "measure.hpp"
#include "support/postgres_cluster.hpp"
#include "support/postgres_server.hpp"
#include "workload.hpp"

namespace {

using namespace luminate;
using namespace luminate::bench;

constexpr std::int64_t kDayMs = 86'400'000;
constexpr std::int64_t kHourMs = 3'600'000;

/// A value by what it is the value of: a group, or a bucket and a group.
using Answer = std::map<std::string, double>;

Answer answer_of(const Result& result) {
  Answer answer;
  const auto key = [](std::int64_t bucket_ms, const std::vector<std::string>& group) {
    return (bucket_ms == 0 ? "" : std::to_string(bucket_ms) + " ") + (group.empty() ? "" : group.front());
  };
  if (result.type() == QueryType::rate) {
    for (const auto& row : result.rate().rows) answer[key(row.bucket_ms, row.group)] = row.rate;
  } else {
    for (const auto& row : result.aggregate().rows) answer[key(row.bucket_ms.value_or(0), row.group)] = row.values[0];
  }
  return answer;
}

/// Rows "key|value", "bucket|key|value" or "value".
Answer answer_of(const std::vector<std::string>& rows) {
  Answer answer;
  for (const std::string& row : rows) {
    const std::size_t value = row.rfind('|');
    std::string key = value == std::string::npos ? "" : row.substr(0, value);
    std::replace(key.begin(), key.end(), '|', ' ');
    answer[key] = std::strtod(row.c_str() + (value == std::string::npos ? 0 : value + 1), nullptr);
  }
  return answer;
}

bool agree(const Answer& a, const Answer& b) {
  return a.size() == b.size() && std::all_of(a.begin(), a.end(), [&](const auto& entry) {
           const auto other = b.find(entry.first);
           return other != b.end() && std::abs(entry.second - other->second) <= 1e-9 * std::abs(entry.second);
         });
}

struct Task {
  std::string name;
  Query query;
  std::vector<std::string> by_hand;
};

// What all statements by hand share. The metric is the only one of the store, so nobody need ask for it.
const std::string kSeries = "(SELECT id, dimensions ->> 'customer_id' AS g FROM series)";
const std::string kNumbers =
    "(SELECT id, dimensions ->> 'customer_id' AS name, dense_rank() OVER (ORDER BY dimensions ->> "
    "'customer_id') AS g FROM series)";
const std::string kRegions =
    "(SELECT id, dimensions ->> 'region' AS name, dense_rank() OVER (ORDER BY dimensions ->> "
    "'region') AS g FROM series)";
const std::string kMinute = "date_bin('1 minute', ts, '2026-01-01 00:00Z')";

std::string in_ms(const std::string& time) {
  return "(extract(epoch FROM " + time + ") * 1000)::bigint";
}

std::vector<Task> tasks(std::int64_t start, std::int64_t end) {
  const std::string range = "ts >= to_timestamp(" + std::to_string(start / 1000) + ") AND ts < to_timestamp(" +
                            std::to_string(end / 1000) + ")";
  const std::string increase =
      "SELECT series_id, ts, CASE WHEN value >= before THEN value - before ELSE value END AS up FROM (SELECT "
      "series_id, "
      "ts, value, lag(value) OVER (PARTITION BY series_id ORDER BY ts) AS before FROM sample WHERE " +
      range + ") AS p WHERE before IS NOT NULL";
  const auto aggregate = [&](Aggregation aggregation) {
    return Query::aggregate("api_latency", {aggregation}).between(start, end);
  };
  const Aggregation p95 = Aggregation::quantile(0.95);
  const std::string regions_of = " JOIN (SELECT DISTINCT name, g FROM " + kRegions + " AS n) AS n USING (g)";
  return {
      {"avg by customer",
       aggregate({Aggregation::Kind::avg}).by({"customer_id"}),
       {"SELECT g, avg(value), count(*) FROM sample JOIN " + kSeries + " AS r ON id = series_id WHERE " + range +
            " GROUP BY g",
        "SELECT g, sum(v) / sum(n) FROM (SELECT series_id, sum(value) AS v, count(*) AS n FROM sample WHERE " + range +
            " GROUP BY series_id) AS p JOIN " + kSeries + " AS r ON id = series_id GROUP BY g"}},
      {"p95 by customer",
       aggregate(p95).by({"customer_id"}),
       {"SELECT g, percentile_cont(0.95) WITHIN GROUP (ORDER BY value) FROM sample JOIN " + kSeries +
            " AS r ON id = series_id WHERE " + range + " GROUP BY g",
        "SELECT name, v FROM (SELECT g, percentile_cont(0.95) WITHIN GROUP (ORDER BY value) AS v FROM sample JOIN " +
            kNumbers + " AS r ON id = series_id WHERE " + range +
            " GROUP BY g) AS p JOIN (SELECT DISTINCT name, g FROM " + kNumbers + " AS n) AS n USING (g)"}},
      {"avg by region, 1-minute buckets",
       aggregate({Aggregation::Kind::avg}).by({"region"}).every(std::chrono::minutes(1)),
       {"SELECT " + in_ms("b") + ", name, v FROM (SELECT g, " + kMinute + " AS b, avg(value) AS v FROM sample JOIN " +
            kRegions + " AS r ON id = series_id WHERE " + range + " GROUP BY g, b) AS p" + regions_of,
        "SELECT " + in_ms("b") + ", name, sum(v) / sum(n) FROM (SELECT series_id, " + kMinute +
            " AS b, sum(value) AS v, count(*) AS n FROM sample WHERE " + range + " GROUP BY series_id, b) AS p JOIN " +
            kRegions + " AS r ON id = series_id GROUP BY b, name"}},
      {"rate by region, 1-minute buckets",
       Query::rate("api_latency").between(start, end).by({"region"}),
       {"SELECT " + in_ms("b") + ", name, v FROM (SELECT g, " + kMinute + " AS b, sum(up) / 60 AS v FROM (" + increase +
            ") AS s JOIN " + kRegions + " AS r ON id = series_id GROUP BY g, b) AS p" + regions_of,
        "SELECT " + in_ms("b") + ", name, sum(v) / 60 FROM (SELECT series_id, " + kMinute +
            " AS b, sum(up) AS v FROM (" + increase + ") AS s GROUP BY series_id, b) AS p JOIN " + kRegions +
            " AS r ON id = series_id GROUP BY b, name"}},
  };
}

Task one_customer(const std::string& name, std::int64_t start, std::int64_t end) {
  const std::string range = "ts >= to_timestamp(" + std::to_string(start / 1000) + ") AND ts < to_timestamp(" +
                            std::to_string(end / 1000) + ")";
  const std::string p95 = "SELECT percentile_cont(0.95) WITHIN GROUP (ORDER BY value) FROM sample ";
  const std::string filter = R"(dimensions @> '{"customer_id": "cust_7"}')";
  return {
      name,
      Query::aggregate("api_latency", {Aggregation::quantile(0.95)}).between(start, end).where("customer_id", "cust_7"),
      {p95 + "JOIN series ON id = series_id WHERE " + range + " AND " + filter,
       p95 + "WHERE " + range + " AND series_id = ANY (ARRAY(SELECT id FROM series WHERE " + filter + "))"}};
}

class Bench {
 public:
  Bench(const Flags& flags)
      : rounds_(flags.count("--rounds", 5)),
        clients_(flags.count("--clients", 8)),
        shape_(w1(flags.number("--scale", 1))),
        server_(flags.text("--server", "")),
        cluster_(server_.empty() ? std::make_unique<luminate::test::PostgresCluster>(settings()) : nullptr),
        store_(Store::open(url(), options())),
        psql_(cluster_ ? cluster_->url() : server_) {}

  void run() {
    load(shape_, false);
    std::printf("%-34s %10s %10s %7s %12s\n", "W1, ms (medians)", "Luminate", "by hand", "ratio", "CPU here");
    std::vector<Task> all = tasks(shape_.start_ms, shape_.end_ms());
    all.insert(all.begin() + 3, one_customer("p95 of one customer", shape_.start_ms, shape_.end_ms()));
    for (const Task& task : all) ask(task);
    concurrent("one customer, one hour");
    load(around(), true);
    ask(one_customer("p95 of one customer, 1 h of a day", shape_.start_ms, shape_.start_ms + kHourMs));
  }

 private:
  static luminate::test::PostgresCluster::Settings settings() {
    return {.configuration = {"shared_buffers = 1GB", "max_wal_size = 8GB", "max_connections = 50"}};
  }

  std::string url() const {
    return luminate::test::with_parameter(cluster_ ? cluster_->url() : server_, "schema=query_bench");
  }

  Options options() const {
    Options options;
    options.points.max_age = std::chrono::hours(24 * 3'650);
    options.queries.max_groups = 1'000'000;
    options.queries.default_timeout = options.queries.max_timeout = std::chrono::minutes(5);
    options.postgres.pool_size = clients_ + 2;
    return options;
  }

  /// The same series until the end of the day, each every five minutes.
  WorkloadShape around() const {
    WorkloadShape shape = shape_;
    shape.start_ms = shape_.end_ms();
    shape.step_ms = 300'000;
    shape.samples_per_series = static_cast<std::uint32_t>((shape_.start_ms + kDayMs - shape.start_ms) / shape.step_ms);
    return shape;
  }

  void load(const WorkloadShape& shape, bool more) {
    const Stopwatch watch;
    Workload workload(shape);
    for (std::uint64_t left = shape.samples(); left > 0;) {
      const std::uint64_t points = std::min<std::uint64_t>(left, 10'000);
      const WriteReport report = store_.write_json(workload.json_body(points));
      if (report.accepted != points) throw std::runtime_error("points were rejected");
      left -= points;
    }
    psql_.rows("SET search_path = query_bench");
    psql_.rows("SET jit = off; SET work_mem = '64MB'");
    psql_.rows("VACUUM ANALYZE");
    std::printf("%s%.1f million samples in %.0f s\n", more ? "and " : "", static_cast<double>(shape.samples()) / 1e6,
                watch.seconds());
    std::fflush(stdout);
  }

  void ask(const Task& task) {
    std::vector<double> here;
    std::vector<std::vector<double>> hand(task.by_hand.size());
    double cpu_here = 0;
    for (std::size_t round = 0; round <= rounds_; ++round) {
      Answer answer;
      const Stopwatch watch;
      const double before = cpu_seconds_of_self();
      answer = answer_of(store_.query(task.query));
      if (round > 0) here.push_back(watch.seconds());
      cpu_here += cpu_seconds_of_self() - before;
      for (std::size_t way = 0; way < task.by_hand.size(); ++way) {
        const Stopwatch other;
        const std::vector<std::string> rows = psql_.rows(task.by_hand[way]);
        if (round > 0) hand[way].push_back(other.seconds());
        if (way > 0 || task.by_hand.size() == 1) compare(task.name, answer, answer_of(rows));
      }
    }
    double best = 1e9;
    for (const auto& times : hand) best = std::min(best, quantile(times, 0.5));
    const double median = quantile(here, 0.5);
    std::printf("%-34s %10.2f %10.2f %7.2f %12.2f  ways:", task.name.c_str(), median * 1e3, best * 1e3, median / best,
                cpu_here * 1e3 / static_cast<double>(rounds_ + 1));
    for (const auto& times : hand) std::printf(" %.1f", quantile(times, 0.5) * 1e3);
    std::printf("\n");
    std::fflush(stdout);
  }

  static void compare(const std::string& name, const Answer& here, const Answer& hand) {
    if (!agree(here, hand)) {
      throw std::runtime_error(name + ": the answers differ, " + std::to_string(here.size()) + " and " +
                               std::to_string(hand.size()) + " values");
    }
  }

  /// The latency that one of many clients sees.
  void concurrent(const char* name) {
    constexpr std::size_t kQueries = 200;
    std::vector<std::vector<double>> times(clients_);
    std::atomic<bool> failed = false;
    {
      std::vector<std::jthread> threads;
      for (std::size_t client = 0; client < clients_; ++client) {
        threads.emplace_back([&, client] {
          try {
            for (std::size_t i = 0; i < kQueries; ++i) {
              Query query =
                  Query::aggregate("api_latency", {Aggregation::quantile(0.95)})
                      .between(shape_.start_ms, shape_.end_ms())
                      .where("customer_id", "cust_" + std::to_string((client * 977 + i * 31) % shape_.customers));
              const Stopwatch watch;
              if (store_.query(query).aggregate().rows.size() != 1) failed = true;
              times[client].push_back(watch.seconds());
            }
          } catch (const std::exception& error) {
            std::fprintf(stderr, "%s\n", error.what());
            failed = true;
          }
        });
      }
    }
    if (failed) throw std::runtime_error("a concurrent query failed");
    std::vector<double> all;
    for (const auto& list : times) all.insert(all.end(), list.begin(), list.end());
    std::printf("%s, %zu clients: p50 %.1f ms, p95 %.1f ms, p99 %.1f ms\n", name, clients_, quantile(all, 0.5) * 1e3,
                quantile(all, 0.95) * 1e3, quantile(all, 0.99) * 1e3);
    std::fflush(stdout);
  }

  const std::size_t rounds_;
  const std::size_t clients_;
  const WorkloadShape shape_;
  const std::string server_;
  std::unique_ptr<luminate::test::PostgresCluster> cluster_;
  Store store_;
  luminate::test::Psql psql_;
};

}  // namespace

int main(int argc, char** argv) try {
  Bench(Flags(argc, argv, {"--rounds", "--scale", "--clients", "--server"})).run();
  return 0;
} catch (const std::exception& error) {
  std::cerr << "postgres_query_bench: " << error.what() << '\n';
  return 1;
}
