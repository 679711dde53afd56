/* What many tests begin with. */
#ifndef LUMINATE_TESTS_CAPI_SESSION_H
#define LUMINATE_TESTS_CAPI_SESSION_H

#include <luminate.h>
#include <stddef.h>
#include <stdint.h>

/* "sqlite:" and a file in the folder of this run, which is there and empty; the same until the next call. */
const char* fresh_url(void);
/* The path in it. */
const char* fresh_path(void);

/* Options that take any timestamp. */
luminate_options* timeless_options(void);
/* A store with these. */
luminate_store* open_store(const char* url);
/* The number of a series of one dimension, "host". */
uint32_t host_series(luminate_batch* batch, const char* metric, const char* host);
/* Writes `count` samples of cpu{host=...}: at 1000, 2000 ... the values 1, 2 ... */
void write_cpu(luminate_store* store, const char* host, size_t count);
/* A range query for cpu, of all times that write_cpu() uses. */
luminate_query* cpu_query(int32_t type);
/* The position of a column, which has to be there. */
size_t column(const luminate_result* result, const char* name);
/* A text of a table; NULL where it is missing. */
const char* text_at(const luminate_result* result, const char* name, size_t row);
int64_t integer_at(const luminate_result* result, const char* name, size_t row);
double number_at(const luminate_result* result, const char* name, size_t row);

#endif
