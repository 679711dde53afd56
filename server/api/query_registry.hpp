#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "server/http/message.hpp"

namespace luminate::server::api {

/// The queries that are worked on, or sent, at this moment: to list them, and to cancel one. Any thread.
class QueryRegistry {
 public:
  enum class State : std::uint8_t {
    running,
    sending,     ///< Its answer is made while it is sent.
    cancelling,  ///< Was asked to stop.
  };

  struct Listed {
    std::string id{};  ///< 16 hexadecimal digits that tell nothing.
    std::string tenant{};
    std::string request_id{};
    std::string text{};           ///< The request's body, or its beginning.
    bool text_cut = false;        ///< There is more of it.
    std::int64_t started_ms = 0;  ///< Unix time.
    std::chrono::milliseconds running{};
    State state = State::running;
  };

  static constexpr std::size_t kMaxTextBytes = 4096;

  QueryRegistry();

 private:
  struct Record;
  struct Shared;

 public:
  /// A query's place in the registry, for as long as it lives.
  class Running {
   public:
    Running(std::shared_ptr<Shared> shared, std::shared_ptr<Record> record, const std::stop_token& disconnected);
    ~Running();
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;

    /// Asked to stop when the client is gone, or somebody cancels the query.
    std::stop_token stop() const;
    /// Somebody has asked for it, other than by hanging up.
    bool was_cancelled() const;
    void begin_sending();

   private:
    struct Relay {
      std::stop_source source;
      void operator()() { source.request_stop(); }
    };

    const std::shared_ptr<Shared> shared_;
    const std::shared_ptr<Record> record_;
    std::stop_callback<Relay> by_disconnection_;
  };

  std::shared_ptr<Running> begin(std::string_view tenant, const http::Request& request);

  /// In the order in which they began. @param tenant whose; empty optional: everybody's.
  std::vector<Listed> list(std::optional<std::string_view> tenant) const;
  /// @returns whether there is such a query.
  bool cancel(std::optional<std::string_view> tenant, std::string_view id);

 private:
  const std::shared_ptr<Shared> shared_;  // What is sent may outlive the registry.
};

}  // namespace luminate::server::api
