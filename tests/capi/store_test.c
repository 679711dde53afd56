/* What is there, tenants, deleting, keeping and backing up. */
#include <stddef.h>
#include <string.h>

#include "check.h"
#include "session.h"

#define ALWAYS INT64_MIN, INT64_MAX

static void check_names(luminate_result* names, const char* const* expected, size_t count) {
  CHECK(luminate_result_column_count(names) == 1 && luminate_result_row_count(names) == count);
  for (size_t row = 0; row < count; ++row) SAME(text_at(names, "name", row), expected[row]);
  luminate_result_destroy(names);
}

static void write_one(luminate_store* store, const char* metric, const char* host, int64_t time) {
  luminate_batch* batch;
  OK(luminate_batch_create(&batch, &error));
  OK(luminate_batch_add(batch, host_series(batch, metric, host), time, 1, &error));
  OK(luminate_store_write(store, batch, NULL, NULL, NULL, &error));
  luminate_batch_destroy(batch);
}

static void names_are_listed(void) {
  luminate_store* store = open_store("memory:");
  luminate_result* names;
  uint64_t count;
  write_cpu(store, "a", 2);
  write_cpu(store, "b", 2);
  write_one(store, "disk", "a", 900000);
  static const char* const all[] = {"cpu", "disk"};
  static const char* const hosts[] = {"a", "b"};
  OK(luminate_store_metrics(store, NULL, LUMINATE_NUL, 10, ALWAYS, NULL, &names, &error));
  check_names(names, all, 2);
  OK(luminate_store_metrics(store, "d and more", 1, 10, ALWAYS, NULL, &names, &error));
  check_names(names, all + 1, 1);
  OK(luminate_store_metrics(store, NULL, 0, 1, ALWAYS, NULL, &names, &error));
  check_names(names, all, 1);
  OK(luminate_store_metrics(store, NULL, 0, 10, 900000, 900001, NULL, &names, &error));
  check_names(names, all + 1, 1);
  static const char* const keys[] = {"host"};
  OK(luminate_store_dimension_keys(store, "cpu", LUMINATE_NUL, NULL, 0, 10, ALWAYS, NULL, &names, &error));
  check_names(names, keys, 1);
  OK(luminate_store_dimension_keys(store, "nothing", LUMINATE_NUL, NULL, 0, 10, ALWAYS, NULL, &names, &error));
  check_names(names, NULL, 0);
  OK(luminate_store_dimension_values(store, "cpu", LUMINATE_NUL, "host", LUMINATE_NUL, NULL, 0, 10, ALWAYS, NULL,
                                     &names, &error));
  check_names(names, hosts, 2);
  OK(luminate_store_series_count(store, "cpu", LUMINATE_NUL, NULL, &count, &error));
  CHECK(count == 2);
  OK(luminate_store_series_count(store, NULL, LUMINATE_NUL, NULL, &count, &error));
  CHECK(count == 3);
  luminate_store_destroy(store);
}

static void cardinality_is_counted(void) {
  luminate_store* store = open_store("memory:");
  luminate_result* table;
  write_cpu(store, "a", 2);
  write_cpu(store, "b", 2);
  write_one(store, "disk", "a", 1000);
  OK(luminate_store_cardinality(store, NULL, 0, 1, NULL, &table, &error));
  CHECK(luminate_result_row_count(table) == 3);
  SAME(text_at(table, "metric", 0), "cpu");
  CHECK(text_at(table, "key", 0) == NULL && text_at(table, "value", 0) == NULL);
  CHECK(integer_at(table, "series", 0) == 2 && integer_at(table, "values", 0) == 0);
  SAME(text_at(table, "key", 1), "host");
  CHECK(text_at(table, "value", 1) == NULL && integer_at(table, "values", 1) == 2);
  CHECK(text_at(table, "value", 2) != NULL && integer_at(table, "series", 2) == 1);
  luminate_result_destroy(table);
  OK(luminate_store_cardinality(store, "disk", LUMINATE_NUL, 10, NULL, &table, &error));
  SAME(text_at(table, "metric", 0), "disk");
  luminate_result_destroy(table);
  luminate_store_destroy(store);
}

