#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace luminate::bench {

/// Time, CPU time and memory of a process, from /proc; the CPU time counts all its threads, in steps of 10 ms.
/// @throws std::runtime_error when there is no such process.
double cpu_seconds(pid_t process);
std::size_t peak_memory_bytes(pid_t process);

/// Of this process, in microsecond steps.
double cpu_seconds_of_self();
std::size_t peak_memory_of_self();

struct Measured {
  double seconds = 0;
  double cpu_seconds = 0;  ///< Of this process.
};
Measured measure(const std::function<void()>& work);

class Stopwatch {
 public:
  double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// The seconds that each call of `work` took: `at_least` of them (1 for the first alone), and when these are quick,
/// more until they fill 0.3 seconds, so that a median and CPU time mean something.
std::vector<double> time_again_and_again(std::size_t at_least, const std::function<void()>& work);

/// The value below which a share `q` of `values` lies. 0 when there are none.
double quantile(std::vector<double> values, double q);

/// A flat JSON object, for the programs that only another program reads.
class Record {
 public:
  Record& add(std::string_view key, double value);
  Record& add(std::string_view key, std::string_view plain_text);
  std::string text() const { return text_.empty() ? "{}" : text_ + "}"; }
  void print() const;

 private:
  void begin(std::string_view key);
  std::string text_;
};

/// `--name value` pairs after the program's name and any plain words.
class Flags {
 public:
  /// @throws std::runtime_error for a flag that is none of `known`, or that has no value.
  Flags(int argc, char** argv, std::vector<std::string_view> known);

  const std::vector<std::string>& words() const { return words_; }
  std::string text(std::string_view flag, std::string_view otherwise) const;
  double number(std::string_view flag, double otherwise) const;
  std::size_t count(std::string_view flag, std::size_t otherwise) const;

 private:
  const std::string* find(std::string_view flag) const;

  std::vector<std::string> words_;
  std::vector<std::pair<std::string, std::string>> values_;
};

}  // namespace luminate::bench
