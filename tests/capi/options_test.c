/* Options, the logger and errors. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "session.h"

static void status_names_are_those_of_http(void) {
  SAME(luminate_status_name(LUMINATE_OK), "OK");
  SAME(luminate_status_name(LUMINATE_INVALID_METRIC_NAME), "INVALID_METRIC_NAME");
  SAME(luminate_status_name(LUMINATE_QUERY_TIMEOUT), "QUERY_TIMEOUT");
  SAME(luminate_status_name(LUMINATE_OUT_OF_MEMORY), "OUT_OF_MEMORY");
  SAME(luminate_status_name(LUMINATE_INTERNAL), "INTERNAL_ERROR");
  SAME(luminate_status_name(1234), "UNKNOWN");
  SAME(luminate_status_name(-1), "UNKNOWN");
}

static void keys_have_defaults_that_can_be_set(void) {
  luminate_options* options;
  OK(luminate_options_create(&options, &error));
  const size_t count = luminate_options_key_count();
  CHECK(count > 20);
  for (size_t i = 0; i < count; ++i) {
    const char* key = luminate_options_key(i);
    const char* value;
    CHECK(strlen(luminate_options_key_meaning(i)) > 5);
    OK(luminate_options_get(options, key, LUMINATE_NUL, &value, &error));
    SAME(value, luminate_options_key_default(i));
    OK(luminate_options_set(options, key, LUMINATE_NUL, luminate_options_key_default(i), LUMINATE_NUL, &error));
  }
  CHECK(luminate_options_key(count) == NULL);
  CHECK(luminate_options_key_default(count) == NULL);
  CHECK(luminate_options_key_meaning(count) == NULL);
  luminate_options_destroy(options);
}

static void texts_have_sizes_or_end_with_nul(void) {
  luminate_options* options;
  const char* value;
  OK(luminate_options_create(&options, &error));
  OK(luminate_options_set(options, "batch_write.max_age and more", 19, "2d and more", 2, &error));
  OK(luminate_options_get(options, "batch_write.max_age", LUMINATE_NUL, &value, &error));
  SAME(value, "2d");
  OK(luminate_options_set(options, "retention.policies", LUMINATE_NUL, NULL, 0, &error)); /* An empty text. */
  FAILS(LUMINATE_INVALID_REQUEST,
        luminate_options_set(options, "retention.policies", LUMINATE_NUL, NULL, LUMINATE_NUL, &error));
  FAILS(LUMINATE_INVALID_REQUEST, luminate_options_set(options, "x", (size_t)-2, "1", 1, &error));
  luminate_options_destroy(options);
}

static void a_key_that_there_is_not_names_the_nearest(void) {
  luminate_options* options;
  const char* value = "something";
  OK(luminate_options_create(&options, &error));
  FAILS(LUMINATE_INVALID_OPTION,
        luminate_options_set(options, "batch_write.max_agee", LUMINATE_NUL, "1d", LUMINATE_NUL, &error));
  SAYS(luminate_error_message(error), "nearest is batch_write.max_age");
  SAME(luminate_error_field(error), "batch_write.max_agee");
  CHECK(luminate_error_index(error) == -1);
  CHECK(!luminate_error_retryable(error) && !luminate_error_in_doubt(error));
  FAILS(LUMINATE_INVALID_OPTION, luminate_options_get(options, "nothing", LUMINATE_NUL, &value, &error));
  CHECK(value == NULL);
  FAILS(LUMINATE_INVALID_OPTION,
        luminate_options_set(options, "batch_write.max_age", LUMINATE_NUL, "long", LUMINATE_NUL, &error));
  SAYS(luminate_error_message(error), "must be a duration");
  luminate_options_destroy(options);
}

/* This program is run with a later library too: see check_done(). */
static void an_option_of_another_version_is_taken_or_named(void) {
  luminate_options* options;
  OK(luminate_options_create(&options, &error));
  if (strcmp(luminate_options_key(0), "batch_write.later") == 0) {
    OK(luminate_options_set(options, "batch_write.later", LUMINATE_NUL, "7", LUMINATE_NUL, &error));
  } else {
    FAILS(LUMINATE_INVALID_OPTION,
          luminate_options_set(options, "batch_write.later", LUMINATE_NUL, "7", LUMINATE_NUL, &error));
    SAYS(luminate_error_message(error), "there is no option 'batch_write.later'; the nearest is batch_write.");
  }
  luminate_options_destroy(options);
}

