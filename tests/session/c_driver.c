/* The session through C: c_driver URL CALLS. session_test.py says what the answers look like, and c_lines() there what
 * a call does: fields with tabs between. The program reads no JSON; what it prints is JSON. */
#define _POSIX_C_SOURCE 200809L

#include <luminate.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_FIELDS = 256 };

typedef struct {
  char* fields[MAX_FIELDS];
  size_t count;
} call_line;

static const char* url;
static luminate_options* options;
static luminate_store* opened;

static void out_of_words(const char* why) {
  fprintf(stderr, "c_driver: %s\n", why);
  exit(2);
}

/* ---- Reading calls ---- */

static void unescape(char* text) {
  char* to = text;
  for (const char* from = text; *from != '\0'; ++from) {
    if (*from == '%') {
      const char code[3] = {from[1], from[2], '\0'};
      *to++ = (char)strtol(code, NULL, 16);
      from += 2;
    } else {
      *to++ = *from;
    }
  }
  *to = '\0';
}

static void split(char* line, call_line* call) {
  line[strcspn(line, "\n")] = '\0';
  call->count = 0;
  for (char* field = line; field != NULL;) {
    char* const tab = strchr(field, '\t');
    if (tab != NULL) *tab = '\0';
    if (call->count == MAX_FIELDS) out_of_words("a line has too many fields");
    call->fields[call->count++] = field;
    field = tab == NULL ? NULL : tab + 1;
  }
  for (size_t i = 0; i < call->count; ++i) unescape(call->fields[i]);
}

/* "=text" is a text, "" is none. */
static const char* optional(const char* field) {
  return *field == '=' ? field + 1 : NULL;
}

static int64_t integer(const char* field) {
  return strtoll(field, NULL, 10);
}

/* ---- Printing answers ---- */

static void print_text(const char* text, size_t size) {
  putchar('"');
  for (size_t i = 0; i < size; ++i) {
    const unsigned char c = (unsigned char)text[i];
    if (c == '"' || c == '\\') {
      printf("\\%c", c);
    } else if (c < 0x20) {
      printf("\\u%04x", c);
    } else {
      putchar(c);
    }
  }
  putchar('"');
}

static void print_number(double value) {
  if (isfinite(value)) {
    printf("%.17g", value);
  } else {
    printf("null");
  }
}

/* 1, and the error is printed and gone; 0 where there is none. */
static int failed(luminate_status status, luminate_error* const* given) {
  if (status == LUMINATE_OK) return 0;
  luminate_error* const error = *given;
  if (luminate_error_code(error) != status) out_of_words("the status is not the error's code");
  const char* const field = luminate_error_field(error);
  const char* const message = luminate_error_message(error);
  printf("{\"error\": \"%s\", \"field\": ", luminate_status_name(status));
  print_text(field, strlen(field));
  printf(", \"message\": ");
  print_text(message, strlen(message));
  printf("}\n");
  luminate_error_destroy(error);
  return 1;
}

static size_t column(const luminate_result* table, const char* name) {
  for (size_t i = 0; i < luminate_result_column_count(table); ++i) {
    if (strcmp(luminate_result_column_name(table, i), name) == 0) return i;
  }
  out_of_words(name);
  return 0;
}

static void print_text_cell(const luminate_result* table, size_t at, size_t row) {
  size_t size = 0;
  const char* const text = luminate_result_text(table, at, luminate_result_codes(table, at)[row], &size);
  print_text(text, size);
}

static int is_missing(const luminate_result* table, size_t at, size_t row) {
  return luminate_result_codes(table, at)[row] < 0;
}

/* The columns of texts from `begin` to `end` as {"name": "value"}, without what is missing. */
static void print_dimensions(const luminate_result* table, size_t begin, size_t end, size_t row) {
  static const char prefix[] = "dimension.";
  const char* separator = "";
  putchar('{');
  for (size_t i = begin; i < end; ++i) {
    if (is_missing(table, i, row)) continue;
    const char* name = luminate_result_column_name(table, i);
    if (strncmp(name, prefix, sizeof prefix - 1) == 0) name += sizeof prefix - 1;
    printf("%s", separator);
    print_text(name, strlen(name));
    printf(": ");
    print_text_cell(table, i, row);
    separator = ", ";
  }
  putchar('}');
}

