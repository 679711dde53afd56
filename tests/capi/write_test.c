/* Batches, writing and judging. */
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "check.h"
#include "session.h"

static luminate_batch* new_batch(void) {
  luminate_batch* batch;
  OK(luminate_batch_create(&batch, &error));
  return batch;
}

static double sum_of_cpu(luminate_store* store) {
  luminate_query* query = cpu_query(LUMINATE_AGGREGATE);
  luminate_result* result;
  OK(luminate_query_aggregation(query, "sum", LUMINATE_NUL, &error));
  OK(luminate_store_query(store, query, NULL, &result, &error));
  const double sum = luminate_result_row_count(result) == 0 ? 0 : number_at(result, "sum", 0);
  luminate_result_destroy(result);
  luminate_query_destroy(query);
  return sum;
}

static void a_series_has_one_number(void) {
  const char* const keys[] = {"host", "disk"};
  const char* const swapped[] = {"disk", "host"};
  const char* const values[] = {"a", "sda and more"};
  const char* const swapped_values[] = {"sda", "a"};
  const size_t sizes[] = {1, 3};
  uint32_t one, same, other;
  luminate_batch* batch = new_batch();
  OK(luminate_batch_series(batch, "cpu", LUMINATE_NUL, keys, NULL, values, sizes, 2, &one, &error));
  OK(luminate_batch_series(batch, "cpu", 3, swapped, NULL, swapped_values, NULL, 2, &same, &error));
  OK(luminate_batch_series(batch, "cpu", 3, NULL, NULL, NULL, NULL, 0, &other, &error));
  CHECK(one == same && one != other);
  FAILS(LUMINATE_INVALID_REQUEST, luminate_batch_add(batch, 7, 1, 1, &error));
  SAYS(luminate_error_message(error), "series 7");
  luminate_batch_clear(batch);
  FAILS(LUMINATE_INVALID_REQUEST, luminate_batch_add(batch, one, 1, 1, &error));
  CHECK(luminate_batch_size(batch) == 0);
  luminate_batch_destroy(batch);
}

static void a_key_comes_once(void) {
  const char* const keys[] = {"host", "disk", "host"};
  const char* const values[] = {"a", "b", "c"};
  const char* const holes[] = {"a", NULL, "c"};
  uint32_t series = 9;
  luminate_batch* batch = new_batch();
  FAILS(LUMINATE_INVALID_REQUEST, luminate_batch_series(batch, "cpu", 3, keys, NULL, values, NULL, 3, &series, &error));
  CHECK(luminate_error_index(error) == 2 && series == 0);
  SAME(luminate_error_field(error), "keys[2]");
  FAILS(LUMINATE_INVALID_REQUEST, luminate_batch_series(batch, "cpu", 3, keys, NULL, holes, NULL, 2, &series, &error));
  CHECK(luminate_error_index(error) == 1);
  luminate_batch_destroy(batch);
}

static void columns_come_of_one_series(void) {
  const int64_t times[] = {1000, 2000, 3000};
  const double values[] = {1, 2, 4};
  uint64_t accepted;
  luminate_store* store = open_store("memory:");
  luminate_batch* batch = new_batch();
  OK(luminate_batch_append(batch, host_series(batch, "cpu", "a"), times, values, 3, &error));
  OK(luminate_batch_append(batch, host_series(batch, "cpu", "a"), NULL, NULL, 0, &error));
  FAILS(LUMINATE_INVALID_REQUEST, luminate_batch_append(batch, 0, times, NULL, 3, &error));
  FAILS(LUMINATE_INVALID_REQUEST, luminate_batch_append(batch, 0, times, values, (size_t)-1 / 4, &error));
  CHECK(luminate_batch_size(batch) == 3);
  luminate_result* refused = (luminate_result*)&refused;
  OK(luminate_store_write(store, batch, NULL, &accepted, &refused, &error));
  CHECK(accepted == 3 && refused == NULL);
  CHECK(sum_of_cpu(store) == 7);
  luminate_batch_destroy(batch);
  luminate_store_destroy(store);
}

