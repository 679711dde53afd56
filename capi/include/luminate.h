/* Luminate, the metrics store for high-cardinality data, for C and whatever calls C.
 *
 *     luminate_error* error;
 *     luminate_store* store;
 *     if (luminate_store_open("sqlite:metrics.db", LUMINATE_NUL, NULL, &store, &error) != LUMINATE_OK) {
 *       fprintf(stderr, "%s\n", luminate_error_message(error));
 *       luminate_error_destroy(error);
 *       return 1;
 *     }
 *     const char* const keys[] = {"customer_id"};
 *     const char* const values[] = {"c1"};
 *     luminate_batch* batch;
 *     uint32_t series;
 *     luminate_batch_create(&batch, NULL);
 *     luminate_batch_series(batch, "api_latency", LUMINATE_NUL, keys, NULL, values, NULL, 1, &series, NULL);
 *     luminate_batch_append(batch, series, timestamps_ms, latencies, count, NULL);
 *     luminate_store_write(store, batch, NULL, NULL, NULL, &error);            // returned OK: durable
 *
 * The data model, queries and limits are those of the C++ library; docs/queries.md has the definitions. docs/c.md is a
 * tour.
 *
 * RULES THAT HOLD THROUGHOUT
 *
 * Stability. What is compiled against this header runs with every later libluminate-c.so.0: functions and options are
 * added, and never change or go. Handles are incomplete types; numbers below never change their meaning. Be ready for
 * codes, column types and columns that you do not know.
 *
 * Failure. A function that can fail returns a luminate_status and takes a luminate_error** last. Unless that is NULL,
 * it is set: to an error that the caller owns, or to NULL where all went well; what it held before is not looked at.
 * What a function hands out by other pointers is NULL or 0 after a failure, and nothing has changed. NULL where
 * a handle or a text has to be is INVALID_REQUEST, and the same in functions that cannot fail gives 0 or NULL.
 * Pointers by which something is handed out may be NULL where it is said. No C++ exception leaves the library, and it
 * never ends the program.
 *
 * Memory is one of three things. Owned: handles that a function gives by a pointer to a pointer are the caller's, who
 * ends each by its _destroy function, once; NULL may be destroyed. Borrowed: texts and columns that a function returns
 * belong to the handle that was asked, and end with an event that stands beside it. Copied: whatever is given to the
 * library may go as soon as the function returned.
 *
 * Handles keep alive what they need, so they may be destroyed in any order: a store lives on, open, until the last of
 * its narrowed handles and streams is destroyed too, or until luminate_store_close().
 *
 * Texts are UTF-8, given as a pointer and a number of bytes, or LUMINATE_NUL for "up to the NUL byte". Texts that come
 * back have a NUL behind their last byte; their size is handed out too where they could have one inside. An empty text
 * may be NULL with size 0.
 *
 * Times are Unix milliseconds, ranges half-open [start, end), durations milliseconds. Truth is an int32_t: 0 is false.
 *
 * Threads. Stores, calls, results, validators and errors may be used by any number of threads at a time. Options,
 * batches, queries and streams belong to one thread at a time; a query that nobody changes may be shared. Destroying
 * a handle while another thread uses that very handle is not allowed. pthread_cancel() waits until a call has returned.
 *
 * Forks. In a child of the process that opened a store what asks its storage fails with STORE_CLOSED, and destroying it
 * leaves the parent's files alone. Open it again in the child, and make new calls: luminate_call_cancel() does nothing
 * to those of the parent.
 */
#ifndef LUMINATE_H
#define LUMINATE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define LUMINATE_API __attribute__((visibility("default")))
#else
#define LUMINATE_API
#endif

/* The version of this header; luminate_version() is that of the library at hand. */
#define LUMINATE_HEADER_VERSION "0.1.0"

/* As the size of a text: it ends with a NUL byte. */
#define LUMINATE_NUL ((size_t)-1)

typedef struct luminate_error luminate_error;
typedef struct luminate_options luminate_options;
typedef struct luminate_call luminate_call;
typedef struct luminate_store luminate_store;
typedef struct luminate_batch luminate_batch;
typedef struct luminate_query luminate_query;
typedef struct luminate_result luminate_result;
typedef struct luminate_stream luminate_stream;
typedef struct luminate_validator luminate_validator;

/* "0.1.0": of the library. */
LUMINATE_API const char* luminate_version(void);