static size_t end_of_texts(const luminate_result* table, size_t begin) {
  size_t end = begin;
  while (luminate_result_column_type(table, end) == LUMINATE_TEXT) ++end;
  return end;
}

static void print_samples(const luminate_result* table, const char** separator) {
  const size_t end = luminate_result_column_count(table);
  for (size_t row = 0; row < luminate_result_row_count(table); ++row) {
    printf("%s[%lld, ", *separator, (long long)luminate_result_integers(table, column(table, "timestamp"))[row]);
    print_number(luminate_result_numbers(table, column(table, "value"))[row]);
    printf(", ");
    print_dimensions(table, 2, end, row);
    putchar(']');
    *separator = ", ";
  }
}

/* Rows of an aggregate or a rate: a bucket, if there is one, the group, and what was computed. Where the count is one
 * of the aggregations it is not there a second time. */
static void print_groups(const luminate_result* table, int is_rate) {
  const size_t group = luminate_result_column_type(table, 0) == LUMINATE_TIME ? 1 : 0;
  const size_t values = end_of_texts(table, group);
  const size_t end = luminate_result_column_count(table);
  for (size_t row = 0; row < luminate_result_row_count(table); ++row) {
    printf(row == 0 ? "[" : ", [");
    if (group == 1) {
      printf("%lld, ", (long long)luminate_result_integers(table, 0)[row]);
    } else {
      printf("null, ");
    }
    print_dimensions(table, group, values, row);
    printf(", ");
    if (is_rate) {
      print_number(luminate_result_numbers(table, column(table, "rate"))[row]);
    } else {
      for (size_t i = values; i < end && luminate_result_column_type(table, i) == LUMINATE_NUMBER; ++i) {
        printf(i == values ? "[" : ", ");
        print_number(luminate_result_numbers(table, i)[row]);
      }
      const size_t count = column(table, "count");
      const int64_t* const counted = luminate_result_integers(table, count);
      printf("], %.0f", counted != NULL ? (double)counted[row] : luminate_result_numbers(table, count)[row]);
    }
    putchar(']');
  }
}

static void print_answer(luminate_result* table, const char* query) {
  const char* separator = "";
  printf("{\"rows\": [");
  if (strstr(query, "\"queryType\": \"range\"") != NULL) {
    print_samples(table, &separator);
    printf("], \"truncated\": %s", luminate_result_truncated(table) ? "true" : "false");
  } else {
    print_groups(table, strstr(query, "\"queryType\": \"rate\"") != NULL);
    putchar(']');
  }
  printf(", \"scanned\": %llu}\n", (unsigned long long)luminate_result_points_scanned(table));
  luminate_result_destroy(table);
}

/* Every row of a table as a list of its cells, some of which may be left out by their types. */
static void print_rows(const luminate_result* table, const char* name) {
  printf("\"%s\": [", name);
  for (size_t row = 0; row < luminate_result_row_count(table); ++row) {
    printf(row == 0 ? "[" : ", [");
    for (size_t i = 0; i < luminate_result_column_count(table); ++i) {
      if (i > 0) printf(", ");
      if (luminate_result_column_type(table, i) == LUMINATE_TEXT) {
        print_text_cell(table, i, row);
      } else {
        printf("%lld", (long long)luminate_result_integers(table, i)[row]);
      }
    }
    putchar(']');
  }
  putchar(']');
}

static void print_names(luminate_result* table) {
  printf("{\"names\": [");
  for (size_t row = 0; row < luminate_result_row_count(table); ++row) {
    if (row > 0) printf(", ");
    print_text_cell(table, 0, row);
  }
  printf("]}\n");
  luminate_result_destroy(table);
}

static void print_report(uint64_t accepted, luminate_result* refused) {
  printf("{\"accepted\": %llu, \"refused\": [", (unsigned long long)accepted);
  for (size_t row = 0; row < luminate_result_row_count(refused); ++row) {
    const luminate_status code = (luminate_status)luminate_result_integers(refused, column(refused, "code"))[row];
    printf("%s[%lld, ", row == 0 ? "" : ", ",
           (long long)luminate_result_integers(refused, column(refused, "index"))[row]);
    print_text_cell(refused, column(refused, "metric"), row);
    printf(", \"%s\", ", luminate_status_name(code));
    print_text_cell(refused, column(refused, "message"), row);
    putchar(']');
  }
  printf("]}\n");
  luminate_result_destroy(refused);
}

