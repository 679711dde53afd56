#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <thread>

#include "support/postgres_cluster.hpp"
#include "support/postgres_server.hpp"

// Starts ("start") the PostgreSQL server that all tests of one ctest run share, and ends it ("stop"). Should ctest die
// in between, the server goes with it.
namespace fs = std::filesystem;
using luminate::test::NoPostgres;
using luminate::test::PostgresCluster;

namespace {

void start(const std::string& location) {
  if (const char* given = std::getenv("LUMINATE_TEST_PG_URL"); given != nullptr && *given != '\0') return;
  const fs::path folder = fs::path(location).parent_path();
  fs::create_directories(folder);
  for (const auto& left : fs::directory_iterator(folder)) {  // By runs that were killed.
    if (!fs::exists("/proc/" + left.path().extension().string().substr(1))) fs::remove(left.path());
  }
  std::ofstream file(location);
  try {
    PostgresCluster cluster({.owner = ::getppid()});
    file << cluster.url() << "\n\n" << cluster.directory() << '\n';
    cluster.release();
    std::printf("%s\n", cluster.url().c_str());
  } catch (const NoPostgres& reason) {
    // The tests say so, one by one.
    file << "\n" << reason.what() << "\n\n";
    std::printf("%s\n", reason.what());
  }
}

void stop(const std::string& location) {
  std::ifstream file(location);
  std::string directory;
  for (int line = 0; line < 3; ++line) std::getline(file, directory);
  fs::remove(location);
  if (directory.empty() || !fs::exists(directory)) return;
  std::ofstream(directory + "/stop");
  while (fs::exists(directory)) std::this_thread::sleep_for(std::chrono::milliseconds(20));
}

}  // namespace

int main(int count, char** words) {
  const std::string_view word = count == 2 ? words[1] : "";
  const std::string location = luminate::test::postgres_location(::getppid());
  if (word == "start") {
    start(location);
  } else if (word == "stop") {
    stop(location);
  } else {
    std::fprintf(stderr, "usage: postgres_fixture start|stop, by ctest\n");
    return 2;
  }
  return 0;
}
