#pragma once

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>

#include "server/http/channel.hpp"

namespace luminate::server::http {

/// A client without a socket: everything it will ever say is there from the beginning, and then it leaves.
class MemoryChannel final : public Channel {
 public:
  struct Traffic {
    std::string_view in;  ///< What is left of it.
    std::size_t piece;    ///< No more than this at once.
    std::string out{};
  };

  /// @param traffic outlives the channel.
  explicit MemoryChannel(Traffic& traffic) : traffic_(traffic), always_readable_(::eventfd(1, EFD_CLOEXEC)) {}
  ~MemoryChannel() override { ::close(always_readable_); }
  MemoryChannel(const MemoryChannel&) = delete;
  MemoryChannel& operator=(const MemoryChannel&) = delete;

  Transfer receive(char* to, std::size_t size) override {
    const std::size_t bytes = std::min({size, traffic_.piece, traffic_.in.size()});
    if (bytes == 0) return {Status::closed, 0};
    std::memcpy(to, traffic_.in.data(), bytes);
    traffic_.in.remove_prefix(bytes);
    return {Status::done, bytes};
  }
  Transfer send(const char* from, std::size_t size) override {
    const std::size_t bytes = std::min(size, traffic_.piece * 100);
    traffic_.out.append(from, bytes);
    return {Status::done, bytes};
  }
  Status finish_sending() override { return Status::done; }
  void reset() override {}
  int descriptor() const override { return always_readable_; }

 private:
  Traffic& traffic_;
  const int always_readable_;
};

}  // namespace luminate::server::http