/* The arguments of luminate_batch_append_columns(), each of which a case may spoil. */
struct columns {
  const char* texts;
  size_t text_ends[6];
  size_t text_count;
  size_t series_ends[2];
  size_t series_count;
  uint32_t series[4];
};
static const struct columns good = {"cpuhostacpuhostb", {3, 7, 8, 11, 15, 16}, 6, {3, 6}, 2, {0, 1, 1, 0}};

static luminate_status append(luminate_batch* batch, const struct columns* columns) {
  static const int64_t times[] = {1000, 1000, 2000, 2000};
  static const double values[] = {1, 10, 100, 1000};
  return luminate_batch_append_columns(batch, columns->texts, columns->text_ends, columns->text_count,
                                       columns->series_ends, columns->series_count, columns->series, times, values, 4,
                                       &error);
}

static void spoiled(luminate_batch* batch, struct columns columns, int64_t index, const char* says) {
  FAILS(LUMINATE_INVALID_REQUEST, append(batch, &columns));
  CHECK(luminate_error_index(error) == index);
  SAYS(luminate_error_message(error), says);
  CHECK(luminate_batch_size(batch) == 0);
}

static void columns_come_of_many_series(void) {
  luminate_store* store = open_store("memory:");
  luminate_batch* batch = new_batch();
  struct columns columns = good;
  columns.text_ends[3] = 6;
  spoiled(batch, columns, 3, "smaller than the one before");
  columns = good;
  columns.series_ends[1] = 2;
  spoiled(batch, columns, 1, "smaller than the one before");
  columns = good;
  columns.series_ends[1] = 8;
  spoiled(batch, columns, 1, "beyond the last of 6 texts");
  columns = good;
  columns.series_ends[1] = 5;
  spoiled(batch, columns, 1, "even number");
  columns = good;
  columns.series_ends[1] = 3;
  spoiled(batch, columns, 1, "even number");
  columns = good;
  columns.series[2] = 2;
  spoiled(batch, columns, 2, "there are 2 series");
  columns = good;
  columns.texts = NULL;
  spoiled(batch, columns, -1, "texts is NULL");
  const struct columns twice = {"cpuhostahostb", {3, 7, 8, 12, 13}, 5, {5}, 1, {0, 0, 0, 0}};
  spoiled(batch, twice, 0, "'host' twice");

  OK(append(batch, &good));
  OK(luminate_batch_append_columns(batch, NULL, NULL, 0, NULL, 0, NULL, NULL, NULL, 0, &error));
  CHECK(luminate_batch_size(batch) == 4);
  OK(luminate_store_write(store, batch, NULL, NULL, NULL, &error));
  luminate_query* query = cpu_query(LUMINATE_RANGE);
  luminate_result* result;
  OK(luminate_store_query(store, query, NULL, &result, &error));
  static const char* const hosts[] = {"a", "b", "a", "b"};
  static const double values[] = {1, 10, 1000, 100};
  CHECK(luminate_result_row_count(result) == 4);
  for (size_t row = 0; row < 4; ++row) {
    SAME(text_at(result, "host", row), hosts[row]);
    CHECK(number_at(result, "value", row) == values[row]);
  }
  luminate_result_destroy(result);
  luminate_query_destroy(query);
  luminate_batch_destroy(batch);
  luminate_store_destroy(store);
}

