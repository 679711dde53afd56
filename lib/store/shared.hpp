#pragma once

#include <luminate/store.hpp>

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "backend/backend.hpp"
#include "ingest/json_decoder.hpp"
#include "ingest/series_cache.hpp"
#include "query/plan.hpp"
#include "store/accepted_points.hpp"
#include "store/call_scope.hpp"
#include "store/refusal_counts.hpp"
#include "store/store_url.hpp"

namespace luminate {
namespace store {

/// A range query under way, with what its cursor refers to.
struct OpenRange {
  query::Plan plan;
  model::Call call;
  std::unique_ptr<backend::RangeCursor> cursor{};  // Dies first.
};

}  // namespace store

/// What all handles and streams of one open store share.
struct Store::Shared {
  /// What decoding a request needs, kept from one request to the next.
  struct Scratch {
    explicit Scratch(const ingest::SeriesCache& cache) : decoder(cache) {}

    ingest::JsonDecoder decoder;
    Batch batch;
  };

  Shared(const store::StoreUrl& url, Options given);
  ~Shared();

  void close();

  /// @throws Error store_closed in a forked child, whose copies of mutexes may be held for ever.
  void check_process() const;

  /// Keeps the store open while the returned lock lives. @throws Error store_closed.
  std::shared_lock<std::shared_mutex> enter();

  // All of these: @pre the caller has entered.
  WriteReport write(std::string_view tenant, const Batch& batch, const model::Call& call);
  WriteReport write_json(std::string_view tenant, std::string_view json, const model::Call& call);
  std::list<store::OpenRange>::iterator add(store::OpenRange range);
  void end(std::list<store::OpenRange>::iterator range);

  /// Runs what may take long with a token that close() stops too, as it would otherwise wait for it.
  template <class Work>
  auto until_closed(const model::Call& call, const Work& work) {
    const store::AnyStop any(call.stop, closing.get_token());
    return unless_closed([&] { return work(model::Call{.deadline = call.deadline, .stop = any.token()}); });
  }

  /// Runs `work` whose token close() stops: then the error says that.
  template <class Work>
  auto unless_closed(const Work& work) {
    try {
      return work();
    } catch (const Error& error) {
      if (error.code() != ErrorCode::cancelled || !closed) throw;
      throw Error(ErrorCode::store_closed, "the store was closed meanwhile");
    }
  }

  std::int64_t now_ms() const;

  const Options options;
  const Validator validator;
  const pid_t opener;
  std::atomic<bool> closed = false;
  std::stop_source closing;
  std::shared_mutex open_mutex;  ///< Shared by calls under way, exclusive for close().
  std::unique_ptr<backend::Backend> backend;
  ingest::SeriesCache known_series;
  store::RefusalCounts refusals;

 private:
  void close_backend();
  WriteReport report(std::string_view tenant, store::AcceptedPoints&& accepted);
  std::unique_ptr<Scratch> take_scratch();
  void give_back(std::unique_ptr<Scratch> scratch);

  std::mutex scratch_mutex_;
  std::vector<std::unique_ptr<Scratch>> scratches_;  ///< Guarded by scratch_mutex_.

  std::mutex ranges_mutex_;
  std::list<store::OpenRange> ranges_;  ///< Of streams. The list is guarded by ranges_mutex_, each entry by its stream.
};

}  // namespace luminate
