#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

namespace luminate::test {

/// Stands between clients and a PostgreSQL server, and lets what happens to networks happen to their connections.
class PostgresProxy {
 public:
  enum class Direction { to_server, to_client };

  /// @param socket_directory where the server's socket is.
  explicit PostgresProxy(const std::string& socket_directory);
  ~PostgresProxy();
  PostgresProxy(const PostgresProxy&) = delete;
  PostgresProxy& operator=(const PostgresProxy&) = delete;

  std::string url() const;

  /// The connection that carries the byte behind the next `bytes` in that direction, all connections counted, ends
  /// before that byte, for both sides.
  void cut_after(Direction direction, std::int64_t bytes);
  /// Until a cut has come, at most so long. @returns whether it has.
  bool wait_for_cut(std::chrono::milliseconds at_most);
  /// No cut will come that has not yet.
  void keep();

  /// Every connection that is there ends now.
  void cut_all();
  /// From a cut on, or at once, new connections end before their first byte, until accept().
  void refuse();
  void refuse_after_cut();
  void accept();

  /// Whatever the connections that are there carry is lost from now on, without a word to either side: nor that the
  /// other one is gone. So it is with those to come, until revive(),
  /// when the server gives up those that were silent, as it does by its keepalives; the client has to find out.
  void fall_silent();
  void revive();

  std::int64_t carried(Direction direction) const { return carried_[static_cast<int>(direction)]; }
  int connections() const { return connections_; }

 private:
  struct Link;
  void serve();
  void pump(const std::shared_ptr<Link>& link, Direction direction);
  std::int64_t pass(Direction direction, std::int64_t bytes);

  std::string server_;
  std::string directory_;
  int listener_ = -1;
  std::atomic<bool> refuses_ = false;
  std::atomic<bool> silent_ = false;
  std::atomic<int> connections_ = 0;
  std::atomic<std::int64_t> carried_[2] = {0, 0};

  std::mutex mutex_;
  std::condition_variable cut_happened_;
  std::int64_t until_cut_ = -1;  ///< -1: none will come.
  Direction cut_direction_ = Direction::to_server;
  bool refuses_after_cut_ = false;
  bool ends_ = false;
  std::list<std::shared_ptr<Link>> links_;

  std::thread accepting_;
};

}  // namespace luminate::test
