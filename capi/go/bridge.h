/* What Go calls where one call of luminate.h would not do. Crossing from Go into C costs more than most functions of
 * luminate.h themselves, so that these do in one crossing what belongs together. Every pointer that comes from Go is to
 * memory without pointers, and is not kept. */
#ifndef LUMINATE_GO_BRIDGE_H
#define LUMINATE_GO_BRIDGE_H

#include <luminate.h>

/* ---- Writing ---- */

/* A batch from columns as luminate_batch_append_columns() takes them, written, and gone again. */
luminate_status luminate_go_write(luminate_store* store, const char* texts, const size_t* text_ends, size_t text_count,
                                  const size_t* series_ends, size_t series_count, const uint32_t* series,
                                  const int64_t* timestamps_ms, const double* values, size_t count, luminate_call* call,
                                  uint64_t* accepted, luminate_result** refused, luminate_error** error);

/* The same for a validator. */
luminate_status luminate_go_check(const luminate_validator* validator, const char* texts, const size_t* text_ends,
                                  size_t text_count, const size_t* series_ends, size_t series_count,
                                  const uint32_t* series, const int64_t* timestamps_ms, const double* values,
                                  size_t count, int64_t now_ms, luminate_result** refused, luminate_error** error);

/* ---- Queries ---- */

/* A query as a list of steps, each a call of luminate_query_*(); `kind` and the numbers are its arguments, and its
 * texts come next in the list of texts. */
enum {
  LUMINATE_GO_CREATE = 1,  /* kind: of query; one text: the metric */
  LUMINATE_GO_JSON,        /* one text */
  LUMINATE_GO_BETWEEN,     /* first, second */
  LUMINATE_GO_LAST,        /* first */
  LUMINATE_GO_AGGREGATION, /* one text */
  LUMINATE_GO_FILTER,      /* kind; texts: the key, then operands */
  LUMINATE_GO_GROUP_BY,    /* one text */
  LUMINATE_GO_INTERVAL,    /* first */
  LUMINATE_GO_LIMIT,       /* first */
  LUMINATE_GO_ASCENDING,   /* first */
  LUMINATE_GO_TIMEOUT      /* first */
};

typedef struct {
  int32_t what;
  int32_t kind;
  size_t text_count;
  int64_t first;
  int64_t second;
} luminate_go_step;

/* The first step creates the query. Text i ends before byte text_ends[i] of `texts`. */
luminate_status luminate_go_query(const luminate_go_step* steps, size_t step_count, const char* texts,
                                  const size_t* text_ends, luminate_query** query, luminate_error** error);

/* ---- Tables ---- */

typedef struct {
  size_t rows;
  size_t columns;
  uint64_t points_scanned;
  int64_t execution_time_us;
  int32_t truncated;
} luminate_go_table;

typedef struct {
  const char* name;
  const void* data; /* int64_t, double or int32_t, by the type; NULL where the type is unknown, or no row */
  const char* texts;
  const size_t* ends;
  size_t text_count;
  int32_t type;
} luminate_go_column;

/* The query of the steps, answered, and gone again. */
luminate_status luminate_go_run(const luminate_store* store, const luminate_go_step* steps, size_t step_count,
                                const char* texts, const size_t* text_ends, luminate_call* call,
                                luminate_result** result, luminate_go_table* table, luminate_error** error);

void luminate_go_describe(const luminate_result* result, luminate_go_table* table);
void luminate_go_columns(const luminate_result* result, luminate_go_column* columns, size_t count);

/* ---- Loggers ---- */

/* Has the logger that Go knows by the handle `user` called, and released in the end. */
luminate_status luminate_go_set_logger(luminate_options* options, uintptr_t user, luminate_error** error);

#endif