static void nobody_need_ask_for_the_error(void) {
  CHECK(luminate_store_open("nothing:", LUMINATE_NUL, NULL, NULL, NULL) == LUMINATE_INVALID_REQUEST);
  luminate_store* store = (luminate_store*)&store;
  CHECK(luminate_store_open("nothing:", LUMINATE_NUL, NULL, &store, NULL) == LUMINATE_INVALID_OPTION);
  CHECK(store == NULL);
}

struct listener {
  int lines;
  int released;
  char last[200];
};

static void listen(void* user, int32_t level, const char* message, size_t size) {
  struct listener* listener = user;
  CHECK(level >= LUMINATE_LOG_DEBUG && level <= LUMINATE_LOG_ERROR);
  CHECK(strlen(message) == size);
  ++listener->lines;
  strncpy(listener->last, message, sizeof listener->last - 1);
}

static void release(void* user) {
  ++((struct listener*)user)->released;
}

/* Writes more series than a store takes, of which it warns. */
static void make_it_talk(luminate_store* store) {
  char host[20];
  luminate_batch* batch;
  OK(luminate_batch_create(&batch, &error));
  for (int i = 0; i < 12; ++i) {
    memcpy(host, "h0", 3);
    host[1] = (char)('a' + i);
    OK(luminate_batch_add(batch, host_series(batch, "cpu", host), 1000, 1, &error));
  }
  OK(luminate_store_write(store, batch, NULL, NULL, NULL, &error));
  luminate_batch_destroy(batch);
}

static void a_logger_is_released_with_the_last_that_could_call_it(void) {
  struct listener listener = {0, 0, ""};
  luminate_options* options = timeless_options();
  luminate_store* store;
  luminate_store* tenant;
  OK(luminate_options_set(options, "cardinality_limits.max_unique_series_per_metric", LUMINATE_NUL, "10", LUMINATE_NUL,
                          &error));
  OK(luminate_options_set_logger(options, listen, &listener, release, &error));
  OK(luminate_store_open("memory:", LUMINATE_NUL, options, &store, &error));
  OK(luminate_store_tenant(store, "acme", LUMINATE_NUL, &tenant, &error));
  luminate_options_destroy(options);
  CHECK(listener.released == 0);
  luminate_store_destroy(store);
  CHECK(listener.released == 0);
  make_it_talk(tenant);
  CHECK(listener.lines > 0);
  SAYS(listener.last, "cpu");
  OK(luminate_store_close(tenant, &error));
  luminate_store_destroy(tenant);
  CHECK(listener.released == 1);
}

static void a_logger_is_released_once_however_it_ends(void) {
  struct listener first = {0, 0, ""}, second = {0, 0, ""}, none = {0, 0, ""}, failed = {0, 0, ""};
  luminate_options* options;
  OK(luminate_options_create(&options, &error));
  OK(luminate_options_set_logger(options, listen, &first, release, &error));
  OK(luminate_options_set_logger(options, listen, &second, release, &error));
  CHECK(first.released == 1 && second.released == 0);
  OK(luminate_options_set_logger(options, NULL, &none, release, &error));
  CHECK(second.released == 1 && none.released == 1);
  FAILS(LUMINATE_INVALID_REQUEST, luminate_options_set_logger(NULL, listen, &failed, release, &error));
  CHECK(failed.released == 1);
  OK(luminate_options_set_logger(options, listen, &first, NULL, &error));
  luminate_options_destroy(options);
  CHECK(first.released == 1 && second.released == 1 && none.released == 1);
}

static void options_are_copied_by_what_is_opened(void) {
  luminate_options* options = timeless_options();
  luminate_store* store;
  OK(luminate_options_set(options, "batch_write.max_batch_size", LUMINATE_NUL, "3", LUMINATE_NUL, &error));
  OK(luminate_store_open("memory:", LUMINATE_NUL, options, &store, &error));
  OK(luminate_options_set(options, "batch_write.max_batch_size", LUMINATE_NUL, "1", LUMINATE_NUL, &error));
  write_cpu(store, "a", 3);
  luminate_options_destroy(options);
  luminate_store_destroy(store);
}

int main(void) {
  SAME(luminate_version(), LUMINATE_HEADER_VERSION);
  status_names_are_those_of_http();
  keys_have_defaults_that_can_be_set();
  texts_have_sizes_or_end_with_nul();
  a_key_that_there_is_not_names_the_nearest();
  an_option_of_another_version_is_taken_or_named();
  nobody_need_ask_for_the_error();
  a_logger_is_released_with_the_last_that_could_call_it();
  a_logger_is_released_once_however_it_ends();
  options_are_copied_by_what_is_opened();
  check_done();
  return 0;
}
