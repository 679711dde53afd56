/* Deadlines and cancellation, and handles that several threads share. */
#define _POSIX_C_SOURCE 200809L

#include <pthread.h>
#include <stddef.h>
#include <time.h>

#include "check.h"
#include "session.h"

/* A store in which an exact percentile of all takes many times as long as any deadline here. */
static luminate_store* large_store(void) {
  enum { kSeries = 100, kSamples = 10000 };
  luminate_options* options = timeless_options();
  luminate_store* store;
  luminate_batch* batch;
  static int64_t times[kSamples];
  static double values[kSamples];
  OK(luminate_options_set(options, "batch_write.max_batch_size", LUMINATE_NUL, "1000000", LUMINATE_NUL, &error));
  OK(luminate_store_open("memory:", LUMINATE_NUL, options, &store, &error));
  luminate_options_destroy(options);
  OK(luminate_batch_create(&batch, &error));
  for (int s = 0; s < kSeries; ++s) {
    const char host[] = {'h', (char)('0' + s / 10), (char)('0' + s % 10), '\0'};
    for (int i = 0; i < kSamples; ++i) {
      times[i] = 1000 * i + s;
      values[i] = (double)((i * 7919 + s * 104729) % 1000003);
    }
    OK(luminate_batch_append(batch, host_series(batch, "cpu", host), times, values, kSamples, &error));
  }
  OK(luminate_store_write(store, batch, NULL, NULL, NULL, &error));
  luminate_batch_destroy(batch);
  return store;
}

static luminate_query* long_query(void) {
  luminate_query* query = cpu_query(LUMINATE_AGGREGATE);
  OK(luminate_query_aggregation(query, "p99", LUMINATE_NUL, &error));
  OK(luminate_query_aggregation(query, "stddev", LUMINATE_NUL, &error));
  OK(luminate_query_interval(query, 50, &error));
  OK(luminate_query_group_by(query, "host", LUMINATE_NUL, &error));
  return query;
}

static luminate_call* call_of(int64_t timeout_ms) {
  luminate_call* call;
  OK(luminate_call_create(&call, &error));
  if (timeout_ms >= 0) OK(luminate_call_set_timeout(call, timeout_ms, &error));
  return call;
}

static void a_call_ends_in_time(void) {
  luminate_store* store = large_store();
  luminate_query* query = long_query();
  luminate_result* result = (luminate_result*)&result;
  luminate_call* call = call_of(1);
  FAILS(LUMINATE_QUERY_TIMEOUT, luminate_store_query(store, query, call, &result, &error));
  CHECK(result == NULL);
  FAILS(LUMINATE_INVALID_REQUEST, luminate_call_set_timeout(call, -1, &error));
  luminate_call_destroy(call);
  luminate_query_destroy(query);
  luminate_store_destroy(store);
}

