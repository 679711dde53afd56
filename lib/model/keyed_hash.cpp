#include "model/keyed_hash.hpp"

#include <sys/random.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace luminate::model {
namespace {

__extension__ using Wide = unsigned __int128;

void fill_with_secret(void* memory, std::size_t size) {
  auto* at = static_cast<char*>(memory);
  while (size > 0) {
    const ssize_t got = ::getrandom(at, size, 0);
    if (got < 0) {
      if (errno == EINTR) continue;
      throw std::system_error(errno, std::generic_category(), "getrandom");
    }
    at += got;
    size -= static_cast<std::size_t>(got);
  }
}

std::uint64_t load(const char* bytes) noexcept {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

/// The two sums of NH. Both passes see each block once.
struct Sums {
  Wide first = 0;
  Wide second = 0;

  void add(std::uint64_t low, std::uint64_t high, const std::uint64_t* key) noexcept {
    first += Wide{low + key[0]} * (high + key[1]);
    second += Wide{low + key[2]} * (high + key[3]);
  }
  void add(const char* block, const std::uint64_t* key) noexcept { add(load(block), load(block + 8), key); }
};

/// One to one, so no two numbers meet that were apart. What comes before is nearly linear: numbered names would stand
/// at regular distances, in heaps for some keys, and a hash table wants them anywhere.
std::uint64_t scattered(std::uint64_t number) noexcept {
  constexpr std::uint64_t kOdd = 0xD6E8FEB86659FD93ULL;
  number = (number ^ number >> 32) * kOdd;
  number = (number ^ number >> 32) * kOdd;
  return number ^ number >> 32;
}

std::uint64_t fold(Wide sum, std::size_t length, const std::array<std::uint64_t, 8>& key) noexcept {
  const auto factor = [&](std::size_t i) { return Wide{key[2 * i]} << 64 | key[2 * i + 1]; };
  const Wide folded = factor(0) + factor(1) * static_cast<std::uint64_t>(sum) +
                      factor(2) * static_cast<std::uint64_t>(sum >> 64) + factor(3) * length;
  return scattered(static_cast<std::uint64_t>(folded >> 64));
}

}  // namespace

KeyedHash::KeyedHash() {
  fill_with_secret(block_key_.data(), sizeof block_key_);
  fill_with_secret(final_key_.data(), sizeof final_key_);
}

KeyedHash::Value KeyedHash::operator()(const Value& before, std::string_view bytes) const noexcept {
  Sums sums;
  const std::uint64_t* key = block_key_.data();
  sums.add(before.low, before.high, key);
  const char* at = bytes.data();
  std::size_t rest = bytes.size();
  for (; rest >= kBlock; rest -= kBlock, at += kBlock) sums.add(at, key += 2);
  if (rest > 0) {
    // The length, which counts in the end, says how far this block overlaps the one before, or is padding.
    if (bytes.size() >= kBlock) {
      sums.add(at + rest - kBlock, key + 2);
    } else {
      char block[kBlock] = {};
      std::memcpy(block, at, rest);
      sums.add(block, key + 2);
    }
  }
  return {fold(sums.first, bytes.size(), final_key_[0]), fold(sums.second, bytes.size(), final_key_[1])};
}

}  // namespace luminate::model