/* ---- Status and errors ---- */

/* What became of a call, and why a point was refused. */
typedef int32_t luminate_status;

enum {
  LUMINATE_OK = 0,

  /* A point breaks a rule of the data model. Found in the `code` column of refused points. */
  LUMINATE_INVALID_METRIC_NAME = 1,
  LUMINATE_INVALID_DIMENSION_KEY = 2,
  LUMINATE_RESERVED_DIMENSION = 3,
  LUMINATE_INVALID_DIMENSION_VALUE = 4,
  LUMINATE_DIMENSION_LIMIT_EXCEEDED = 5,
  LUMINATE_INVALID_TIMESTAMP = 6,
  LUMINATE_INVALID_VALUE = 7,
  LUMINATE_CARDINALITY_EXCEEDED = 8,

  /* A call is not well-formed, or asks for more than a limit allows. */
  LUMINATE_INVALID_REQUEST = 20,
  LUMINATE_INVALID_QUERY = 21,
  LUMINATE_INVALID_OPTION = 22,
  LUMINATE_BATCH_TOO_LARGE = 23,
  LUMINATE_REQUEST_TOO_LARGE = 24,

  /* A call was given up. */
  LUMINATE_QUERY_TIMEOUT = 30, /* Its time was up; of other calls than queries too. */
  LUMINATE_RESULT_LIMIT_EXCEEDED = 31,
  LUMINATE_CANCELLED = 32,

  /* The storage cannot do it. */
  LUMINATE_STORAGE_UNAVAILABLE = 40, /* Disk full, I/O error, server away: may work later. */
  LUMINATE_STORAGE_LOCKED = 41,      /* Another process writes this store. */
  LUMINATE_STORAGE_CORRUPT = 42,     /* What was read is not what was written. */
  LUMINATE_STORAGE_VERSION = 43,     /* Written by a newer version, or not a store at all. */
  LUMINATE_STORE_CLOSED = 44,        /* luminate_store_close() was called, or this is a forked child. */

  LUMINATE_OUT_OF_MEMORY = 50,
  LUMINATE_INTERNAL = 99 /* A bug in Luminate. */
};

/* "INVALID_QUERY": the name, as HTTP answers have it. "UNKNOWN" for a number that is none of the above. Never ends. */
LUMINATE_API const char* luminate_status_name(luminate_status status);

LUMINATE_API luminate_status luminate_error_code(const luminate_error* error);
/* One line that says what was wrong, where, and what would be right. Until the error is destroyed. */
LUMINATE_API const char* luminate_error_message(const luminate_error* error);
/* The part of the input that is wrong, such as "timeRange.start", or "". Until the error is destroyed. */
LUMINATE_API const char* luminate_error_field(const luminate_error* error);
/* Whether the same call may succeed later without any change. */
LUMINATE_API int32_t luminate_error_retryable(const luminate_error* error);
/* Whether a write may have happened or not. Writing the same points again is always harmless. */
LUMINATE_API int32_t luminate_error_in_doubt(const luminate_error* error);
/* Which element of an array is wrong, from 0; -1 where it is not about one. */
LUMINATE_API int64_t luminate_error_index(const luminate_error* error);
LUMINATE_API void luminate_error_destroy(luminate_error* error);

/* ---- Options ---- */

/* How a store is opened: by key and text, such as "query_limits.max_result_points" and "100000". The keys are those of
 * the C++ library, of the server's configuration and of docs/configuration.md. */
LUMINATE_API luminate_status luminate_options_create(luminate_options** options, luminate_error** error);

/* INVALID_OPTION for a key that there is not (the message names the nearest), and for a text that is no value for it.
 */
LUMINATE_API luminate_status luminate_options_set(luminate_options* options, const char* key, size_t key_size,
                                                  const char* value, size_t value_size, luminate_error** error);

/* The value as luminate_options_set() would take it. Until the options are next asked, changed or destroyed. */
LUMINATE_API luminate_status luminate_options_get(luminate_options* options, const char* key, size_t key_size,
                                                  const char** value, luminate_error** error);

/* Receives one line of what the library has to say. Called from any thread, also while a call of yours is under way; it
 * must not call back into the store, and has to return. `message` ends with the call. */
typedef void (*luminate_logger)(void* user, int32_t level, const char* message, size_t size);

