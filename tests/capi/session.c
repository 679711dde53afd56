#define _XOPEN_SOURCE 700

#include "session.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"

static char folder[256];
static char url[320];
static int files = 0;
static pid_t owner = 0;

static int remove_one(const char* path, const struct stat* status, int kind, struct FTW* place) {
  (void)status, (void)kind, (void)place;
  return remove(path);
}

static void remove_folder(void) {
  if (getpid() == owner) nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

const char* fresh_url(void) {
  if (owner == 0) {
    const char* parent = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/luminate-capi-XXXXXX",
             parent != NULL                  ? parent
             : access("/dev/shm", W_OK) == 0 ? "/dev/shm"
                                             : "/tmp");
    CHECK(mkdtemp(folder) != NULL);
    owner = getpid();
    atexit(remove_folder);
  }
  snprintf(url, sizeof url, "sqlite:%s/%d.db", folder, files++);
  return url;
}

const char* fresh_path(void) {
  return fresh_url() + strlen("sqlite:");
}

luminate_options* timeless_options(void) {
  luminate_options* options;
  OK(luminate_options_create(&options, &error));
  OK(luminate_options_set(options, "batch_write.max_age", LUMINATE_NUL, "36500d", LUMINATE_NUL, &error));
  OK(luminate_options_set(options, "query_limits.max_query_time_range", LUMINATE_NUL, "36500d", LUMINATE_NUL, &error));
  return options;
}

luminate_store* open_store(const char* where) {
  luminate_options* options = timeless_options();
  luminate_store* store;
  OK(luminate_store_open(where, LUMINATE_NUL, options, &store, &error));
  luminate_options_destroy(options);
  return store;
}

uint32_t host_series(luminate_batch* batch, const char* metric, const char* host) {
  const char* const keys[] = {"host"};
  const char* const values[] = {host};
  uint32_t series;
  OK(luminate_batch_series(batch, metric, LUMINATE_NUL, keys, NULL, values, NULL, 1, &series, &error));
  return series;
}

void write_cpu(luminate_store* store, const char* host, size_t count) {
  luminate_batch* batch;
  uint64_t accepted;
  OK(luminate_batch_create(&batch, &error));
  const uint32_t series = host_series(batch, "cpu", host);
  for (size_t i = 1; i <= count; ++i) OK(luminate_batch_add(batch, series, 1000 * (int64_t)i, (double)i, &error));
  OK(luminate_store_write(store, batch, NULL, &accepted, NULL, &error));
  CHECK(accepted == count);
  luminate_batch_destroy(batch);
}

luminate_query* cpu_query(int32_t type) {
  luminate_query* query;
  OK(luminate_query_create(type, "cpu", LUMINATE_NUL, &query, &error));
  OK(luminate_query_between(query, 0, 100000000, &error));
  return query;
}

size_t column(const luminate_result* result, const char* name) {
  const size_t count = luminate_result_column_count(result);
  for (size_t i = 0; i < count; ++i) {
    if (strcmp(luminate_result_column_name(result, i), name) == 0) return i;
  }
  fprintf(stderr, "there is no column %s\n", name);
  exit(1);
}

const char* text_at(const luminate_result* result, const char* name, size_t row) {
  const size_t at = column(result, name);
  CHECK(luminate_result_column_type(result, at) == LUMINATE_TEXT);
  CHECK(row < luminate_result_row_count(result));
  const int32_t code = luminate_result_codes(result, at)[row];
  return luminate_result_text(result, at, code, NULL);
}

int64_t integer_at(const luminate_result* result, const char* name, size_t row) {
  CHECK(row < luminate_result_row_count(result));
  const int64_t* integers = luminate_result_integers(result, column(result, name));
  CHECK(integers != NULL);
  return integers[row];
}

double number_at(const luminate_result* result, const char* name, size_t row) {
  CHECK(row < luminate_result_row_count(result));
  const double* numbers = luminate_result_numbers(result, column(result, name));
  CHECK(numbers != NULL);
  return numbers[row];
}
