/* Queries of all types, their columns and their JSON, and streams. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "session.h"

/* cpu{host=a} and cpu{host=b, disk=sda}, three samples each, and counter "requests". */
static luminate_store* filled_store(void) {
  luminate_store* store = open_store("memory:");
  luminate_batch* batch;
  const char* const keys[] = {"disk", "host"};
  const char* const values[] = {"sda", "b"};
  uint32_t b;
  write_cpu(store, "a", 3);
  OK(luminate_batch_create(&batch, &error));
  OK(luminate_batch_series(batch, "cpu", LUMINATE_NUL, keys, NULL, values, NULL, 2, &b, &error));
  const uint32_t requests = host_series(batch, "requests", "a");
  for (int i = 1; i <= 3; ++i) {
    OK(luminate_batch_add(batch, b, 1000 * i, 10 * i, &error));
    OK(luminate_batch_add(batch, requests, 1000 * i, 60 * i, &error));
  }
  OK(luminate_store_write(store, batch, NULL, NULL, NULL, &error));
  luminate_batch_destroy(batch);
  return store;
}

static luminate_result* ask(const luminate_store* store, luminate_query* query) {
  luminate_result* result;
  OK(luminate_store_query(store, query, NULL, &result, &error));
  luminate_query_destroy(query);
  return result;
}

/* Of the JSON of an answer, what does not vary. */
static void check_json(const luminate_result* result, const char* expected) {
  const char* json;
  const char* again;
  size_t size;
  OK(luminate_result_json(result, &json, &size, &error));
  CHECK(size == strlen(json));
  char begin[1000];
  const char* end = strstr(json, ",\"executionTimeMs\"");
  CHECK(end != NULL && (size_t)(end - json) < sizeof begin);
  memcpy(begin, json, (size_t)(end - json));
  begin[end - json] = '\0';
  SAME(begin, expected);
  OK(luminate_result_json(result, &again, NULL, &error));
  CHECK(again == json);
}

static void check_columns(const luminate_result* result, const char* const* names, const int32_t* types, size_t count) {
  CHECK(luminate_result_column_count(result) == count);
  for (size_t i = 0; i < count; ++i) {
    SAME(luminate_result_column_name(result, i), names[i]);
    CHECK(luminate_result_column_type(result, i) == types[i]);
  }
  CHECK(luminate_result_column_name(result, count) == NULL);
  CHECK(luminate_result_column_type(result, count) == 0);
}

static void a_range_has_a_column_for_every_dimension(void) {
  luminate_store* store = filled_store();
  luminate_query* query = cpu_query(LUMINATE_RANGE);
  OK(luminate_query_limit(query, 4, &error));
  luminate_result* result = ask(store, query);
  luminate_store_destroy(store);
  static const char* const names[] = {"timestamp", "value", "disk", "host"};
  static const int32_t types[] = {LUMINATE_TIME, LUMINATE_NUMBER, LUMINATE_TEXT, LUMINATE_TEXT};
  check_columns(result, names, types, 4);
  CHECK(luminate_result_row_count(result) == 4);
  CHECK(luminate_result_truncated(result));
  CHECK(luminate_result_points_scanned(result) == 6);
  CHECK(luminate_result_execution_time_us(result) >= 0);
  /* By time, then by dimensions: disk comes before host. */
  static const char* const disks[] = {"sda", NULL, "sda", NULL};
  static const char* const hosts[] = {"b", "a", "b", "a"};
  static const double values[] = {10, 1, 20, 2};
  for (size_t row = 0; row < 4; ++row) {
    CHECK(integer_at(result, "timestamp", row) == (row < 2 ? 1000 : 2000));
    CHECK(number_at(result, "value", row) == values[row]);
    SAME(text_at(result, "host", row), hosts[row]);
    const char* disk = text_at(result, "disk", row);
    CHECK((disk == NULL) == (disks[row] == NULL));
    if (disk != NULL) SAME(disk, disks[row]);
  }
  check_json(result,
             "{\"queryType\":\"range\",\"results\":["
             "{\"timestamp\":1000,\"value\":10,\"dimensions\":{\"disk\":\"sda\",\"host\":\"b\"}},"
             "{\"timestamp\":1000,\"value\":1,\"dimensions\":{\"host\":\"a\"}},"
             "{\"timestamp\":2000,\"value\":20,\"dimensions\":{\"disk\":\"sda\",\"host\":\"b\"}},"
             "{\"timestamp\":2000,\"value\":2,\"dimensions\":{\"host\":\"a\"}}],\"truncated\":true");
  luminate_result_destroy(result);
}