/* Kinds of rows tell themselves apart by what is missing: value and key, value, nothing. */
static void print_cardinality(luminate_result* table) {
  static const char* const names[] = {"metrics", "keys", "values"};
  const size_t key = column(table, "key");
  const size_t value = column(table, "value");
  putchar('{');
  for (int kind = 0; kind < 3; ++kind) {
    const char* separator = "";
    printf("%s\"%s\": [", kind == 0 ? "" : ", ", names[kind]);
    for (size_t row = 0; row < luminate_result_row_count(table); ++row) {
      if (kind != 2 - is_missing(table, key, row) - is_missing(table, value, row)) continue;
      printf("%s[", separator);
      print_text_cell(table, column(table, "metric"), row);
      if (kind > 0) {
        printf(", ");
        print_text_cell(table, key, row);
      }
      if (kind == 1) printf(", %lld", (long long)luminate_result_integers(table, column(table, "values"))[row]);
      if (kind == 2) {
        printf(", ");
        print_text_cell(table, value, row);
      }
      printf(", %lld]", (long long)luminate_result_integers(table, column(table, "series"))[row]);
      separator = ", ";
    }
    putchar(']');
  }
  printf("}\n");
  luminate_result_destroy(table);
}

/* ---- Making calls ---- */

static int set_options(luminate_options* to, const call_line* call, size_t begin) {
  luminate_error* error;
  for (size_t i = begin; i + 1 < call->count; i += 2) {
    const char* const* pair = (const char* const*)&call->fields[i];
    if (failed(luminate_options_set(to, pair[0], LUMINATE_NUL, pair[1], LUMINATE_NUL, &error), &error)) return 0;
  }
  return 1;
}

static void open_store(void) {
  luminate_error* error;
  luminate_store_destroy(opened); /* The last handle closes it. */
  if (!failed(luminate_store_open(url, LUMINATE_NUL, options, &opened, &error), &error)) printf("{}\n");
}

static void open_another(const call_line* call) {
  luminate_error* error;
  luminate_options* others;
  luminate_store* another = NULL;
  if (failed(luminate_options_create(&others, &error), &error)) return;
  if (set_options(others, call, 3) &&
      !failed(luminate_store_open(call->fields[2], LUMINATE_NUL, others, &another, &error), &error)) {
    printf("{}\n");
  }
  luminate_store_destroy(another);
  luminate_options_destroy(others);
}

static void write_points(luminate_store* store, const call_line* call) {
  luminate_error* error;
  luminate_batch* batch;
  if (failed(luminate_batch_create(&batch, &error), &error)) return;
  luminate_status status = LUMINATE_OK;
  for (size_t at = 2; at + 3 < call->count && status == LUMINATE_OK;) {
    const char* keys[8];
    const char* values[8];
    const int64_t timestamp = integer(call->fields[at + 1]);
    const double value = strtod(call->fields[at + 2], NULL);
    const size_t count = (size_t)integer(call->fields[at + 3]);
    uint32_t series;
    if (count > 8) out_of_words("a point has too many dimensions");
    for (size_t i = 0; i < count; ++i) {
      keys[i] = call->fields[at + 4 + 2 * i];
      values[i] = call->fields[at + 5 + 2 * i];
    }
    status =
        luminate_batch_series(batch, call->fields[at], LUMINATE_NUL, keys, NULL, values, NULL, count, &series, &error);
    if (status == LUMINATE_OK) status = luminate_batch_append(batch, series, &timestamp, &value, 1, &error);
    at += 4 + 2 * count;
  }
  uint64_t accepted;
  luminate_result* refused;
  if (status == LUMINATE_OK) status = luminate_store_write(store, batch, NULL, &accepted, &refused, &error);
  if (!failed(status, &error)) print_report(accepted, refused);
  luminate_batch_destroy(batch);
}

static void write_json(luminate_store* store, const char* text) {
  luminate_error* error;
  uint64_t accepted;
  luminate_result* refused;
  if (!failed(luminate_store_write_bytes(store, LUMINATE_FORMAT_JSON, text, strlen(text), NULL, &accepted, &refused,
                                         &error),
              &error)) {
    print_report(accepted, refused);
  }
}