enum { LUMINATE_LOG_DEBUG = 1, LUMINATE_LOG_INFO = 2, LUMINATE_LOG_WARNING = 3, LUMINATE_LOG_ERROR = 4 };

/* NULL as the logger: nobody listens. `release` (may be NULL) is called with `user` once, when nothing can call the
 * logger any more: neither these options nor any store that was opened with them; at once if this call fails. */
LUMINATE_API luminate_status luminate_options_set_logger(luminate_options* options, luminate_logger logger, void* user,
                                                         void (*release)(void* user), luminate_error** error);

LUMINATE_API void luminate_options_destroy(luminate_options* options);

/* All keys there are, from 0 up to this; each with its default and its meaning. Never end; NULL beyond the last. */
LUMINATE_API size_t luminate_options_key_count(void);
LUMINATE_API const char* luminate_options_key(size_t index);
LUMINATE_API const char* luminate_options_key_default(size_t index);
LUMINATE_API const char* luminate_options_key_meaning(size_t index);

/* ---- Calls: a deadline, and a way to cancel ---- */

/* What a call that may take long can be given; NULL gives it the limits of the store. One may serve many calls, at the
 * same time too; what is cancelled once stays so. */
LUMINATE_API luminate_status luminate_call_create(luminate_call** call, luminate_error** error);

/* Each call that is given this ends after so long, from its own beginning, with QUERY_TIMEOUT. At least 0. */
LUMINATE_API luminate_status luminate_call_set_timeout(luminate_call* call, int64_t timeout_ms, luminate_error** error);

/* From any thread: the calls that were given this, and those that will be, end with CANCELLED. Queries within 50 ms;
 * a write whose commit is under way is finished first, and answered as if nothing had been. */
LUMINATE_API void luminate_call_cancel(luminate_call* call);

LUMINATE_API void luminate_call_destroy(luminate_call* call);

/* ---- Stores ---- */

/* Opens, and creates if need be: "sqlite:PATH", "sqlite:PATH?mode=ro" (another process may be writing), "memory:" or
 * "postgresql://...". `options` may be NULL, and are copied. Fails with INVALID_OPTION for a URL that is none of these,
 * STORAGE_LOCKED when another process or another store writes it, STORAGE_VERSION, STORAGE_UNAVAILABLE. */
LUMINATE_API luminate_status luminate_store_open(const char* url, size_t url_size, const luminate_options* options,
                                                 luminate_store** store, luminate_error** error);

/* The store as a tenant sees it: writes, reads, counts and deletes touch that tenant's data only. A store without
 * a tenant is a space of its own too. Both are one open store. A view, and no wall: who has a handle may ask for that
 * of any tenant. It asks nothing of the storage, so a closed store has views too. INVALID_OPTION for what is no
 * dimension value. */
LUMINATE_API luminate_status luminate_store_tenant(const luminate_store* store, const char* tenant, size_t tenant_size,
                                                   luminate_store** narrowed, luminate_error** error);

/* Finishes what is under way, but for streams, which end here, and releases the storage, for all handles of this open
 * store: later calls fail with STORE_CLOSED. Again is harmless. */
LUMINATE_API luminate_status luminate_store_close(luminate_store* store, luminate_error** error);

/* The last handle to go closes the store. */
LUMINATE_API void luminate_store_destroy(luminate_store* store);

/* ---- Batches: columns on their way in ---- */

/* Anything may be added; what breaks a rule of the data model is refused point by point when the batch is written. */
LUMINATE_API luminate_status luminate_batch_create(luminate_batch** batch, luminate_error** error);

/* Empties it and keeps its memory. Series have to be named anew. */
LUMINATE_API void luminate_batch_clear(luminate_batch* batch);

/* The number of points. */
LUMINATE_API size_t luminate_batch_size(const luminate_batch* batch);

/* The number by which this batch knows the series of `metric` with `count` dimensions, until it is next cleared. The
 * arrays of sizes may be NULL: then all texts end with NUL. The same series gets the same number. INVALID_REQUEST, with
 * the index, for a key that comes twice. */
LUMINATE_API luminate_status luminate_batch_series(luminate_batch* batch, const char* metric, size_t metric_size,
                                                   const char* const* keys, const size_t* key_sizes,
                                                   const char* const* values, const size_t* value_sizes, size_t count,
                                                   uint32_t* series, luminate_error** error);

