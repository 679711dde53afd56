#pragma once

#include <luminate/store.hpp>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <variant>

#include "server/http/message.hpp"

namespace luminate::server::api {

/// Takes backups into one directory on a thread of its own, one at a time. Any thread.
class BackupRunner {
 public:
  enum class State : std::uint8_t { running, done, failed, cancelled };

  struct Backup {
    std::string name{};
    std::string request_id{};  ///< Of the request that began it.
    State state = State::running;
    std::int64_t started_ms = 0;  ///< Unix time.
    std::optional<std::int64_t> finished_ms{};
    Progress progress{};           ///< In bytes.
    std::optional<Error> error{};  ///< Of one that failed.
  };

  /// Told of backups that failed while nobody was waiting. Must not throw.
  using Report = std::function<void(const http::Request&, ErrorCode, std::string_view)>;

  /// How a backup is taken: Store::backup().
  using Take = std::function<void(const Store&, const std::string& to, const BackupOptions&)>;
  static void take(const Store& store, const std::string& to, const BackupOptions& options) {
    store.backup(to, options);
  }

  /// @param directory where backups go; empty: nowhere, they are refused.
  BackupRunner(std::string directory, Report report, Take take = BackupRunner::take)
      : directory_(std::move(directory)), report_(std::move(report)), take_(std::move(take)) {}
  /// Ends the one that runs; nothing of it stays.
  ~BackupRunner() { stop(); }
  BackupRunner(const BackupRunner&) = delete;
  BackupRunner& operator=(const BackupRunner&) = delete;

  static constexpr std::size_t kMaxNameBytes = 100;
  /// Whether a client may call a backup so: a file name that leads nowhere else and belongs to no other file.
  static bool is_name(std::string_view name);

  /// Begins, and returns once bytes are copied; or the answer to a request that cannot have a backup now. @pre
  /// is_name()
  /// @throws Error why the store cannot be backed up, as it says at once.
  std::variant<Backup, http::Response> start(const Store& store, const std::string& name, const http::Request& request);

  /// The one that runs, or else the last one.
  std::optional<Backup> last() const;

  /// Asks the one that runs to end; later ones are refused.
  void stop() noexcept;

 private:
  void run(const std::stop_token& stop, const Store& store, const http::Request& request);
  void finish(State state, std::optional<Error> error, const http::Request& request);

  const std::string directory_;
  const Report report_;
  const Take take_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool stopped_ = false;    ///< Guarded by mutex_, like what follows.
  bool under_way_ = false;  ///< Its caller has been told, or waits no longer.
  std::optional<Backup> running_;
  std::optional<Backup> finished_;
  std::exception_ptr refused_;  ///< Why the one that was begun last did not get under way.
  std::jthread thread_;         // Last: it uses the others.
};

}  // namespace luminate::server::api