static void columns_are_lent_by_their_type_alone(void) {
  luminate_store* store = filled_store();
  luminate_result* result = ask(store, cpu_query(LUMINATE_RANGE));
  const char* texts;
  const size_t* ends;
  CHECK(luminate_result_numbers(result, 0) == NULL && luminate_result_codes(result, 0) == NULL);
  CHECK(luminate_result_integers(result, 1) == NULL && luminate_result_integers(result, 3) == NULL);
  CHECK(luminate_result_numbers(result, 99) == NULL);
  CHECK(luminate_result_text_count(result, 0) == 0 && luminate_result_text_count(result, 3) == 2);
  CHECK(luminate_result_texts(result, 0, &texts, &ends) == 0 && texts == NULL && ends == NULL);
  CHECK(luminate_result_texts(result, 3, &texts, &ends) == 2);
  CHECK(ends[0] == 1 && ends[1] == 2);
  for (int32_t code = 0; code < 2; ++code) {
    size_t size;
    const char* text = luminate_result_text(result, 3, code, &size);
    CHECK(size == 1 && text[1] == '\0' && *text == texts[code]);
  }
  CHECK(luminate_result_text(result, 3, -1, NULL) == NULL && luminate_result_text(result, 3, 2, NULL) == NULL);
  luminate_result_destroy(result);
  luminate_store_destroy(store);
}

static void an_empty_answer_has_its_columns(void) {
  luminate_store* store = open_store("memory:");
  luminate_result* result = ask(store, cpu_query(LUMINATE_RANGE));
  CHECK(luminate_result_row_count(result) == 0 && luminate_result_column_count(result) == 2);
  CHECK(luminate_result_integers(result, 0) == NULL);
  check_json(result, "{\"queryType\":\"range\",\"results\":[],\"truncated\":false");
  luminate_result_destroy(result);

  luminate_query* query = cpu_query(LUMINATE_AGGREGATE);
  OK(luminate_query_aggregation(query, "p95", LUMINATE_NUL, &error));
  OK(luminate_query_group_by(query, "host", LUMINATE_NUL, &error));
  OK(luminate_query_interval(query, 1000, &error));
  result = ask(store, query);
  static const char* const names[] = {"bucket", "host", "p95", "count"};
  static const int32_t types[] = {LUMINATE_TIME, LUMINATE_TEXT, LUMINATE_NUMBER, LUMINATE_INTEGER};
  check_columns(result, names, types, 4);
  CHECK(luminate_result_row_count(result) == 0);
  luminate_result_destroy(result);
  luminate_store_destroy(store);
}

static void an_aggregate_has_a_column_for_every_aggregation(void) {
  luminate_store* store = filled_store();
  luminate_query* query = cpu_query(LUMINATE_AGGREGATE);
  OK(luminate_query_aggregation(query, "sum", LUMINATE_NUL, &error));
  OK(luminate_query_aggregation(query, "quantile(0.25) and more", 14, &error));
  OK(luminate_query_group_by(query, "disk", LUMINATE_NUL, &error));
  OK(luminate_query_group_by(query, "host", LUMINATE_NUL, &error));
  luminate_result* result = ask(store, query);
  static const char* const names[] = {"disk", "host", "sum", "quantile(0.25)", "count"};
  static const int32_t types[] = {LUMINATE_TEXT, LUMINATE_TEXT, LUMINATE_NUMBER, LUMINATE_NUMBER, LUMINATE_INTEGER};
  check_columns(result, names, types, 5);
  CHECK(luminate_result_row_count(result) == 2);
  SAME(text_at(result, "disk", 0), "sda");
  SAME(text_at(result, "disk", 1), ""); /* In groups, what is missing is the empty text. */
  CHECK(number_at(result, "sum", 0) == 60 && number_at(result, "sum", 1) == 6);
  CHECK(number_at(result, "quantile(0.25)", 1) == 1.5);
  CHECK(integer_at(result, "count", 0) == 3);
  check_json(
      result,
      "{\"queryType\":\"aggregate\",\"results\":["
      "{\"groupKey\":{\"disk\":\"sda\",\"host\":\"b\"},\"values\":{\"sum\":60,\"quantile(0.25)\":15},\"count\":3},"
      "{\"groupKey\":{\"disk\":\"\",\"host\":\"a\"},\"values\":{\"sum\":6,\"quantile(0.25)\":1.5},\"count\":3}]");
  luminate_result_destroy(result);

  query = cpu_query(LUMINATE_AGGREGATE);
  OK(luminate_query_aggregation(query, "max", LUMINATE_NUL, &error));
  OK(luminate_query_aggregation(query, "count", LUMINATE_NUL, &error));
  OK(luminate_query_interval(query, 2000, &error));
  result = ask(store, query);
  static const char* const counted[] = {"bucket", "max", "count"};
  static const int32_t counted_types[] = {LUMINATE_TIME, LUMINATE_NUMBER, LUMINATE_NUMBER};
  check_columns(result, counted, counted_types, 3);
  CHECK(integer_at(result, "bucket", 1) == 2000 && number_at(result, "count", 1) == 4);
  check_json(result,
             "{\"queryType\":\"aggregate\",\"results\":["
             "{\"timestamp\":0,\"groupKey\":{},\"values\":{\"max\":10,\"count\":2},\"count\":2},"
             "{\"timestamp\":2000,\"groupKey\":{},\"values\":{\"max\":30,\"count\":4},\"count\":4}]");
  luminate_result_destroy(result);
  luminate_store_destroy(store);
}