/* Every function that takes a call, with one that ended before it began. */
static void check_given_up(luminate_store* store, luminate_call* call, luminate_status status) {
  luminate_result* table;
  luminate_stream* stream;
  luminate_batch* batch;
  uint64_t count;
  luminate_query* query = cpu_query(LUMINATE_RANGE);
  OK(luminate_batch_create(&batch, &error));
  OK(luminate_batch_add(batch, host_series(batch, "cpu", "a"), 1000, 1, &error));
  FAILS(status, luminate_store_write(store, batch, call, &count, &table, &error));
  FAILS(status, luminate_store_write_bytes(store, LUMINATE_FORMAT_JSON, "{\"metrics\":[]}", LUMINATE_NUL, call, &count,
                                           &table, &error));
  FAILS(status, luminate_store_query(store, query, call, &table, &error));
  FAILS(status, luminate_store_stream(store, query, call, &stream, &error));
  FAILS(status, luminate_store_metrics(store, NULL, 0, 10, INT64_MIN, INT64_MAX, call, &table, &error));
  FAILS(status,
        luminate_store_dimension_keys(store, "cpu", 3, NULL, 0, 10, INT64_MIN, INT64_MAX, call, &table, &error));
  FAILS(status, luminate_store_dimension_values(store, "cpu", 3, "host", 4, NULL, 0, 10, INT64_MIN, INT64_MAX, call,
                                                &table, &error));
  FAILS(status, luminate_store_series_count(store, NULL, 0, call, &count, &error));
  FAILS(status, luminate_store_cardinality(store, NULL, 0, 10, call, &table, &error));
  FAILS(status, luminate_store_tenants(store, 10, call, &table, &error));
  FAILS(status, luminate_store_statistics(store, call, &table, &error));
  FAILS(status, luminate_store_health(store, call, &table, &error));
  FAILS(status, luminate_store_remove(store, query, 0, call, &count, &error));
  FAILS(status, luminate_store_set_retention(store, "c*", 2, 1000, call, &error));
  FAILS(status, luminate_store_remove_retention(store, "c*", 2, call, NULL, &error));
  FAILS(status, luminate_store_retention(store, call, &table, &error));
  FAILS(status, luminate_store_enforce_retention(store, call, &count, &error));
  FAILS(status, luminate_store_compact(store, call, &error));
  FAILS(status, luminate_store_backup(store, "copy.db", LUMINATE_NUL, 0, call, &error));
  OK(luminate_store_series_count(store, NULL, 0, NULL, &count, &error));
  CHECK(count == 0); /* Nothing was written. */
  luminate_batch_destroy(batch);
  luminate_query_destroy(query);
}

static void a_call_that_is_over_ends_every_function(void) {
  luminate_store* store = open_store(fresh_url());
  luminate_call* call = call_of(0);
  check_given_up(store, call, LUMINATE_QUERY_TIMEOUT);
  luminate_call_cancel(call);
  check_given_up(store, call, LUMINATE_CANCELLED); /* Both: the caller's word counts. */
  luminate_call_destroy(call);
  call = call_of(INT64_MAX);
  luminate_call_cancel(call);
  luminate_call_cancel(call);
  check_given_up(store, call, LUMINATE_CANCELLED);
  luminate_call_destroy(call);
  call = call_of(INT64_MAX);
  uint64_t count;
  OK(luminate_store_series_count(store, NULL, 0, call, &count, &error));
  luminate_call_destroy(call);
  luminate_store_destroy(store);
}

static void a_stream_is_cancelled_while_it_is_read(void) {
  luminate_store* store = open_store("memory:");
  luminate_query* query = cpu_query(LUMINATE_RANGE);
  luminate_call* call = call_of(-1);
  luminate_stream* stream;
  luminate_result* piece = (luminate_result*)&piece;
  write_cpu(store, "a", 3);
  OK(luminate_store_stream(store, query, call, &stream, &error));
  luminate_call_cancel(call);
  luminate_call_destroy(call); /* What it said holds all the same. */
  for (int again = 0; again < 2; ++again) {
    FAILS(LUMINATE_CANCELLED, luminate_stream_next(stream, &piece, &error));
    CHECK(piece == NULL);
  }
  luminate_stream_destroy(stream);
  luminate_query_destroy(query);
  luminate_store_destroy(store);
}

struct shared {
  luminate_store* store;
  luminate_query* query;
  luminate_call* call;
  luminate_result* result;
  luminate_validator* validator;
  pthread_barrier_t begin;
};

/* Checks in other threads go by their own status: `error` belongs to main's. */
static void* ask_until_cancelled(void* argument) {
  struct shared* shared = argument;
  luminate_result* result;
  pthread_barrier_wait(&shared->begin);
  luminate_status status;
  do {
    status = luminate_store_query(shared->store, shared->query, shared->call, &result, NULL);
    luminate_result_destroy(result);
  } while (status == LUMINATE_OK);
  return status == LUMINATE_CANCELLED ? NULL : argument;
}