/* What one series has is not left behind for the next, whatever keys they have, and in which order. */
static void series_of_a_call_have_keys_of_their_own(void) {
  static const char texts[] =
      "cpu"
      "disk"
      "d"
      "host"
      "a"
      "cpu"
      "disk"
      "e"
      "host"
      "bb"
      "cpu"
      "host"
      "c"
      "disk"
      "f"
      "cpu"
      "zone"
      "z"
      "host"
      "d"
      "cpu"
      "cpu"
      "host"
      "e";
  static const size_t text_ends[] = {3,  7,  8,  12, 13, 16, 20, 21, 25, 27, 30, 34,
                                     35, 39, 40, 43, 47, 48, 52, 53, 56, 59, 63, 64};
  static const size_t series_ends[] = {5, 10, 15, 20, 21, 24};
  static const uint32_t series[] = {0, 1, 2, 3, 4, 5};
  static const int64_t times[] = {1, 2, 3, 4, 5, 6};
  static const double values[] = {1, 2, 3, 4, 5, 6};
  static const char* const expected[3][6] = {
      {"d", "e", "f", NULL, NULL, NULL}, {"a", "bb", "c", "d", NULL, "e"}, {NULL, NULL, NULL, "z", NULL, NULL}};
  static const char* const keys[] = {"disk", "host", "zone"};
  luminate_store* store = open_store("memory:");
  luminate_batch* batch = new_batch();
  OK(luminate_batch_append_columns(batch, texts, text_ends, 24, series_ends, 6, series, times, values, 6, &error));
  OK(luminate_store_write(store, batch, NULL, NULL, NULL, &error));
  luminate_query* query = cpu_query(LUMINATE_RANGE);
  luminate_result* result;
  OK(luminate_store_query(store, query, NULL, &result, &error));
  CHECK(luminate_result_row_count(result) == 6);
  for (size_t row = 0; row < 6; ++row) {
    for (size_t key = 0; key < 3; ++key) {
      const char* text = text_at(result, keys[key], row);
      CHECK((text == NULL) == (expected[key][row] == NULL));
      if (text != NULL) SAME(text, expected[key][row]);
    }
  }
  luminate_result_destroy(result);
  luminate_query_destroy(query);
  luminate_batch_destroy(batch);
  luminate_store_destroy(store);
}

/* Points 1 and 3 of these are bad. */
static luminate_batch* half_bad(void) {
  luminate_batch* batch = new_batch();
  OK(luminate_batch_add(batch, host_series(batch, "cpu", "a"), 1000, 1, &error));
  OK(luminate_batch_add(batch, host_series(batch, "cpu", "a"), 2000, NAN, &error));
  OK(luminate_batch_add(batch, host_series(batch, "cpu", "b"), 1000, 2, &error));
  OK(luminate_batch_add(batch, host_series(batch, "2cpu", "b"), 1000, 2, &error));
  return batch;
}

static void check_half_refused(const luminate_result* refused) {
  CHECK(luminate_result_row_count(refused) == 2);
  CHECK(luminate_result_column_count(refused) == 4);
  CHECK(integer_at(refused, "index", 0) == 1 && integer_at(refused, "index", 1) == 3);
  SAME(text_at(refused, "metric", 0), "cpu");
  SAME(text_at(refused, "metric", 1), "2cpu");
  CHECK(integer_at(refused, "code", 0) == LUMINATE_INVALID_VALUE);
  CHECK(integer_at(refused, "code", 1) == LUMINATE_INVALID_METRIC_NAME);
  SAYS(text_at(refused, "message", 0), "value");
  CHECK(!luminate_result_truncated(refused) && luminate_result_points_scanned(refused) == 0);
}

static void bad_points_are_told_and_good_ones_stored(void) {
  luminate_store* store = open_store("memory:");
  luminate_batch* batch = half_bad();
  luminate_result* refused;
  uint64_t accepted;
  OK(luminate_store_write(store, batch, NULL, &accepted, &refused, &error));
  CHECK(accepted == 2);
  check_half_refused(refused);
  luminate_result_destroy(refused);
  OK(luminate_store_write(store, batch, NULL, NULL, NULL, &error)); /* Nobody need ask. */
  CHECK(sum_of_cpu(store) == 3);
  luminate_batch_destroy(batch);
  luminate_store_destroy(store);
}

static void a_validator_judges_without_a_store(void) {
  luminate_options* options = timeless_options();
  luminate_validator* validator;
  luminate_result* refused;
  luminate_batch* batch = half_bad();
  OK(luminate_validator_create(options, &validator, &error));
  luminate_options_destroy(options);
  OK(luminate_validator_check(validator, batch, 5000, &refused, &error));
  check_half_refused(refused);
  luminate_result_destroy(refused);
  luminate_validator_destroy(validator);

  OK(luminate_validator_create(NULL, &validator, &error));
  OK(luminate_validator_check(validator, batch, INT64_C(1700000000000), &refused, &error));
  CHECK(luminate_result_row_count(refused) == 4); /* Too old, by the defaults. */
  luminate_result_destroy(refused);
  luminate_batch_clear(batch);
  OK(luminate_validator_check(validator, batch, 5000, &refused, &error));
  CHECK(refused == NULL);
  luminate_validator_destroy(validator);
  luminate_batch_destroy(batch);
}