/* One point. INVALID_REQUEST for a number that is no series of this batch. */
LUMINATE_API luminate_status luminate_batch_add(luminate_batch* batch, uint32_t series, int64_t timestamp_ms,
                                                double value, luminate_error** error);

/* A column of points of one series. */
LUMINATE_API luminate_status luminate_batch_append(luminate_batch* batch, uint32_t series, const int64_t* timestamps_ms,
                                                   const double* values, size_t count, luminate_error** error);

/* Points of many series, and the series, in one call: for callers to whom each call is dear.
 *
 * All texts stand one behind the other in `texts`; text i ends before byte text_ends[i], and begins where the one
 * before it ends. Each series is a run of texts, a metric and then key, value, key, value ...; series i ends before
 * text series_ends[i]. So {"cpu", "host", "a"} and {"cpu", "host", "b"} are "cpuhostacpuhostb", {3, 7, 8, 11, 15, 16}
 * and {3, 6}. `series`, `timestamps_ms` and `values` have one entry a point; a series is named by its position here.
 *
 * INVALID_REQUEST, with the index, where ends do not ascend, a run has an even number of texts, a key comes twice, or
 * a point names no series of this call; then nothing was added. */
LUMINATE_API luminate_status luminate_batch_append_columns(luminate_batch* batch, const char* texts,
                                                           const size_t* text_ends, size_t text_count,
                                                           const size_t* series_ends, size_t series_count,
                                                           const uint32_t* series, const int64_t* timestamps_ms,
                                                           const double* values, size_t count, luminate_error** error);

LUMINATE_API void luminate_batch_destroy(luminate_batch* batch);

/* ---- Writing ---- */

/* Stores the good points of a batch, all of them or none, durably before it returns. A point with the series and the
 * timestamp of an earlier one replaces it. The batch stays as it is.
 *
 * `accepted` (may be NULL) receives the number of points that are stored. `refused` (may be NULL) receives a table of
 * the others, or NULL where there are none: `index` (integer, of the point in the batch, ascending), `metric` (text),
 * `code` (integer, a luminate_status), `message` (text). Refused points are no failure: the status is OK.
 *
 * BATCH_TOO_LARGE beyond "batch_write.max_batch_size"; STORAGE_UNAVAILABLE, which may be in doubt. */
LUMINATE_API luminate_status luminate_store_write(luminate_store* store, const luminate_batch* batch,
                                                  luminate_call* call, uint64_t* accepted, luminate_result** refused,
                                                  luminate_error** error);

enum {
  LUMINATE_FORMAT_JSON = 1 /* {"metrics": [{name, timestamp, value, dimensions}, ...]}: docs/http-api.md. */
};

/* Decodes and writes points; else as luminate_store_write(). INVALID_REQUEST, with the field and the index of the
 * point, for bytes that are not of the format, and REQUEST_TOO_LARGE; nothing is stored then. */
LUMINATE_API luminate_status luminate_store_write_bytes(luminate_store* store, int32_t format, const void* bytes,
                                                        size_t size, luminate_call* call, uint64_t* accepted,
                                                        luminate_result** refused, luminate_error** error);

/* Judges points as a store would that was opened with `options` (NULL: the defaults), without one; what a store holds
 * already, and so cardinality, is not its concern. */
LUMINATE_API luminate_status luminate_validator_create(const luminate_options* options, luminate_validator** validator,
                                                       luminate_error** error);

/* `now_ms` is the time against which timestamps are judged. `refused` receives what luminate_store_write() gives. */
LUMINATE_API luminate_status luminate_validator_check(const luminate_validator* validator, const luminate_batch* batch,
                                                      int64_t now_ms, luminate_result** refused,
                                                      luminate_error** error);

LUMINATE_API void luminate_validator_destroy(luminate_validator* validator);

/* ---- Queries ---- */

enum {
  LUMINATE_RANGE = 1,     /* The samples themselves. */
  LUMINATE_AGGREGATE = 2, /* Averages, percentiles ... by group, and by bucket of time. */
  LUMINATE_RATE = 3       /* Increase of counters per second, by bucket of time and group. */
};

/* A question about one metric. It needs a time range; an aggregate needs an aggregation. Most is checked only when
 * a store runs it: then INVALID_QUERY names the field. */
LUMINATE_API luminate_status luminate_query_create(int32_t type, const char* metric, size_t metric_size,
                                                   luminate_query** query, luminate_error** error);

