// A main for fuzz targets where libFuzzer is not: runs every file of a corpus, then mutations of them from a fixed
// seed, so that the ordinary test run finds what is easy to find and never differs from one run to the next.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr int kMutationsPerFile = 300;

Bytes read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return Bytes(std::istreambuf_iterator<char>(file), {});
}

void mutate(Bytes& bytes, std::mt19937_64& random) {
  for (auto edits = random() % 4 + 1; edits > 0; --edits) {
    const auto at = static_cast<std::ptrdiff_t>(bytes.empty() ? 0 : random() % bytes.size());
    switch (random() % 4) {
      case 0:
        if (!bytes.empty()) bytes[static_cast<std::size_t>(at)] ^= static_cast<std::uint8_t>(1U << (random() % 8));
        break;
      case 1:
        bytes.insert(bytes.begin() + at, static_cast<std::uint8_t>(random()));
        break;
      case 2:
        if (!bytes.empty()) bytes.erase(bytes.begin() + at);
        break;
      default:
        bytes.resize(static_cast<std::size_t>(at));
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s CORPUS_FOLDER\n", argv[0]);
    return 2;
  }
  std::mt19937_64 random(20260101);
  long runs = 0;
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(argv[1])) paths.push_back(entry.path());
  for (const auto& path : paths) {
    const Bytes original = read_file(path);
    LLVMFuzzerTestOneInput(original.data(), original.size());
    ++runs;
    for (int i = 0; i < kMutationsPerFile; ++i, ++runs) {
      Bytes bytes = original;
      mutate(bytes, random);
      LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
    }
  }
  std::printf("%zu files, %ld runs\n", paths.size(), runs);
  return paths.empty() ? 1 : 0;
}
