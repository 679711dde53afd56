#include "server/http/request_id.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <random>

namespace luminate::server::http {
namespace {

constexpr std::size_t kMaxLength = 128;

void append_hex(std::string& out, std::uint64_t number, std::size_t width) {
  std::array<char, 16> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number, 16).ptr;
  const auto length = static_cast<std::size_t>(end - digits.data());
  if (length < width) out.append(width - length, '0');
  out.append(digits.data(), length);
}

}  // namespace

bool is_sane_request_id(std::string_view id) {
  return !id.empty() && id.size() <= kMaxLength && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' ||
           c == '-';
  });
}

RequestIds::RequestIds() {
  std::random_device random;
  append_hex(prefix_, random(), 8);
  append_hex(prefix_, random(), 8);
  prefix_ += '-';
}

std::string RequestIds::next() {
  std::string id = prefix_;
  append_hex(id, count_.fetch_add(1, std::memory_order_relaxed), 8);
  return id;
}

}  // namespace luminate::server::http