/* Reads the JSON form of docs/queries.md. */
LUMINATE_API luminate_status luminate_query_create_json(const char* json, size_t json_size, luminate_query** query,
                                                        luminate_error** error);

LUMINATE_API luminate_status luminate_query_between(luminate_query* query, int64_t start_ms, int64_t end_ms,
                                                    luminate_error** error);
/* The last so many milliseconds, seen from when the query runs. */
LUMINATE_API luminate_status luminate_query_last(luminate_query* query, int64_t length_ms, luminate_error** error);

/* Adds an aggregation: "avg", "sum", "count", "min", "max", "first", "last", "stddev", "integral", "p50", "p95", "p99"
 * or "quantile(0.9)". The first one orders the answer. */
LUMINATE_API luminate_status luminate_query_aggregation(luminate_query* query, const char* name, size_t name_size,
                                                        luminate_error** error);

enum {
  LUMINATE_ANY_OF = 1,     /* The dimension equals one of the operands. */
  LUMINATE_IS_NOT = 2,     /* It differs from the operand. */
  LUMINATE_MATCHES = 3,    /* The operand, an RE2 expression, matches the whole value. */
  LUMINATE_MATCHES_NOT = 4 /* It does not. */
};

/* Adds a condition on a dimension; all of them have to hold. `operand_sizes` may be NULL. */
LUMINATE_API luminate_status luminate_query_filter(luminate_query* query, const char* key, size_t key_size,
                                                   int32_t kind, const char* const* operands,
                                                   const size_t* operand_sizes, size_t operand_count,
                                                   luminate_error** error);

/* Adds a dimension by whose values the answer is grouped. */
LUMINATE_API luminate_status luminate_query_group_by(luminate_query* query, const char* key, size_t key_size,
                                                     luminate_error** error);
/* The length of a bucket of time. */
LUMINATE_API luminate_status luminate_query_interval(luminate_query* query, int64_t interval_ms,
                                                     luminate_error** error);
/* Samples of a range query, groups of the others. */
LUMINATE_API luminate_status luminate_query_limit(luminate_query* query, size_t limit, luminate_error** error);
/* Whether the smallest value comes first, instead of the largest. Not for range queries. */
LUMINATE_API luminate_status luminate_query_ascending(luminate_query* query, int32_t ascending, luminate_error** error);
/* How long the query may take; of this and the timeout of a luminate_call the shorter holds. */
LUMINATE_API luminate_status luminate_query_timeout(luminate_query* query, int64_t timeout_ms, luminate_error** error);

LUMINATE_API void luminate_query_destroy(luminate_query* query);

/* Runs a query over one consistent snapshot. `call` may be NULL. The columns of the answer:
 *   range      `timestamp` (time), `value` (number), then a text column for every dimension that occurs, by name;
 *              ascending by time, then by dimensions; missing where a series lacks the dimension
 *   aggregate  `bucket` (time) if there is an interval, a text column for every dimension of the group, a number column
 *              for every aggregation, by its name, and `count` (integer): samples that went in; if that is among the
 *              aggregations, it is a number column in its place there, and there is no other
 *   rate       `bucket` (time), a text column for every dimension of the group, `rate` (number)
 * A dimension of the same name as another column is called "dimension." and its name.
 * INVALID_QUERY, RESULT_LIMIT_EXCEEDED, QUERY_TIMEOUT, CANCELLED. */
LUMINATE_API luminate_status luminate_store_query(const luminate_store* store, const luminate_query* query,
                                                  luminate_call* call, luminate_result** result,
                                                  luminate_error** error);

/* The answer to a range query piece by piece, for answers that are not to be held as a whole. All pieces together are
 * one moment. `call` holds from here to the last piece. */
LUMINATE_API luminate_status luminate_store_stream(const luminate_store* store, const luminate_query* query,
                                                   luminate_call* call, luminate_stream** stream,
                                                   luminate_error** error);

/* The next samples as a table like that of luminate_store_query(), with the dimensions that occur in it; NULL behind
 * the last. After a failure every further call fails the same way. */
LUMINATE_API luminate_status luminate_stream_next(luminate_stream* stream, luminate_result** piece,
                                                  luminate_error** error);
/* Known once luminate_stream_next() gave NULL, 0 until then: whether more samples matched than the limit let through.
 */
