#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

namespace luminate::server::http {

/// 1 to 128 characters of [A-Za-z0-9._-]: what may be echoed and logged as a request's id.
bool is_sane_request_id(std::string_view id);

/// Makes ids that no other server makes: a random half for this one, and a count. Any thread.
class RequestIds {
 public:
  RequestIds();
  std::string next();

 private:
  std::string prefix_;
  std::atomic<std::uint64_t> count_{0};
};

}  // namespace luminate::server::http