static void stream(luminate_store* store, const luminate_query* query) {
  luminate_error* error;
  luminate_stream* samples;
  luminate_result* piece;
  if (failed(luminate_store_stream(store, query, NULL, &samples, &error), &error)) return;
  const char* separator = "";
  luminate_status status;
  printf("{\"rows\": [");
  while ((status = luminate_stream_next(samples, &piece, &error)) == LUMINATE_OK && piece != NULL) {
    print_samples(piece, &separator);
    luminate_result_destroy(piece);
  }
  if (status != LUMINATE_OK) out_of_words(luminate_error_message(error));
  printf("], \"truncated\": %s, \"scanned\": %llu}\n", luminate_stream_truncated(samples) ? "true" : "false",
         (unsigned long long)luminate_stream_points_scanned(samples));
  luminate_stream_destroy(samples);
}

static void ask(luminate_store* store, const char* what, const char* json) {
  luminate_error* error;
  luminate_query* query = NULL;
  luminate_call* limits = NULL;
  luminate_result* answer;
  luminate_status status = luminate_query_create_json(json, LUMINATE_NUL, &query, &error);
  const int is_limited = strcmp(what, "late") == 0 || strcmp(what, "cancelled") == 0;
  if (status == LUMINATE_OK && is_limited) status = luminate_call_create(&limits, &error);
  if (status == LUMINATE_OK && strcmp(what, "late") == 0) status = luminate_call_set_timeout(limits, 0, &error);
  if (strcmp(what, "cancelled") == 0) luminate_call_cancel(limits);
  if (status == LUMINATE_OK && strcmp(what, "stream") == 0) {
    stream(store, query);
  } else {
    if (status == LUMINATE_OK) status = luminate_store_query(store, query, limits, &answer, &error);
    if (!failed(status, &error)) print_answer(answer, json);
  }
  luminate_call_destroy(limits);
  luminate_query_destroy(query);
}

static void remove_samples(luminate_store* store, const call_line* call) {
  luminate_error* error;
  luminate_query* what = NULL;
  uint64_t removed;
  luminate_status status = luminate_query_create_json(call->fields[2], LUMINATE_NUL, &what, &error);
  if (status == LUMINATE_OK) {
    status = luminate_query_between(what, integer(call->fields[3]), integer(call->fields[4]), &error);
  }
  if (status == LUMINATE_OK) {
    status = luminate_store_remove(store, what, (int32_t)integer(call->fields[5]), NULL, &removed, &error);
  }
  if (!failed(status, &error)) printf("{\"removed\": %llu}\n", (unsigned long long)removed);
  luminate_query_destroy(what);
}

static void list_names(luminate_store* store, const call_line* call) {
  const char* const what = call->fields[0];
  const char* const metric = call->fields[2];
  const char* const key = call->fields[3];
  const char* const prefix = optional(call->fields[4]);
  const size_t limit = (size_t)integer(call->fields[5]);
  const int64_t start = integer(call->fields[6]);
  const int64_t end = integer(call->fields[7]);
  const size_t nul = LUMINATE_NUL;
  luminate_error* error;
  luminate_result* names;
  luminate_status status;
  if (strcmp(what, "metrics") == 0) {
    status = luminate_store_metrics(store, prefix, nul, limit, start, end, NULL, &names, &error);
  } else if (strcmp(what, "keys") == 0) {
    status = luminate_store_dimension_keys(store, metric, nul, prefix, nul, limit, start, end, NULL, &names, &error);
  } else {
    status = luminate_store_dimension_values(store, metric, nul, key, nul, prefix, nul, limit, start, end, NULL, &names,
                                             &error);
  }
  if (!failed(status, &error)) print_names(names);
}

/* Calls that give a table which is printed as it is. */
static void show(luminate_status status, luminate_error* const* error, luminate_result* const* table,
                 const char* name) {
  if (failed(status, error)) return;
  putchar('{');
  print_rows(*table, name);
  printf("}\n");
  luminate_result_destroy(*table);
}

