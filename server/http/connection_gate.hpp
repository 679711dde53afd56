#pragma once

#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

namespace luminate::server::http {

/// Caps connections: in all, and per client address, so that one client cannot shut others out. Any thread.
class ConnectionGate {
 public:
  ConnectionGate(std::size_t max_connections, std::size_t max_per_address)
      : max_connections_(max_connections), max_per_address_(max_per_address) {}

  /// One admitted connection; its place is free again when it dies. Must not outlive the gate.
  class Pass {
   public:
    Pass(Pass&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)), address_(std::move(other.address_)) {}
    Pass& operator=(Pass&&) = delete;
    ~Pass();

   private:
    friend class ConnectionGate;
    Pass(ConnectionGate& gate, std::string address) : gate_(&gate), address_(std::move(address)) {}

    ConnectionGate* gate_;
    std::string address_;
  };

  /// @returns nothing when there is no place.
  std::optional<Pass> admit(const std::string& address);

 private:
  void release(const std::string& address);

  const std::size_t max_connections_;
  const std::size_t max_per_address_;
  std::mutex mutex_;
  std::size_t connections_ = 0;                               // Guarded by mutex_.
  std::unordered_map<std::string, std::size_t> per_address_;  // Guarded by mutex_.
};

}  // namespace luminate::server::http