static void calls_are_cancelled_from_another_thread(void) {
  enum { kThreads = 3 };
  struct shared shared = {large_store(), long_query(), call_of(-1), NULL, NULL, {{0}}};
  pthread_t threads[kThreads];
  CHECK(pthread_barrier_init(&shared.begin, NULL, kThreads + 1) == 0);
  for (int i = 0; i < kThreads; ++i) CHECK(pthread_create(&threads[i], NULL, ask_until_cancelled, &shared) == 0);
  pthread_barrier_wait(&shared.begin);
  luminate_call_cancel(shared.call);
  for (int i = 0; i < kThreads; ++i) {
    void* failed;
    CHECK(pthread_join(threads[i], &failed) == 0 && failed == NULL);
  }
  pthread_barrier_destroy(&shared.begin);
  luminate_call_destroy(shared.call);
  luminate_query_destroy(shared.query);
  luminate_store_destroy(shared.store);
}

/* All that threads may do with what they share. 0: all went well. */
static int use_shared(const struct shared* shared, int number) {
  luminate_result* result;
  luminate_batch* batch;
  luminate_store* tenant;
  luminate_stream* stream;
  const char* json;
  const char host[] = {'t', (char)('0' + number), '\0'};
  const char* const keys[] = {"host"};
  const char* const values[] = {host};
  uint32_t series;
  int failed = luminate_store_tenant(shared->store, host, LUMINATE_NUL, &tenant, NULL);
  failed |= luminate_batch_create(&batch, NULL);
  failed |= luminate_batch_series(batch, "cpu", LUMINATE_NUL, keys, NULL, values, NULL, 1, &series, NULL);
  failed |= luminate_batch_add(batch, series, 1000, 1, NULL);
  failed |= luminate_validator_check(shared->validator, batch, 1000, &result, NULL);
  failed |= result != NULL;
  failed |= luminate_store_write(shared->store, batch, shared->call, NULL, NULL, NULL);
  failed |= luminate_store_write(tenant, batch, shared->call, NULL, NULL, NULL);
  failed |= luminate_store_query(tenant, shared->query, shared->call, &result, NULL);
  failed |= luminate_result_row_count(result) != 1;
  luminate_result_destroy(result);
  failed |= luminate_store_stream(shared->store, shared->query, shared->call, &stream, NULL);
  failed |= luminate_stream_next(stream, &result, NULL);
  luminate_result_destroy(result);
  luminate_stream_destroy(stream);
  failed |= luminate_result_json(shared->result, &json, NULL, NULL);
  failed |= *json != '{';
  luminate_store_destroy(tenant);
  luminate_batch_destroy(batch);
  return failed;
}

struct numbered {
  struct shared* shared;
  int number;
};

static void* use_often(void* argument) {
  struct numbered* mine = argument;
  pthread_barrier_wait(&mine->shared->begin);
  for (int i = 0; i < 20; ++i) {
    if (use_shared(mine->shared, mine->number) != 0) return argument;
  }
  return NULL;
}

static void handles_are_shared_by_threads(void) {
  enum { kThreads = 4 };
  struct shared shared = {open_store(fresh_url()), cpu_query(LUMINATE_RANGE), call_of(60000), NULL, NULL, {{0}}};
  luminate_options* options = timeless_options();
  struct numbered numbered[kThreads];
  pthread_t threads[kThreads];
  OK(luminate_validator_create(options, &shared.validator, &error));
  luminate_options_destroy(options);
  write_cpu(shared.store, "a", 10);
  OK(luminate_store_query(shared.store, shared.query, NULL, &shared.result, &error));
  CHECK(pthread_barrier_init(&shared.begin, NULL, kThreads + 1) == 0);
  for (int i = 0; i < kThreads; ++i) {
    numbered[i].shared = &shared;
    numbered[i].number = i;
    CHECK(pthread_create(&threads[i], NULL, use_often, &numbered[i]) == 0);
  }
  pthread_barrier_wait(&shared.begin);
  for (int i = 0; i < kThreads; ++i) {
    void* failed;
    CHECK(pthread_join(threads[i], &failed) == 0 && failed == NULL);
  }
  pthread_barrier_destroy(&shared.begin);
  luminate_validator_destroy(shared.validator);
  luminate_result_destroy(shared.result);
  luminate_call_destroy(shared.call);
  luminate_query_destroy(shared.query);
  luminate_store_destroy(shared.store);
}

