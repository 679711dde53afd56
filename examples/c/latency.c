/* Writes latencies of three customers as columns, refused points among them, and asks for the 95th percentile of each.
 * The whole answer is read through the columns of a result, as any table is.
 *
 *     latency [URL]      the store is sqlite:latency.db unless a URL names another
 */
#include <inttypes.h>
#include <luminate.h>
#include <stdio.h>
#include <time.h>

enum { POINTS = 100 };

/* Tells what went wrong, and gives the error back. */
static int failed(const char* what, luminate_error* error) {
  fprintf(stderr, "%s: %s: %s\n", what, luminate_status_name(luminate_error_code(error)),
          luminate_error_message(error));
  luminate_error_destroy(error);
  return 1;
}

static void print_cell(const luminate_result* table, size_t column, size_t row) {
  switch (luminate_result_column_type(table, column)) {
    case LUMINATE_INTEGER:
    case LUMINATE_TIME:
      printf("%" PRId64, luminate_result_integers(table, column)[row]);
      break;
    case LUMINATE_NUMBER:
      printf("%g", luminate_result_numbers(table, column)[row]);
      break;
    case LUMINATE_TEXT: {
      const int32_t code = luminate_result_codes(table, column)[row];
      printf("%s", code < 0 ? "" : luminate_result_text(table, column, code, NULL));
      break;
    }
    default: /* A type of a later library. */
      printf("?");
  }
}

static void print_table(const luminate_result* table) {
  const size_t columns = luminate_result_column_count(table);
  for (size_t column = 0; column < columns; ++column) {
    printf("%s%s", column ? "  " : "", luminate_result_column_name(table, column));
  }
  printf("\n");
  for (size_t row = 0; row < luminate_result_row_count(table); ++row) {
    for (size_t column = 0; column < columns; ++column) {
      if (column) printf("  ");
      print_cell(table, column, row);
    }
    printf("\n");
  }
}

/* A column of samples for each customer, one sample a second until now. */
static luminate_status fill(luminate_batch* batch, int64_t now_ms, luminate_error** error) {
  static const char* const customers[] = {"acme", "zenith", "tab\there"}; /* The last one is no dimension value. */
  static const char* const keys[] = {"customer_id"};
  luminate_status status = LUMINATE_OK;
  for (size_t customer = 0; customer < 3 && status == LUMINATE_OK; ++customer) {
    const int points = customer == 2 ? 1 : POINTS;
    int64_t timestamps_ms[POINTS];
    double latencies_ms[POINTS];
    for (int i = 0; i < points; ++i) {
      timestamps_ms[i] = now_ms - i * INT64_C(1000);
      latencies_ms[i] = 10.0 + 40.0 * (double)customer + i;
    }
    uint32_t series;
    status = luminate_batch_series(batch, "api_latency", LUMINATE_NUL, keys, NULL, &customers[customer], NULL, 1,
                                   &series, error);
    if (status == LUMINATE_OK) {
      status = luminate_batch_append(batch, series, timestamps_ms, latencies_ms, (size_t)points, error);
    }
  }
  return status;
}

static int write_points(luminate_store* store, luminate_error** error) {
  luminate_batch* batch;
  luminate_result* refused = NULL;
  uint64_t accepted = 0;
  luminate_status status = luminate_batch_create(&batch, error);
  if (status == LUMINATE_OK) status = fill(batch, (int64_t)time(NULL) * 1000, error);
  if (status == LUMINATE_OK) status = luminate_store_write(store, batch, NULL, &accepted, &refused, error);
  luminate_batch_destroy(batch);
  if (status != LUMINATE_OK) return failed("write", *error);

  printf("%" PRIu64 " points stored\n", accepted); /* They are on the disk. */
  if (refused) print_table(refused);
  luminate_result_destroy(refused);
  return 0;
}

static int ask(const luminate_store* store, luminate_error** error) {
  luminate_query* query;
  luminate_result* answer = NULL;
  luminate_status status = luminate_query_create(LUMINATE_AGGREGATE, "api_latency", LUMINATE_NUL, &query, error);
  if (status == LUMINATE_OK) status = luminate_query_last(query, INT64_C(24) * 3600 * 1000, error);
  if (status == LUMINATE_OK) status = luminate_query_aggregation(query, "p95", LUMINATE_NUL, error);
  if (status == LUMINATE_OK) status = luminate_query_group_by(query, "customer_id", LUMINATE_NUL, error);
  if (status == LUMINATE_OK) status = luminate_store_query(store, query, NULL, &answer, error);
  luminate_query_destroy(query);
  if (status != LUMINATE_OK) return failed("query", *error);

  print_table(answer);
  luminate_result_destroy(answer);
  return 0;
}

int main(int argc, char** argv) {
  luminate_error* error = NULL;
  luminate_store* store;
  const char* url = argc > 1 ? argv[1] : "sqlite:latency.db";
  if (luminate_store_open(url, LUMINATE_NUL, NULL, &store, &error) != LUMINATE_OK) return failed(url, error);
  const int status = write_points(store, &error) || ask(store, &error);
  luminate_store_destroy(store); /* The last handle closes the store. */
  return status;
}
