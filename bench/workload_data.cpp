// Writes a workload to standard output, as one text, byte for byte the same every time.
//
//     build/release/bench/workload_data --workload w1|w2 --scale 1 --format json|influx|tsv|csv > FILE
//
// json: a body of 10,000 points a line, as luminate-server takes them.
#include <algorithm>
#include <cstdio>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>

#include "measure.hpp"
#include "workload.hpp"

int main(int argc, char** argv) try {
  using namespace luminate::bench;
  constexpr std::uint64_t kPiece = 10'000;
  const Flags flags(argc, argv, {"--workload", "--scale", "--format"});
  const auto shape = named_workload(flags.text("--workload", "w1"), flags.number("--scale", 1));
  const auto format = parse_format(flags.text("--format", "json"));
  if (!shape || !format) throw std::runtime_error("no such workload, or no such format");

  Workload workload(*shape);
  for (std::uint64_t left = shape->samples(); left > 0;) {
    const std::uint64_t points = std::min(left, kPiece);
    std::string text = workload.body(*format, points);
    if (text.back() != '\n') text += '\n';
    if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) throw std::runtime_error("cannot write");
    left -= points;
  }
  if (std::fflush(stdout) != 0) throw std::runtime_error("cannot write");
  return 0;
} catch (const std::exception& error) {
  std::cerr << "workload_data: " << error.what() << '\n';
  return 1;
}
