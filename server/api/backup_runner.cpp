#include "server/api/backup_runner.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>

namespace luminate::server::api {
namespace {

// For the store to say that it cannot; a large one may take its time to begin.
constexpr std::chrono::seconds kBeginning(1);

std::int64_t now_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

http::Response refuse(std::string_view code, const std::string& message) {
  return http::error_response(409, code, message);
}

}  // namespace

bool BackupRunner::is_name(std::string_view name) {
  if (name.empty() || name.size() > kMaxNameBytes || name.front() == '.') return false;
  const bool plain = std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  });
  // What SQLite and the store keep beside a database: a backup of such a name would be taken for part of another.
  const auto belongs_to_another = [&](std::string_view suffix) { return name.ends_with(suffix); };
  return plain && !belongs_to_another("-wal") && !belongs_to_another("-shm") && !belongs_to_another("-journal") &&
         !belongs_to_another("-lock");
}

std::variant<BackupRunner::Backup, http::Response> BackupRunner::start(const Store& store, const std::string& name,
                                                                       const http::Request& request) {
  std::error_code error;
  if (directory_.empty()) {
    return refuse("BACKUP_UNAVAILABLE", "backups by request are off: set storage.backup_directory, where they go");
  }
  if (!std::filesystem::is_directory(directory_, error)) {
    return refuse("BACKUP_UNAVAILABLE", "what storage.backup_directory names is no directory; make it");
  }
  if (std::filesystem::exists(std::filesystem::symlink_status(std::filesystem::path(directory_) / name, error))) {
    return refuse("BACKUP_EXISTS", "there is a backup of that name already; choose another");
  }
  std::unique_lock lock(mutex_);
  if (stopped_) return refuse("BACKUP_UNAVAILABLE", "the server is shutting down");
  if (running_) {
    return refuse("BACKUP_RUNNING", "a backup is running; GET /api/v1/admin/backup tells how far it has come");
  }
  running_ = Backup{.name = name, .request_id = request.id, .started_ms = now_ms()};
  under_way_ = false;
  refused_ = nullptr;
  http::Request told;  // What a report needs of it.
  told.method = request.method;
  told.path = request.path;
  told.id = request.id;
  try {
    // The thread of the one before has nothing left to do.
    thread_ = std::jthread([this, store, told](const std::stop_token& stop) { run(stop, store, told); });
  } catch (...) {
    running_.reset();
    throw;
  }
  changed_.wait_for(lock, kBeginning, [&] { return under_way_ || !running_; });
  if (refused_) std::rethrow_exception(std::exchange(refused_, nullptr));
  under_way_ = true;
  return running_ ? *running_ : *finished_;
}

void BackupRunner::run(const std::stop_token& stop, const Store& store, const http::Request& request) {
  std::string path;
  {
    const std::lock_guard lock(mutex_);
    path = (std::filesystem::path(directory_) / running_->name).string();
  }
  const auto progress = [this](const Progress& come) {
    const std::lock_guard lock(mutex_);
    running_->progress = come;
    if (std::exchange(under_way_, true)) return;
    changed_.notify_all();
  };
  try {
    take_(store, path, {.watch = {.progress = progress, .stop = stop}});
    finish(State::done, std::nullopt, request);
  } catch (const Error& error) {
    finish(error.code() == ErrorCode::cancelled ? State::cancelled : State::failed, error, request);
  } catch (const std::exception& error) {
    finish(State::failed, Error(ErrorCode::internal, error.what()), request);
  }
}

void BackupRunner::finish(State state, std::optional<Error> error, const http::Request& request) {
  bool waited_for = false;
  {
    const std::lock_guard lock(mutex_);
    waited_for = !under_way_;
    if (waited_for && error) {
      refused_ = std::make_exception_ptr(*error);
    } else {
      running_->state = state;
      running_->finished_ms = now_ms();
      if (state == State::failed) running_->error = error;
      finished_ = std::move(running_);
    }
    running_.reset();
    changed_.notify_all();
  }
  if (state == State::failed && !waited_for) report_(request, error->code(), error->what());
}

std::optional<BackupRunner::Backup> BackupRunner::last() const {
  const std::lock_guard lock(mutex_);
  return running_ ? running_ : finished_;
}

void BackupRunner::stop() noexcept {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  thread_.request_stop();
}

}  // namespace luminate::server::api