static void tenants_do_not_see_each_other(void) {
  luminate_store* store = open_store("memory:");
  luminate_store* acme = NULL;
  luminate_result* table;
  uint64_t count;
  OK(luminate_store_tenant(store, "acme and more", 4, &acme, &error));
  write_cpu(acme, "a", 3);
  OK(luminate_store_series_count(store, NULL, 0, NULL, &count, &error));
  CHECK(count == 0);
  OK(luminate_store_tenants(store, 10, NULL, &table, &error));
  CHECK(luminate_result_row_count(table) == 1);
  SAME(text_at(table, "tenant", 0), "acme");
  CHECK(integer_at(table, "metrics", 0) == 1 && integer_at(table, "series", 0) == 1);
  luminate_result_destroy(table);
  write_cpu(store, "a", 1);
  OK(luminate_store_tenants(store, 10, NULL, &table, &error));
  CHECK(luminate_result_row_count(table) == 2);
  SAME(text_at(table, "tenant", 0), "");
  luminate_result_destroy(table);
  luminate_store* none = (luminate_store*)&none;
  FAILS(LUMINATE_INVALID_OPTION, luminate_store_tenant(store, "", 0, &none, &error));
  CHECK(none == NULL);
  luminate_store_destroy(store);
  luminate_store_destroy(acme);
}

static void health_and_statistics_are_rows(void) {
  luminate_store* store = open_store(fresh_url());
  luminate_result* table;
  write_cpu(store, "a", 3);
  OK(luminate_store_health(store, NULL, &table, &error));
  CHECK(luminate_result_row_count(table) == 1 && integer_at(table, "healthy", 0) == 1);
  SAME(text_at(table, "backend", 0), "sqlite");
  SAME(text_at(table, "status", 0), "ok");
  const char* json = (const char*)&json;
  FAILS(LUMINATE_INVALID_REQUEST, luminate_result_json(table, &json, NULL, &error));
  CHECK(json == NULL);
  luminate_result_destroy(table);
  OK(luminate_store_statistics(store, NULL, &table, &error));
  CHECK(integer_at(table, "samples", 0) == 3 && integer_at(table, "series", 0) == 1);
  CHECK(integer_at(table, "metrics", 0) == 1 && integer_at(table, "segments", 0) == 1);
  CHECK(integer_at(table, "file_bytes", 0) > 0 && integer_at(table, "free_bytes", 0) >= 0);
  CHECK(integer_at(table, "log_bytes", 0) > 0);
  luminate_result_destroy(table);
  luminate_store_destroy(store);
}

static void samples_are_removed(void) {
  luminate_store* store = open_store("memory:");
  luminate_query* what;
  uint64_t removed;
  write_cpu(store, "a", 5);
  write_cpu(store, "b", 5);
  OK(luminate_query_create(LUMINATE_RANGE, "cpu", LUMINATE_NUL, &what, &error));
  FAILS(LUMINATE_INVALID_QUERY, luminate_store_remove(store, what, 0, NULL, &removed, &error));
  SAME(luminate_error_field(error), "timeRange");
  OK(luminate_query_between(what, 0, 3000, &error));
  const char* const b[] = {"b"};
  OK(luminate_query_filter(what, "host", LUMINATE_NUL, LUMINATE_ANY_OF, b, NULL, 1, &error));
  OK(luminate_store_remove(store, what, 1, NULL, &removed, &error));
  CHECK(removed == 2);
  OK(luminate_store_remove(store, what, 0, NULL, &removed, &error));
  CHECK(removed == 2);
  OK(luminate_store_remove(store, what, 0, NULL, &removed, &error));
  CHECK(removed == 0);
  OK(luminate_query_between(what, ALWAYS, &error));
  OK(luminate_store_remove(store, what, 0, NULL, NULL, &error));

  OK(luminate_query_limit(what, 1, &error));
  FAILS(LUMINATE_INVALID_QUERY, luminate_store_remove(store, what, 0, NULL, &removed, &error));
  SAME(luminate_error_field(error), "limit");
  luminate_query_destroy(what);
  what = cpu_query(LUMINATE_AGGREGATE);
  FAILS(LUMINATE_INVALID_QUERY, luminate_store_remove(store, what, 0, NULL, &removed, &error));
  SAME(luminate_error_field(error), "queryType");
  luminate_query_destroy(what);
  OK(luminate_query_create_json(
      "{\"queryType\":\"range\",\"metricName\":\"cpu\",\"timeRange\":{\"start\":0,\"end\":1},"
      "\"timeout\":\"1s\"}",
      LUMINATE_NUL, &what, &error));
  FAILS(LUMINATE_INVALID_QUERY, luminate_store_remove(store, what, 0, NULL, &removed, &error));
  SAME(luminate_error_field(error), "timeout");
  luminate_query_destroy(what);

  uint64_t count;
  OK(luminate_store_series_count(store, NULL, 0, NULL, &count, &error));
  CHECK(count == 1);
  luminate_store_destroy(store);
}

