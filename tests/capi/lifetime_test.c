/* Handles destroyed in any order, used after close and after fork. */
#define _POSIX_C_SOURCE 200809L

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "arrow.h"
#include "check.h"
#include "session.h"

#define ALWAYS INT64_MIN, INT64_MAX

/* One of each kind, that know each other where they can. */
enum {
  kOptions,
  kCall,
  kStore,
  kTenant,
  kBatch,
  kQuery,
  kResult,
  kJson,
  kArrow,
  kStream,
  kPiece,
  kValidator,
  kHandles
};

struct handles {
  luminate_options* options;
  luminate_call* call;
  luminate_store* store;
  luminate_store* tenant;
  luminate_batch* batch;
  luminate_query* query;
  luminate_result* result;
  luminate_result* with_json;
  struct ArrowArrayStream arrow;
  luminate_stream* stream;
  luminate_result* piece;
  luminate_validator* validator;
  const char* json;
};

static void release(void* user) {
  ++*(int*)user;
}

static void never_called(void* user, int32_t level, const char* message, size_t size) {
  (void)user, (void)level, (void)message, (void)size;
}

static struct handles make_handles(const char* url, int* released) {
  struct handles all;
  all.options = timeless_options();
  OK(luminate_options_set_logger(all.options, never_called, released, release, &error));
  OK(luminate_call_create(&all.call, &error));
  OK(luminate_store_open(url, LUMINATE_NUL, all.options, &all.store, &error));
  OK(luminate_store_tenant(all.store, "acme", LUMINATE_NUL, &all.tenant, &error));
  write_cpu(all.tenant, "a", 5);
  OK(luminate_batch_create(&all.batch, &error));
  host_series(all.batch, "cpu", "b");
  all.query = cpu_query(LUMINATE_RANGE);
  OK(luminate_store_query(all.tenant, all.query, all.call, &all.result, &error));
  OK(luminate_store_query(all.tenant, all.query, all.call, &all.with_json, &error));
  OK(luminate_result_json(all.with_json, &all.json, NULL, &error));
  OK(luminate_result_arrow(all.result, &all.arrow, &error));
  OK(luminate_store_stream(all.tenant, all.query, all.call, &all.stream, &error));
  OK(luminate_stream_next(all.stream, &all.piece, &error));
  OK(luminate_validator_create(all.options, &all.validator, &error));
  return all;
}

/* Uses a handle as its owner might just before its end. */
static void use(struct handles* all, int which) {
  luminate_result* result;
  switch (which) {
    case kStore:
    case kTenant:
      OK(luminate_store_query(which == kStore ? all->store : all->tenant, NULL != all->query ? all->query : NULL, NULL,
                              &result, &error));
      CHECK(luminate_result_row_count(result) == (which == kStore ? 0u : 5u));
      luminate_result_destroy(result);
      break;
    case kResult:
    case kPiece:
      result = which == kResult ? all->result : all->piece;
      CHECK(number_at(result, "value", 4) == 5);
      SAME(text_at(result, "host", 4), "a");
      break;
    case kJson:
      SAYS(all->json, "\"value\":5");
      break;
    case kArrow: {
      struct ArrowArray array;
      CHECK(all->arrow.get_next(&all->arrow, &array) == 0 && array.length == 5);
      CHECK(((const double*)array.children[1]->buffers[1])[4] == 5);
      array.release(&array);
      break;
    }
    case kStream:
      OK(luminate_stream_next(all->stream, &result, &error));
      CHECK(result == NULL && luminate_stream_points_scanned(all->stream) == 5);
      break;
    case kValidator:
      if (all->batch == NULL) break;
      OK(luminate_validator_check(all->validator, all->batch, 1000, &result, &error));
      CHECK(result == NULL);
      break;
    default:
      break;
  }
}