static void a_rate_has_buckets(void) {
  luminate_store* store = filled_store();
  luminate_query* query;
  OK(luminate_query_create(LUMINATE_RATE, "requests", LUMINATE_NUL, &query, &error));
  OK(luminate_query_between(query, 0, 60000, &error));
  OK(luminate_query_group_by(query, "host", LUMINATE_NUL, &error));
  luminate_result* result = ask(store, query);
  static const char* const names[] = {"bucket", "host", "rate"};
  static const int32_t types[] = {LUMINATE_TIME, LUMINATE_TEXT, LUMINATE_NUMBER};
  check_columns(result, names, types, 3);
  CHECK(luminate_result_row_count(result) == 1 && number_at(result, "rate", 0) == 2);
  check_json(result,
             "{\"queryType\":\"rate\",\"results\":[{\"timestamp\":0,\"rate\":2,\"groupKey\":{\"host\":\"a\"}}]");
  luminate_result_destroy(result);
  luminate_store_destroy(store);
}

static void a_dimension_may_be_called_as_a_column_is(void) {
  const char* const keys[] = {"timestamp", "count", "rate"};
  const char* const values[] = {"t", "c", "r"};
  uint32_t series;
  luminate_batch* batch;
  luminate_store* store = open_store("memory:");
  OK(luminate_batch_create(&batch, &error));
  OK(luminate_batch_series(batch, "cpu", LUMINATE_NUL, keys, NULL, values, NULL, 3, &series, &error));
  OK(luminate_batch_add(batch, series, 1000, 7, &error));
  OK(luminate_store_write(store, batch, NULL, NULL, NULL, &error));
  luminate_batch_destroy(batch);

  luminate_result* result = ask(store, cpu_query(LUMINATE_RANGE));
  SAME(text_at(result, "dimension.timestamp", 0), "t");
  SAME(text_at(result, "count", 0), "c");
  check_json(result,
             "{\"queryType\":\"range\",\"results\":[{\"timestamp\":1000,\"value\":7,\"dimensions\":"
             "{\"count\":\"c\",\"rate\":\"r\",\"timestamp\":\"t\"}}],\"truncated\":false");
  luminate_result_destroy(result);

  luminate_query* query = cpu_query(LUMINATE_AGGREGATE);
  OK(luminate_query_aggregation(query, "avg", LUMINATE_NUL, &error));
  for (int i = 0; i < 3; ++i) OK(luminate_query_group_by(query, keys[i], LUMINATE_NUL, &error));
  result = ask(store, query);
  static const char* const names[] = {"timestamp", "dimension.count", "rate", "avg", "count"};
  static const int32_t types[] = {LUMINATE_TEXT, LUMINATE_TEXT, LUMINATE_TEXT, LUMINATE_NUMBER, LUMINATE_INTEGER};
  check_columns(result, names, types, 5);
  luminate_result_destroy(result);
  luminate_store_destroy(store);
}

static size_t rows_where(const luminate_store* store, const char* key, int32_t kind, const char* const* operands,
                         size_t count) {
  luminate_query* query = cpu_query(LUMINATE_RANGE);
  OK(luminate_query_filter(query, key, LUMINATE_NUL, kind, operands, NULL, count, &error));
  luminate_result* result = ask(store, query);
  const size_t rows = luminate_result_row_count(result);
  luminate_result_destroy(result);
  return rows;
}

