#include "server/http/connection_gate.hpp"

namespace luminate::server::http {

ConnectionGate::Pass::~Pass() {
  if (gate_ != nullptr) gate_->release(address_);
}

std::optional<ConnectionGate::Pass> ConnectionGate::admit(const std::string& address) {
  const std::lock_guard lock(mutex_);
  if (connections_ >= max_connections_) return std::nullopt;
  const auto entry = per_address_.try_emplace(address, 0).first;
  if (entry->second >= max_per_address_) {
    if (entry->second == 0) per_address_.erase(entry);
    return std::nullopt;
  }
  Pass pass(*this, address);
  ++entry->second;
  ++connections_;
  return pass;
}

void ConnectionGate::release(const std::string& address) {
  const std::lock_guard lock(mutex_);
  --connections_;
  const auto entry = per_address_.find(address);
  if (--entry->second == 0) per_address_.erase(entry);
}

}  // namespace luminate::server::http