static void destroy(struct handles* all, int which) {
  switch (which) {
    case kOptions:
      luminate_options_destroy(all->options);
      break;
    case kCall:
      luminate_call_destroy(all->call);
      break;
    case kStore:
      luminate_store_destroy(all->store);
      break;
    case kTenant:
      luminate_store_destroy(all->tenant);
      break;
    case kBatch:
      luminate_batch_destroy(all->batch);
      all->batch = NULL;
      break;
    case kQuery:
      luminate_query_destroy(all->query);
      all->query = NULL;
      break;
    case kResult:
      luminate_result_destroy(all->result);
      break;
    case kJson:
      luminate_result_destroy(all->with_json);
      break;
    case kArrow:
      all->arrow.release(&all->arrow);
      break;
    case kStream:
      luminate_stream_destroy(all->stream);
      break;
    case kPiece:
      luminate_result_destroy(all->piece);
      break;
    case kValidator:
      luminate_validator_destroy(all->validator);
      break;
    default:
      check_failed("somebody destroys this kind of handle", __FILE__, __LINE__);
  }
}

/* Destroys all in this order, and uses what is left where that says whether it is whole. */
static void end_in_order(const char* url, const int* order, int count) {
  int released = 0;
  struct handles all = make_handles(url, &released);
  for (int i = 0; i < count; ++i) {
    const int uses_query = order[i] == kStore || order[i] == kTenant;
    if (!uses_query || all.query != NULL) use(&all, order[i]);
    destroy(&all, order[i]);
  }
  CHECK(released == 1);
}

static void permute(const char* url, int* order, int depth, int of) {
  if (depth == of) {
    end_in_order(url, order, kHandles);
    return;
  }
  for (int i = depth; i < of; ++i) {
    int swap = order[depth];
    order[depth] = order[i];
    order[i] = swap;
    permute(url, order, depth + 1, of);
    swap = order[depth];
    order[depth] = order[i];
    order[i] = swap;
  }
}

/* Those that share something with others go in every order of theirs: the rest stands behind, then in front. */
static void handles_end_in_any_order(void) {
  int order[kHandles] = {kOptions, kStore, kTenant, kStream, kResult, kArrow,
                         kCall,    kBatch, kQuery,  kJson,   kPiece,  kValidator};
  permute("memory:", order, 0, 6);
  int rotated[kHandles];
  for (int shift = 0; shift < kHandles; ++shift) {
    for (int i = 0; i < kHandles; ++i) rotated[i] = order[(i + shift) % kHandles];
    end_in_order(fresh_url(), rotated, kHandles);
    for (int i = 0; i < kHandles; ++i) rotated[i] = order[(kHandles - 1 - i + shift) % kHandles];
    end_in_order(fresh_url(), rotated, kHandles);
  }
}

/* Every function that asks a store fails with STORE_CLOSED, and hands out nothing. */
static void check_closed(luminate_store* store, luminate_query* query) {
  luminate_result* table;
  luminate_stream* stream;
  luminate_batch* batch;
  uint64_t count = 1;
  int32_t existed;
  OK(luminate_batch_create(&batch, &error));
  OK(luminate_batch_add(batch, host_series(batch, "cpu", "a"), 1000, 1, &error));
#define CLOSED(call)                    \
  table = (luminate_result*)&table;     \
  FAILS(LUMINATE_STORE_CLOSED, (call)); \
  CHECK(table == NULL)
  CLOSED(luminate_store_write(store, batch, NULL, &count, &table, &error));
  CHECK(count == 0);
  CLOSED(luminate_store_write_bytes(store, LUMINATE_FORMAT_JSON, "{\"metrics\":[]}", LUMINATE_NUL, NULL, &count, &table,
                                    &error));
  CLOSED(luminate_store_query(store, query, NULL, &table, &error));
  CLOSED(luminate_store_metrics(store, NULL, 0, 10, ALWAYS, NULL, &table, &error));
  CLOSED(luminate_store_dimension_keys(store, "cpu", 3, NULL, 0, 10, ALWAYS, NULL, &table, &error));
  CLOSED(luminate_store_dimension_values(store, "cpu", 3, "host", 4, NULL, 0, 10, ALWAYS, NULL, &table, &error));
  CLOSED(luminate_store_cardinality(store, NULL, 0, 10, NULL, &table, &error));
  CLOSED(luminate_store_tenants(store, 10, NULL, &table, &error));
  CLOSED(luminate_store_statistics(store, NULL, &table, &error));
  CLOSED(luminate_store_health(store, NULL, &table, &error));
  CLOSED(luminate_store_retention(store, NULL, &table, &error));
#undef CLOSED
  FAILS(LUMINATE_STORE_CLOSED, luminate_store_stream(store, query, NULL, &stream, &error));
  FAILS(LUMINATE_STORE_CLOSED, luminate_store_series_count(store, NULL, 0, NULL, &count, &error));
  FAILS(LUMINATE_STORE_CLOSED, luminate_store_remove(store, query, 0, NULL, &count, &error));
  FAILS(LUMINATE_STORE_CLOSED, luminate_store_set_retention(store, "c*", 2, 1000, NULL, &error));
  FAILS(LUMINATE_STORE_CLOSED, luminate_store_remove_retention(store, "c*", 2, NULL, &existed, &error));
  FAILS(LUMINATE_STORE_CLOSED, luminate_store_enforce_retention(store, NULL, &count, &error));
  FAILS(LUMINATE_STORE_CLOSED, luminate_store_compact(store, NULL, &error));
  FAILS(LUMINATE_STORE_CLOSED, luminate_store_backup(store, "copy.db", LUMINATE_NUL, 0, NULL, &error));
  luminate_batch_destroy(batch);
}