LUMINATE_API int32_t luminate_stream_truncated(const luminate_stream* stream);
LUMINATE_API uint64_t luminate_stream_points_scanned(const luminate_stream* stream);
/* Gives the storage back early. */
LUMINATE_API void luminate_stream_destroy(luminate_stream* stream);

/* ---- Results: tables of columns ---- */

/* Nothing changes a result: what it lends is valid until it is destroyed. */

LUMINATE_API size_t luminate_result_row_count(const luminate_result* result);
LUMINATE_API size_t luminate_result_column_count(const luminate_result* result);
/* NULL beyond the last column. */
LUMINATE_API const char* luminate_result_column_name(const luminate_result* result, size_t column);

enum {
  LUMINATE_INTEGER = 1, /* int64_t */
  LUMINATE_NUMBER = 2,  /* double; a sum beyond its range is infinite */
  LUMINATE_TIME = 3,    /* int64_t, Unix milliseconds */
  LUMINATE_TEXT = 4 /* Codes: int32_t positions in the column's own list of distinct texts, -1 where it is missing. */
};

/* 0 beyond the last column. */
LUMINATE_API int32_t luminate_result_column_type(const luminate_result* result, size_t column);

/* A column as an array of one entry a row; NULL where the column is of another type, or there is no row. */
LUMINATE_API const int64_t* luminate_result_integers(const luminate_result* result, size_t column); /* integer, time */
LUMINATE_API const double* luminate_result_numbers(const luminate_result* result, size_t column);
LUMINATE_API const int32_t* luminate_result_codes(const luminate_result* result, size_t column);

/* The distinct texts of a text column. `size` may be NULL. */
LUMINATE_API size_t luminate_result_text_count(const luminate_result* result, size_t column);
LUMINATE_API const char* luminate_result_text(const luminate_result* result, size_t column, int32_t code, size_t* size);

/* All of them in one piece, one behind the other: text i is [ends[i - 1], ends[i]). 0 and NULL for other columns.
 * Both pointers may be NULL. */
LUMINATE_API size_t luminate_result_texts(const luminate_result* result, size_t column, const char** texts,
                                          const size_t** ends);

/* Of answers to queries; 0 for other tables. */
LUMINATE_API int32_t
luminate_result_truncated(const luminate_result* result); /* More samples matched than the limit. */
LUMINATE_API uint64_t luminate_result_points_scanned(const luminate_result* result);
LUMINATE_API int64_t luminate_result_execution_time_us(const luminate_result* result);

/* The answer to a query as the JSON of docs/queries.md; INVALID_REQUEST for other tables. Made when it is first asked
 * for. `size` may be NULL. */
LUMINATE_API luminate_status luminate_result_json(const luminate_result* result, const char** json, size_t* size,
                                                  luminate_error** error);

/* The table by the Arrow C stream interface, without a copy: one batch of all rows. Integers are int64, numbers
 * float64, times timestamp[ms, UTC], texts utf8 encoded by a dictionary of int32. Whoever takes the stream defines
 * struct ArrowArrayStream as https://arrow.apache.org/docs/format/CStreamInterface.html does, and releases it as that
 * says; it keeps the table's memory alive, and the result may be destroyed before. */
struct ArrowArrayStream;
LUMINATE_API luminate_status luminate_result_arrow(const luminate_result* result, struct ArrowArrayStream* stream,
                                                   luminate_error** error);

LUMINATE_API void luminate_result_destroy(luminate_result* result);

/* ---- What is there ---- */

/* Names, as a table of one text column `name`: those that start with `prefix` (NULL: all), at most `limit`, of what has
 * samples in [start_ms, end_ms); INT64_MIN and INT64_MAX: of whatever the store knows. A metric that nobody wrote has
 * no dimensions. Values come by the number of series that carry them, descending, then by name; the others by name. */
LUMINATE_API luminate_status luminate_store_metrics(const luminate_store* store, const char* prefix, size_t prefix_size,
                                                    size_t limit, int64_t start_ms, int64_t end_ms, luminate_call* call,
                                                    luminate_result** names, luminate_error** error);
LUMINATE_API luminate_status luminate_store_dimension_keys(const luminate_store* store, const char* metric,
                                                           size_t metric_size, const char* prefix, size_t prefix_size,
                                                           size_t limit, int64_t start_ms, int64_t end_ms,
                                                           luminate_call* call, luminate_result** names,
                                                           luminate_error** error);