static void filters_select(void) {
  luminate_store* store = filled_store();
  const char* const both[] = {"a", "b"};
  const char* const sda[] = {"sda"};
  const char* const expression[] = {"[a-b]"};
  CHECK(rows_where(store, "host", LUMINATE_ANY_OF, both, 1) == 3);
  CHECK(rows_where(store, "host", LUMINATE_ANY_OF, both, 2) == 6);
  CHECK(rows_where(store, "disk", LUMINATE_IS_NOT, sda, 1) == 3);
  CHECK(rows_where(store, "host", LUMINATE_MATCHES, expression, 1) == 6);
  CHECK(rows_where(store, "host", LUMINATE_MATCHES_NOT, expression, 1) == 0);
  luminate_store_destroy(store);
}

static void what_is_wrong_with_a_query_is_named(void) {
  luminate_store* store = filled_store();
  luminate_query* query = (luminate_query*)&query;
  luminate_result* result = (luminate_result*)&result;
  FAILS(LUMINATE_INVALID_REQUEST, luminate_query_create(4, "cpu", LUMINATE_NUL, &query, &error));
  CHECK(query == NULL);
  FAILS(LUMINATE_INVALID_QUERY, luminate_query_create_json("{\"queryTyp\":1}", LUMINATE_NUL, &query, &error));
  CHECK(query == NULL);
  SAME(luminate_error_field(error), "queryTyp");

  OK(luminate_query_create(LUMINATE_AGGREGATE, "cpu", LUMINATE_NUL, &query, &error));
  FAILS(LUMINATE_INVALID_QUERY, luminate_query_aggregation(query, "median", LUMINATE_NUL, &error));
  FAILS(LUMINATE_INVALID_QUERY, luminate_store_query(store, query, NULL, &result, &error)); /* No time range. */
  CHECK(result == NULL);
  SAME(luminate_error_field(error), "timeRange.relative");
  OK(luminate_query_last(query, 1000, &error));
  FAILS(LUMINATE_INVALID_QUERY, luminate_store_query(store, query, NULL, &result, &error));
  SAME(luminate_error_field(error), "aggregation");
  for (int i = 0; i < 2; ++i) OK(luminate_query_aggregation(query, "avg", LUMINATE_NUL, &error));
  FAILS(LUMINATE_INVALID_QUERY, luminate_store_query(store, query, NULL, &result, &error));
  CHECK(luminate_error_index(error) == 1);
  const char* const holes[] = {"a", NULL};
  FAILS(LUMINATE_INVALID_REQUEST,
        luminate_query_filter(query, "host", LUMINATE_NUL, LUMINATE_ANY_OF, holes, NULL, 2, &error));
  CHECK(luminate_error_index(error) == 1);
  FAILS(LUMINATE_INVALID_REQUEST, luminate_query_filter(query, "host", LUMINATE_NUL, 9, holes, NULL, 1, &error));
  FAILS(LUMINATE_INVALID_QUERY, luminate_store_stream(store, query, NULL, (luminate_stream**)&result, &error));
  luminate_query_destroy(query);
  luminate_store_destroy(store);
}

static void every_part_of_a_query_counts(void) {
  luminate_store* store = filled_store();
  luminate_query* query = cpu_query(LUMINATE_AGGREGATE);
  OK(luminate_query_aggregation(query, "sum", LUMINATE_NUL, &error));
  OK(luminate_query_group_by(query, "host", LUMINATE_NUL, &error));
  OK(luminate_query_ascending(query, 1, &error));
  OK(luminate_query_limit(query, 1, &error));
  OK(luminate_query_timeout(query, 5000, &error));
  luminate_result* result;
  OK(luminate_store_query(store, query, NULL, &result, &error));
  CHECK(luminate_result_row_count(result) == 1);
  SAME(text_at(result, "host", 0), "a");
  luminate_result_destroy(result);
  OK(luminate_query_timeout(query, 0, &error));
  FAILS(LUMINATE_INVALID_QUERY, luminate_store_query(store, query, NULL, &result, &error));
  SAME(luminate_error_field(error), "timeout");
  luminate_query_destroy(query);

  OK(luminate_query_create_json(
      "{\"queryType\":\"range\",\"metricName\":\"cpu\",\"timeRange\":{\"start\":0,\"end\":2000}}", LUMINATE_NUL, &query,
      &error));
  result = ask(store, query);
  CHECK(luminate_result_row_count(result) == 2);
  luminate_result_destroy(result);
  luminate_store_destroy(store);
}