static void policies_let_samples_go(void) {
  luminate_store* store = open_store(fresh_url());
  luminate_result* table;
  uint64_t dropped;
  int32_t existed;
  write_cpu(store, "a", 5);
  OK(luminate_store_set_retention(store, "c*", LUMINATE_NUL, 86400000, NULL, &error));
  OK(luminate_store_set_retention(store, "audit_*", LUMINATE_NUL, 0, NULL, &error));
  FAILS(LUMINATE_INVALID_REQUEST, luminate_store_set_retention(store, "c-*", LUMINATE_NUL, 1, NULL, &error));
  FAILS(LUMINATE_INVALID_REQUEST, luminate_store_set_retention(store, "c*", LUMINATE_NUL, -1, NULL, &error));
  OK(luminate_store_retention(store, NULL, &table, &error));
  CHECK(luminate_result_row_count(table) == 2);
  SAME(text_at(table, "pattern", 1), "c*");
  CHECK(integer_at(table, "keep_ms", 1) == 86400000 && integer_at(table, "keep_ms", 0) == 0);
  luminate_result_destroy(table);
  OK(luminate_store_enforce_retention(store, NULL, &dropped, &error));
  CHECK(dropped == 5);
  OK(luminate_store_enforce_retention(store, NULL, NULL, &error));
  OK(luminate_store_remove_retention(store, "c*", LUMINATE_NUL, NULL, &existed, &error));
  CHECK(existed);
  OK(luminate_store_remove_retention(store, "c*", LUMINATE_NUL, NULL, &existed, &error));
  CHECK(!existed);
  OK(luminate_store_remove_retention(store, "c*", LUMINATE_NUL, NULL, NULL, &error));
  luminate_store_destroy(store);
}

static void a_store_is_copied(void) {
  luminate_store* store = open_store(fresh_url());
  luminate_store* copy;
  uint64_t count;
  write_cpu(store, "a", 5);
  write_cpu(store, "b", 5);
  OK(luminate_store_compact(store, NULL, &error));
  const char* path = fresh_path();
  OK(luminate_store_backup(store, path, LUMINATE_NUL, 0, NULL, &error));
  FAILS(LUMINATE_INVALID_REQUEST, luminate_store_backup(store, path, LUMINATE_NUL, 0, NULL, &error));
  OK(luminate_store_backup(store, path, LUMINATE_NUL, 1, NULL, &error));
  luminate_store_destroy(store);
  OK(luminate_store_open(path - strlen("sqlite:"), LUMINATE_NUL, NULL, &copy, &error));
  OK(luminate_store_series_count(copy, NULL, 0, NULL, &count, &error));
  CHECK(count == 2);
  luminate_store_destroy(copy);
  store = open_store("memory:");
  FAILS(LUMINATE_INVALID_REQUEST, luminate_store_backup(store, "x", LUMINATE_NUL, 0, NULL, &error));
  luminate_store_destroy(store);
}

static void a_store_that_cannot_be_opened_says_why(void) {
  luminate_store* store;
  luminate_store* second = (luminate_store*)&second;
  const char* url = fresh_url();
  store = open_store(url);
  FAILS(LUMINATE_STORAGE_LOCKED, luminate_store_open(url, LUMINATE_NUL, NULL, &second, &error));
  CHECK(second == NULL);
  FAILS(LUMINATE_STORAGE_UNAVAILABLE, luminate_store_open("sqlite:/nowhere/x.db", LUMINATE_NUL, NULL, &second, &error));
  FAILS(LUMINATE_INVALID_OPTION, luminate_store_open("mysql:", LUMINATE_NUL, NULL, &second, &error));
  luminate_store_destroy(store);
  OK(luminate_store_open(url, LUMINATE_NUL, NULL, &second, &error)); /* The last handle closed it. */
  luminate_store_destroy(second);
}

int main(void) {
  names_are_listed();
  cardinality_is_counted();
  tenants_do_not_see_each_other();
  health_and_statistics_are_rows();
  samples_are_removed();
  policies_let_samples_go();
  a_store_is_copied();
  a_store_that_cannot_be_opened_says_why();
  check_done();
  return 0;
}