LUMINATE_API luminate_status luminate_store_dimension_values(const luminate_store* store, const char* metric,
                                                             size_t metric_size, const char* key, size_t key_size,
                                                             const char* prefix, size_t prefix_size, size_t limit,
                                                             int64_t start_ms, int64_t end_ms, luminate_call* call,
                                                             luminate_result** names, luminate_error** error);

/* The number of series of a metric; NULL: of all. */
LUMINATE_API luminate_status luminate_store_series_count(const luminate_store* store, const char* metric,
                                                         size_t metric_size, luminate_call* call, uint64_t* count,
                                                         luminate_error** error);

/* Where the series are: `metric`, `key`, `value` (texts), `values`, `series` (integers). For each of the heaviest
 * metrics (NULL: of all) a row without key and value; for each of the keys with most values a row without value; for
 * each of the values that most series carry a row. At most `limit` of each kind. */
LUMINATE_API luminate_status luminate_store_cardinality(const luminate_store* store, const char* metric,
                                                        size_t metric_size, size_t limit, luminate_call* call,
                                                        luminate_result** table, luminate_error** error);

/* The tenants that have data, by the number of their series: `tenant` (text; "" is the space without a tenant),
 * `metrics`, `series` (integers). Narrowed to a tenant: none but it. */
LUMINATE_API luminate_status luminate_store_tenants(const luminate_store* store, size_t limit, luminate_call* call,
                                                    luminate_result** table, luminate_error** error);

/* One row of integers about the whole store, all tenants together: `file_bytes`, `free_bytes`, `log_bytes`, `metrics`,
 * `series`, `segments`, `samples` (as stored: overwritten ones count until they are merged). */
LUMINATE_API luminate_status luminate_store_statistics(const luminate_store* store, luminate_call* call,
                                                       luminate_result** table, luminate_error** error);

/* One row: `healthy` (integer, 0 or 1), `backend`, `status` (texts; "ok", or what is wrong). OK also where it is not
 * healthy. */
LUMINATE_API luminate_status luminate_store_health(const luminate_store* store, luminate_call* call,
                                                   luminate_result** table, luminate_error** error);

/* ---- Deleting and keeping ---- */

/* Deletes, durably, the samples that a range query selects by its metric, its range of two instants and its filters; it
 * may have nothing else. INT64_MIN and INT64_MAX as its range: all of them. With `dry_run` it counts and deletes
 * nothing. `removed` (may be NULL) receives their number. Series without samples are forgotten. */
LUMINATE_API luminate_status luminate_store_remove(luminate_store* store, const luminate_query* what, int32_t dry_run,
                                                   luminate_call* call, uint64_t* removed, luminate_error** error);

/* How long metrics are kept whose name is `pattern`, in which `*` stands for any text; 0: for ever. Of the policies
 * that fit a metric the one with the longest pattern holds. */
LUMINATE_API luminate_status luminate_store_set_retention(luminate_store* store, const char* pattern,
                                                          size_t pattern_size, int64_t keep_ms, luminate_call* call,
                                                          luminate_error** error);
/* `existed` (may be NULL): whether there was such a policy. */
LUMINATE_API luminate_status luminate_store_remove_retention(luminate_store* store, const char* pattern,
                                                             size_t pattern_size, luminate_call* call, int32_t* existed,
                                                             luminate_error** error);
/* The policies of this store's tenant: `pattern` (text), `keep_ms` (integer). */
LUMINATE_API luminate_status luminate_store_retention(const luminate_store* store, luminate_call* call,
                                                      luminate_result** table, luminate_error** error);
/* Drops now what the policies let go, instead of at the next clean-up. `dropped` (may be NULL): samples. */
LUMINATE_API luminate_status luminate_store_enforce_retention(luminate_store* store, luminate_call* call,
                                                              uint64_t* dropped, luminate_error** error);

/* Merges what was written into as few segments as there can be and gives free space back. It happens by itself in time.
 */
LUMINATE_API luminate_status luminate_store_compact(luminate_store* store, luminate_call* call, luminate_error** error);

/* Copies the store of one moment into a new file that can be opened as a store, while writes go on, and checks the
 * copy. INVALID_REQUEST for a store that has no file, and for a target that exists unless `overwrite`. */
LUMINATE_API luminate_status luminate_store_backup(const luminate_store* store, const char* path, size_t path_size,
                                                   int32_t overwrite, luminate_call* call, luminate_error** error);

#ifdef __cplusplus
}
#endif

#endif
