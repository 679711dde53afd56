#include "measure.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>

namespace luminate::bench {
namespace {

std::string read_proc(pid_t process, const char* file) {
  const std::string path = "/proc/" + std::to_string(process) + "/" + file;
  std::ifstream in(path);
  if (!in) throw std::runtime_error("cannot read " + path);
  return {std::istreambuf_iterator<char>(in), {}};
}

double number_of(const std::string& text, std::string_view flag) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || !(number >= 0)) {
    throw std::runtime_error(std::string(flag) + " wants a number, not '" + text + "'");
  }
  return number;
}

}  // namespace

double cpu_seconds(pid_t process) {
  const std::string stat = read_proc(process, "stat");
  // The name, field 2, is in parentheses and may hold anything; utime and stime are fields 14 and 15.
  std::istringstream fields(stat.substr(stat.rfind(')') + 1));
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  double user = 0;
  double system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

std::size_t peak_memory_bytes(pid_t process) {
  constexpr std::string_view kField = "VmHWM:";
  const std::string status = read_proc(process, "status");
  const auto at = status.find(kField);
  if (at == std::string::npos) throw std::runtime_error("/proc does not say how much memory a process used");
  return std::stoul(status.substr(at + kField.size())) * 1024;
}

double cpu_seconds_of_self() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

std::size_t peak_memory_of_self() {
  return peak_memory_bytes(getpid());
}

Measured measure(const std::function<void()>& work) {
  const double cpu = cpu_seconds_of_self();
  const Stopwatch watch;
  work();
  return {watch.seconds(), cpu_seconds_of_self() - cpu};
}

std::vector<double> time_again_and_again(std::size_t at_least, const std::function<void()>& work) {
  constexpr double kEnough = 0.3;
  std::vector<double> seconds;
  for (double total = 0; seconds.size() < at_least || (at_least > 1 && total < kEnough); total += seconds.back()) {
    const Stopwatch watch;
    work();
    seconds.push_back(watch.seconds());
  }
  return seconds;
}

double quantile(std::vector<double> values, double q) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(std::lround(q * static_cast<double>(values.size() - 1)))];
}

void Record::begin(std::string_view key) {
  text_ += text_.empty() ? "{\"" : ", \"";
  text_ += key;
  text_ += "\": ";
}

Record& Record::add(std::string_view key, double value) {
  begin(key);
  char text[32];
  text_.append(text, std::to_chars(text, text + sizeof text, value).ptr);
  return *this;
}

Record& Record::add(std::string_view key, std::string_view plain_text) {
  begin(key);
  ((text_ += '"') += plain_text) += '"';
  return *this;
}

void Record::print() const {
  std::printf("%s\n", text().c_str());
}

Flags::Flags(int argc, char** argv, std::vector<std::string_view> known) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word.starts_with("--benchmark_")) continue;  // `make bench` gives all programs the same.
    if (!word.starts_with("--")) {
      words_.emplace_back(word);
      continue;
    }
    if (std::find(known.begin(), known.end(), word) == known.end()) {
      std::string message = "no flag is called " + std::string(word) + "; there are";
      for (const std::string_view flag : known) message += " " + std::string(flag);
      throw std::runtime_error(message);
    }
    if (i + 1 == argc) throw std::runtime_error(std::string(word) + " wants a value");
    values_.emplace_back(word, argv[++i]);
  }
}

const std::string* Flags::find(std::string_view flag) const {
  for (const auto& [name, value] : values_) {
    if (name == flag) return &value;
  }
  return nullptr;
}

std::string Flags::text(std::string_view flag, std::string_view otherwise) const {
  const std::string* const value = find(flag);
  return value != nullptr ? *value : std::string(otherwise);
}

double Flags::number(std::string_view flag, double otherwise) const {
  const std::string* const value = find(flag);
  return value != nullptr ? number_of(*value, flag) : otherwise;
}

std::size_t Flags::count(std::string_view flag, std::size_t otherwise) const {
  return static_cast<std::size_t>(std::llround(number(flag, static_cast<double>(otherwise))));
}

}  // namespace luminate::bench