static void what_is_closed_says_so(void) {
  int released = 0;
  luminate_result* piece = (luminate_result*)&piece;
  struct handles all = make_handles(fresh_url(), &released);
  OK(luminate_store_close(all.store, &error));
  OK(luminate_store_close(all.store, &error));
  check_closed(all.store, all.query);
  check_closed(all.tenant, all.query); /* Both are one open store. */
  for (int i = 0; i < 2; ++i) {
    FAILS(LUMINATE_STORE_CLOSED, luminate_stream_next(all.stream, &piece, &error));
    CHECK(piece == NULL);
  }
  use(&all, kResult); /* What was answered stays. */
  use(&all, kPiece);
  use(&all, kArrow);
  for (int i = 0; i < kHandles; ++i) destroy(&all, i);
  CHECK(released == 1);
}

static void a_child_is_told_to_open_it_again(void) {
  int released = 0;
  char url[400];
  strcpy(url, fresh_url());
  struct handles all = make_handles(url, &released);
  const pid_t child = fork();
  CHECK(child >= 0);
  if (child == 0) {
    luminate_result* piece;
    check_closed(all.store, all.query);
    SAYS(luminate_error_message(error), "fork");
    FAILS(LUMINATE_STORE_CLOSED, luminate_stream_next(all.stream, &piece, &error));
    use(&all, kResult);
    use(&all, kArrow);
    OK(luminate_store_close(all.store, &error));
    luminate_store* own;
    luminate_call_cancel(all.call); /* Nobody is here to be told, and so nothing happens. */
    OK(luminate_store_open("memory:", LUMINATE_NUL, NULL, &own, &error));
    OK(luminate_store_metrics(own, NULL, 0, 1, ALWAYS, all.call, &piece, &error));
    luminate_result_destroy(piece);
    luminate_store_destroy(own);
    for (int i = 0; i < kHandles; ++i) destroy(&all, i);
    FAILS(LUMINATE_STORAGE_LOCKED, luminate_store_open(url, LUMINATE_NUL, NULL, &all.store, &error));
    char reading[450];
    snprintf(reading, sizeof reading, "%s?mode=ro", url);
    OK(luminate_store_open(reading, LUMINATE_NUL, NULL, &all.store, &error));
    luminate_store_destroy(all.store);
    check_done();
    _exit(0); /* What the parent still has is no leak of the child's. */
  }
  int status;
  CHECK(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  write_cpu(all.tenant, "a", 5);
  for (int i = 0; i < kHandles; ++i) {
    use(&all, i);
    if (i != kQuery) destroy(&all, i);
  }
  destroy(&all, kQuery);
  CHECK(released == 1);
}

static void nothing_may_be_destroyed(void) {
  luminate_error_destroy(NULL);
  luminate_options_destroy(NULL);
  luminate_call_destroy(NULL);
  luminate_store_destroy(NULL);
  luminate_batch_destroy(NULL);
  luminate_query_destroy(NULL);
  luminate_result_destroy(NULL);
  luminate_stream_destroy(NULL);
  luminate_validator_destroy(NULL);
}

int main(void) {
  handles_end_in_any_order();
  what_is_closed_says_so();
  a_child_is_told_to_open_it_again();
  nothing_may_be_destroyed();
  check_done();
  return 0;
}