static void health(luminate_store* store) {
  luminate_error* error;
  luminate_result* table;
  if (failed(luminate_store_health(store, NULL, &table, &error), &error)) return;
  printf("{\"healthy\": %s, \"backend\": ",
         luminate_result_integers(table, column(table, "healthy"))[0] ? "true" : "false");
  print_text_cell(table, column(table, "backend"), 0);
  printf(", \"status\": ");
  print_text_cell(table, column(table, "status"), 0);
  printf("}\n");
  luminate_result_destroy(table);
}

static void count_series(luminate_store* store, const char* metric) {
  luminate_error* error;
  uint64_t count;
  if (failed(luminate_store_series_count(store, metric, LUMINATE_NUL, NULL, &count, &error), &error)) return;
  printf("{\"series\": %llu}\n", (unsigned long long)count);
}

static void do_with(luminate_store* store, const call_line* call) {
  const char* const what = call->fields[0];
  const char* const first = call->count > 2 ? call->fields[2] : "";
  luminate_error* error = NULL;
  luminate_result* table = NULL;
  int32_t existed;
  if (strcmp(what, "write") == 0) {
    write_points(store, call);
  } else if (strcmp(what, "write_json") == 0) {
    write_json(store, first);
  } else if (strcmp(what, "remove") == 0) {
    remove_samples(store, call);
  } else if (strcmp(what, "metrics") == 0 || strcmp(what, "keys") == 0 || strcmp(what, "values") == 0) {
    list_names(store, call);
  } else if (strcmp(what, "series") == 0) {
    count_series(store, optional(first));
  } else if (strcmp(what, "cardinality") == 0) {
    const size_t limit = (size_t)integer(call->fields[3]);
    if (!failed(luminate_store_cardinality(store, optional(first), LUMINATE_NUL, limit, NULL, &table, &error),
                &error)) {
      print_cardinality(table);
    }
  } else if (strcmp(what, "tenants") == 0) {
    show(luminate_store_tenants(store, 1000, NULL, &table, &error), &error, &table, "tenants");
  } else if (strcmp(what, "health") == 0) {
    health(store);
  } else if (strcmp(what, "retention") == 0) {
    show(luminate_store_retention(store, NULL, &table, &error), &error, &table, "policies");
  } else if (strcmp(what, "retain") == 0) {
    const int64_t keep = integer(call->fields[3]);
    if (!failed(luminate_store_set_retention(store, first, LUMINATE_NUL, keep, NULL, &error), &error)) printf("{}\n");
  } else if (strcmp(what, "unretain") == 0) {
    if (!failed(luminate_store_remove_retention(store, first, LUMINATE_NUL, NULL, &existed, &error), &error)) {
      printf("{\"existed\": %s}\n", existed ? "true" : "false");
    }
  } else {
    ask(store, what, first);
  }
}

static void run(const call_line* call) {
  const char* const what = call->fields[0];
  const char* const tenant = optional(call->fields[1]);
  luminate_error* error;
  luminate_store* narrowed;
  if (strcmp(what, "open") == 0) {
    if (failed(luminate_options_create(&options, &error), &error)) return;
    if (set_options(options, call, 3)) open_store();
  } else if (strcmp(what, "reopen") == 0) {
    open_store();
  } else if (strcmp(what, "open_another") == 0) {
    open_another(call);
  } else if (strcmp(what, "close") == 0) {
    if (!failed(luminate_store_close(opened, &error), &error)) printf("{}\n");
  } else if (tenant == NULL) {
    do_with(opened, call);
  } else if (!failed(luminate_store_tenant(opened, tenant, LUMINATE_NUL, &narrowed, &error), &error)) {
    do_with(narrowed, call);
    luminate_store_destroy(narrowed);
  }
}

int main(int argc, char** argv) {
  if (argc != 3) out_of_words("usage: c_driver URL CALLS");
  url = argv[1];
  FILE* const calls = fopen(argv[2], "r");
  if (calls == NULL) out_of_words("the calls cannot be read");
  char* line = NULL;
  size_t capacity = 0;
  while (getline(&line, &capacity, calls) > 0) {
    call_line call;
    split(line, &call);
    run(&call);
    fflush(stdout);
  }
  free(line);
  fclose(calls);
  luminate_store_destroy(opened);
  luminate_options_destroy(options);
  return 0;
}
