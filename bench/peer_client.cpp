// The client of all HTTP servers that bench/peers measures; one JSON object on standard output.
//
//     peer_client describe --workload w1|w2 --scale 1
//     peer_client load PORT PATH --workload w1|w2 --scale 1 --format json --batch 10000 --connections 2 --server PID
//     peer_client ask PORT PATH QUESTION_FILE --repeat 3 --server PID --answer FILE
//
// load makes all bodies first, then posts them. ask posts a question at least three times, a quick one more often, and
// keeps the last answer.
#include <atomic>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "measure.hpp"
#include "post_client.hpp"
#include "workload.hpp"

namespace {

using namespace luminate::bench;

struct Target {
  std::uint16_t port;
  std::string path;
  pid_t process;
};

Target target_of(const Flags& flags) {
  return {static_cast<std::uint16_t>(std::stoul(flags.words().at(1))), flags.words().at(2),
          static_cast<pid_t>(flags.count("--server", 0))};
}

double server_cpu(const Target& target) {
  return target.process != 0 ? cpu_seconds(target.process) : 0;
}

/// Takes the next body that nobody has taken, until there are none. Returns the seconds that each answer took.
std::vector<double> post_in_turns(PostClient& client, const std::string& path, const std::vector<std::string>& bodies,
                                  std::atomic<std::size_t>& next) {
  std::vector<double> seconds;
  for (std::size_t i = next++; i < bodies.size(); i = next++) {
    const Stopwatch watch;
    client.post(path, bodies[i]);
    seconds.push_back(watch.seconds());
  }
  return seconds;
}

WorkloadShape shape_of(const Flags& flags) {
  const auto shape = named_workload(flags.text("--workload", "w1"), flags.number("--scale", 1));
  if (!shape) throw std::runtime_error("no such workload");
  return *shape;
}

Record record_of(const WorkloadShape& shape) {
  return Record()
      .add("samples", static_cast<double>(shape.samples()))
      .add("series", shape.series())
      .add("start_ms", static_cast<double>(shape.start_ms))
      .add("end_ms", static_cast<double>(shape.end_ms()));
}

void load(const Target& target, const Flags& flags) {
  const WorkloadShape shape = shape_of(flags);
  const auto format = parse_format(flags.text("--format", "json"));
  if (!format) throw std::runtime_error("no such format");
  const std::vector<std::string> bodies = Workload(shape).bodies(*format, flags.count("--batch", 10'000));

  const std::size_t connections = flags.count("--connections", 2);
  std::vector<std::unique_ptr<PostClient>> clients;
  for (std::size_t i = 0; i < connections; ++i) clients.push_back(std::make_unique<PostClient>(target.port));

  std::atomic<std::size_t> next = 0;
  std::vector<std::vector<double>> seconds(connections);
  std::vector<std::exception_ptr> failures(connections);
  const double server_before = server_cpu(target);
  const Measured measured = measure([&] {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < connections; ++i) {
      threads.emplace_back([&, i] {
        try {
          seconds[i] = post_in_turns(*clients[i], target.path, bodies, next);
        } catch (...) {
          failures[i] = std::current_exception();
          next = bodies.size();
        }
      });
    }
  });
  for (const auto& failure : failures) {
    if (failure) std::rethrow_exception(failure);
  }

  std::vector<double> all;
  for (const auto& some : seconds) all.insert(all.end(), some.begin(), some.end());
  record_of(shape)
      .add("seconds", measured.seconds)
      .add("client_cpu_seconds", measured.cpu_seconds)
      .add("server_cpu_seconds", server_cpu(target) - server_before)
      .add("batch_p50_seconds", quantile(all, 0.5))
      .add("batch_p99_seconds", quantile(all, 0.99))
      .print();
}

void ask(const Target& target, const Flags& flags) {
  std::ifstream file(flags.words().at(3), std::ios::binary);
  const std::string question(std::istreambuf_iterator<char>(file), {});
  PostClient client(target.port);
  std::string answer;
  const double server_before = server_cpu(target);
  const std::vector<double> seconds = time_again_and_again(flags.count("--repeat", 3), [&] {
    answer = client.post(target.path, question, flags.text("--type", "application/json"));
  });
  const double server_seconds = server_cpu(target) - server_before;
  Record()
      .add("first_seconds", seconds.front())
      .add("median_seconds", quantile(seconds, 0.5))
      .add("cpu_seconds", server_seconds / static_cast<double>(seconds.size()))
      .add("times", static_cast<double>(seconds.size()))
      .print();
  std::ofstream(flags.text("--answer", "/dev/null"), std::ios::binary) << answer;
}

}  // namespace

int main(int argc, char** argv) try {
  const Flags flags(
      argc, argv,
      {"--workload", "--scale", "--format", "--batch", "--connections", "--server", "--repeat", "--answer", "--type"});
  const std::string& what = flags.words().at(0);
  if (what == "describe") {
    record_of(shape_of(flags)).print();
  } else if (what == "load") {
    load(target_of(flags), flags);
  } else if (what == "ask") {
    ask(target_of(flags), flags);
  } else {
    throw std::runtime_error("describe, load or ask, not " + what);
  }
  return 0;
} catch (const std::exception& error) {
  std::cerr << "peer_client: " << error.what() << '\n';
  return 1;
}