static void a_stream_gives_all_and_then_nothing(void) {
  enum { kSamples = 100000 };
  luminate_options* options = timeless_options();
  luminate_store* store;
  luminate_batch* batch;
  luminate_stream* stream;
  luminate_result* piece;
  OK(luminate_options_set(options, "batch_write.max_batch_size", LUMINATE_NUL, "1000000", LUMINATE_NUL, &error));
  OK(luminate_options_set(options, "query_limits.max_result_points", LUMINATE_NUL, "99999", LUMINATE_NUL, &error));
  OK(luminate_store_open("memory:", LUMINATE_NUL, options, &store, &error));
  luminate_options_destroy(options);
  OK(luminate_batch_create(&batch, &error));
  const uint32_t hosts[] = {host_series(batch, "cpu", "a"), host_series(batch, "cpu", "b")};
  for (int i = 0; i < kSamples; ++i) OK(luminate_batch_add(batch, hosts[i % 2], i, i, &error));
  OK(luminate_store_write(store, batch, NULL, NULL, NULL, &error));
  luminate_batch_destroy(batch);

  luminate_query* query = cpu_query(LUMINATE_RANGE);
  OK(luminate_store_stream(store, query, NULL, &stream, &error));
  luminate_query_destroy(query);
  size_t pieces = 0;
  int64_t next = 0;
  CHECK(luminate_stream_points_scanned(stream) == 0);
  for (;; ++pieces) {
    OK(luminate_stream_next(stream, &piece, &error));
    if (piece == NULL) break;
    const size_t rows = luminate_result_row_count(piece);
    const int64_t* times = luminate_result_integers(piece, 0);
    const double* values = luminate_result_numbers(piece, 1);
    CHECK(rows > 0);
    for (size_t row = 0; row < rows; ++row, ++next) {
      CHECK(times[row] == next && values[row] == (double)next);
    }
    SAME(text_at(piece, "host", rows - 1), next % 2 == 1 ? "a" : "b");
    luminate_result_destroy(piece);
  }
  CHECK(next == kSamples - 1 && pieces > 0);
  CHECK(luminate_stream_truncated(stream) && luminate_stream_points_scanned(stream) == kSamples);
  OK(luminate_stream_next(stream, &piece, &error));
  CHECK(piece == NULL);
  luminate_stream_destroy(stream);
  luminate_store_destroy(store);
}

static void json_is_made_piece_by_piece(void) {
  enum { kSamples = 25001 }; /* More rows than are made at a time. */
  luminate_options* options = timeless_options();
  luminate_store* store;
  const char* json;
  OK(luminate_options_set(options, "batch_write.max_batch_size", LUMINATE_NUL, "100000", LUMINATE_NUL, &error));
  OK(luminate_options_set(options, "query_limits.max_result_points", LUMINATE_NUL, "100000", LUMINATE_NUL, &error));
  OK(luminate_store_open("memory:", LUMINATE_NUL, options, &store, &error));
  luminate_options_destroy(options);
  write_cpu(store, "a", kSamples);
  luminate_result* result = ask(store, cpu_query(LUMINATE_RANGE));
  OK(luminate_result_json(result, &json, NULL, &error));
  static const char kKey[] = "\"timestamp\":";
  int64_t expected = 1;
  for (const char* at = json; *at != '\0'; ++at) {
    if (strncmp(at, kKey, sizeof kKey - 1) != 0) continue;
    CHECK(strtol(at + sizeof kKey - 1, NULL, 10) == expected * 1000);
    ++expected;
  }
  CHECK(expected == kSamples + 1);
  luminate_result_destroy(result);
  luminate_store_destroy(store);
}

int main(void) {
  a_range_has_a_column_for_every_dimension();
  columns_are_lent_by_their_type_alone();
  an_empty_answer_has_its_columns();
  an_aggregate_has_a_column_for_every_aggregation();
  a_rate_has_buckets();
  a_dimension_may_be_called_as_a_column_is();
  filters_select();
  what_is_wrong_with_a_query_is_named();
  every_part_of_a_query_counts();
  a_stream_gives_all_and_then_nothing();
  json_is_made_piece_by_piece();
  check_done();
  return 0;
}