static luminate_status write_json(luminate_store* store, const char* json, uint64_t* accepted,
                                  luminate_result** refused) {
  return luminate_store_write_bytes(store, LUMINATE_FORMAT_JSON, json, strlen(json), NULL, accepted, refused, &error);
}

static void json_is_written(void) {
  luminate_store* store = open_store("memory:");
  luminate_result* refused;
  uint64_t accepted = 9;
  OK(write_json(store,
                "{\"metrics\":[{\"name\":\"cpu\",\"timestamp\":1000,\"value\":5,\"dimensions\":{\"host\":\"a\"}},"
                "{\"name\":\"c-pu\",\"timestamp\":1000,\"value\":5}]}",
                &accepted, &refused));
  CHECK(accepted == 1 && luminate_result_row_count(refused) == 1);
  luminate_result_destroy(refused);
  CHECK(sum_of_cpu(store) == 5);
  FAILS(LUMINATE_INVALID_REQUEST, write_json(store,
                                             "{\"metrics\":[{\"name\":\"cpu\",\"timestamp\":1000,\"value\":5},"
                                             "{\"name\":\"cpu\",\"timestamp\":2000,\"value\":\"six\"}]}",
                                             &accepted, &refused));
  CHECK(luminate_error_index(error) == 1 && accepted == 0 && refused == NULL);
  SAME(luminate_error_field(error), "metrics[1].value");
  FAILS(LUMINATE_INVALID_REQUEST, write_json(store, "{", &accepted, &refused));
  FAILS(LUMINATE_INVALID_REQUEST, luminate_store_write_bytes(store, 7, "{}", 2, NULL, NULL, NULL, &error));
  CHECK(sum_of_cpu(store) == 5);
  luminate_store_destroy(store);
}

static void limits_hold(void) {
  luminate_options* options = timeless_options();
  luminate_store* store;
  luminate_batch* batch = new_batch();
  luminate_result* refused;
  OK(luminate_options_set(options, "batch_write.max_batch_size", LUMINATE_NUL, "2", LUMINATE_NUL, &error));
  OK(luminate_options_set(options, "batch_write.max_request_size_bytes", LUMINATE_NUL, "61", LUMINATE_NUL, &error));
  OK(luminate_store_open("memory:", LUMINATE_NUL, options, &store, &error));
  luminate_options_destroy(options);
  const uint32_t series = host_series(batch, "cpu", "a");
  for (int i = 0; i < 2; ++i) OK(luminate_batch_add(batch, series, i, 1, &error));
  OK(luminate_store_write(store, batch, NULL, NULL, NULL, &error));
  OK(luminate_batch_add(batch, series, 2, 1, &error));
  FAILS(LUMINATE_BATCH_TOO_LARGE, luminate_store_write(store, batch, NULL, NULL, &refused, &error));
  CHECK(refused == NULL);
  OK(write_json(store, "{\"metrics\":[{\"name\":\"cpu\",\"timestamp\":1000,\"value\":5.00000}]}", NULL, NULL));
  FAILS(LUMINATE_REQUEST_TOO_LARGE,
        write_json(store, "{\"metrics\":[{\"name\":\"cpu\",\"timestamp\":1000,\"value\":5.000000}]}", NULL, NULL));
  luminate_batch_destroy(batch);
  luminate_store_destroy(store);
}

int main(void) {
  a_series_has_one_number();
  a_key_comes_once();
  columns_come_of_one_series();
  columns_come_of_many_series();
  series_of_a_call_have_keys_of_their_own();
  bad_points_are_told_and_good_ones_stored();
  a_validator_judges_without_a_store();
  json_is_written();
  limits_hold();
  check_done();
  return 0;
}