static void* use_until_closed(void* argument) {
  struct shared* shared = argument;
  luminate_result* result;
  pthread_barrier_wait(&shared->begin);
  luminate_status status;
  do {
    status = luminate_store_query(shared->store, shared->query, NULL, &result, NULL);
    luminate_result_destroy(result);
  } while (status == LUMINATE_OK);
  return status == LUMINATE_STORE_CLOSED ? NULL : argument;
}

static void a_store_is_closed_under_its_users(void) {
  enum { kThreads = 3 };
  struct shared shared = {open_store(fresh_url()), cpu_query(LUMINATE_RANGE), NULL, NULL, NULL, {{0}}};
  pthread_t threads[kThreads];
  write_cpu(shared.store, "a", 100);
  CHECK(pthread_barrier_init(&shared.begin, NULL, kThreads + 1) == 0);
  for (int i = 0; i < kThreads; ++i) CHECK(pthread_create(&threads[i], NULL, use_until_closed, &shared) == 0);
  pthread_barrier_wait(&shared.begin);
  OK(luminate_store_close(shared.store, &error));
  for (int i = 0; i < kThreads; ++i) {
    void* failed;
    CHECK(pthread_join(threads[i], &failed) == 0 && failed == NULL);
  }
  pthread_barrier_destroy(&shared.begin);
  luminate_query_destroy(shared.query);
  luminate_store_destroy(shared.store);
}

#ifndef __SANITIZE_THREAD__ /* Which does not know how such a thread ends. */
struct writer {
  luminate_store* store;
  luminate_batch* batch;
  pthread_barrier_t begin;
};

static void* write_for_ever(void* argument) {
  struct writer* writer = argument;
  pthread_barrier_wait(&writer->begin);
  while (luminate_store_write(writer->store, writer->batch, NULL, NULL, NULL, NULL) == LUMINATE_OK) {
    pthread_testcancel();
  }
  return NULL;
}

static void a_thread_is_cancelled_when_its_call_has_returned(void) {
  struct writer writer = {open_store(fresh_url()), NULL, {{0}}};
  OK(luminate_batch_create(&writer.batch, &error));
  OK(luminate_batch_add(writer.batch, host_series(writer.batch, "cpu", "a"), 1000, 1, &error));
  CHECK(pthread_barrier_init(&writer.begin, NULL, 2) == 0);
  for (int i = 0; i < 5; ++i) {
    pthread_t thread;
    void* end;
    CHECK(pthread_create(&thread, NULL, write_for_ever, &writer) == 0);
    pthread_barrier_wait(&writer.begin);
    CHECK(pthread_cancel(thread) == 0);
    CHECK(pthread_join(thread, &end) == 0 && end == PTHREAD_CANCELED);
  }
  OK(luminate_store_write(writer.store, writer.batch, NULL, NULL, NULL, &error));
  pthread_barrier_destroy(&writer.begin);
  luminate_batch_destroy(writer.batch);
  luminate_store_destroy(writer.store);
}
#endif

int main(void) {
  a_call_ends_in_time();
  a_call_that_is_over_ends_every_function();
  a_stream_is_cancelled_while_it_is_read();
  calls_are_cancelled_from_another_thread();
  handles_are_shared_by_threads();
  a_store_is_closed_under_its_users();
#ifndef __SANITIZE_THREAD__
  a_thread_is_cancelled_when_its_call_has_returned();
#endif
  check_done();
  return 0;
}
