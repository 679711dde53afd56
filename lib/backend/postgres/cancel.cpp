#include "postgres/cancel.hpp"

#include <libpq-fe.h>
#include <pthread.h>

#include <condition_variable>
#include <csignal>
#include <memory>
#include <mutex>
#include <thread>

namespace luminate::postgres {
namespace {

struct Request {
  explicit Request(PGcancel* made) : cancel(made, &PQfreeCancel) {}
  std::unique_ptr<PGcancel, decltype(&PQfreeCancel)> cancel;
  std::mutex mutex;
  std::condition_variable changed;
  bool done = false;  // Guarded by mutex, like the next.
  bool sent = false;
};

void send(Request& request) noexcept {
  char error[256];
  const bool sent = PQcancel(request.cancel.get(), error, sizeof error) != 0;
  const std::lock_guard lock(request.mutex);
  request.sent = sent;
  request.done = true;
  request.changed.notify_one();
}

/// A thread that takes none of the program's signals.
std::thread start(const std::shared_ptr<Request>& request) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    std::thread thread([request] { send(*request); });
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return thread;
  } catch (...) {
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    throw;
  }
}

}  // namespace

bool cancel(pg_conn* connection, std::chrono::steady_clock::time_point until) noexcept try {
  const auto request = std::make_shared<Request>(PQgetCancel(connection));
  if (request->cancel == nullptr) return false;
  std::thread helper = start(request);
  std::unique_lock lock(request->mutex);
  const bool done = request->changed.wait_until(lock, until, [&] { return request->done; });
  const bool sent = request->sent;
  lock.unlock();
  if (done) {
    helper.join();
  } else {
    helper.detach();
  }
  return sent;
} catch (...) {  // No thread or no memory to be had.
  return false;
}

}  // namespace luminate::postgres
