/* A consumer of Arrow streams that knows nothing but the interface. */
#include "arrow.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "session.h"

/* cpu{host=a}, cpu{host=b, disk=sda} ..., so that disk is missing in every other row of 20. */
static luminate_result* answer(void) {
  luminate_store* store = open_store("memory:");
  luminate_query* query = cpu_query(LUMINATE_RANGE);
  luminate_batch* batch;
  luminate_result* result;
  const char* const keys[] = {"host", "disk"};
  const char* const values[] = {"bb", "sda"};
  uint32_t b;
  write_cpu(store, "a", 10);
  OK(luminate_batch_create(&batch, &error));
  OK(luminate_batch_series(batch, "cpu", LUMINATE_NUL, keys, NULL, values, NULL, 2, &b, &error));
  for (int i = 1; i <= 10; ++i) OK(luminate_batch_add(batch, b, 1000 * i, 0.5 * i, &error));
  OK(luminate_store_write(store, batch, NULL, NULL, NULL, &error));
  OK(luminate_store_query(store, query, NULL, &result, &error));
  CHECK(luminate_result_row_count(result) == 20);
  luminate_batch_destroy(batch);
  luminate_query_destroy(query);
  luminate_store_destroy(store);
  return result;
}

static void check_column_schema(const struct ArrowSchema* schema, const char* name, const char* format, int64_t flags) {
  SAME(schema->name, name);
  SAME(schema->format, format);
  CHECK(schema->metadata == NULL && schema->flags == flags && schema->n_children == 0);
  CHECK(schema->release != NULL);
  CHECK((schema->dictionary != NULL) == (strcmp(format, "i") == 0));
  if (schema->dictionary != NULL) SAME(schema->dictionary->format, "u");
}

static void check_schema(struct ArrowArrayStream* stream) {
  struct ArrowSchema schema;
  memset(&schema, 0xff, sizeof schema);
  CHECK(stream->get_schema(stream, &schema) == 0);
  SAME(schema.format, "+s");
  CHECK(schema.n_children == 4 && schema.dictionary == NULL);
  enum { kNullable = 2 };
  check_column_schema(schema.children[0], "timestamp", "tsm:UTC", 0);
  check_column_schema(schema.children[1], "value", "g", 0);
  check_column_schema(schema.children[2], "disk", "i", kNullable);
  check_column_schema(schema.children[3], "host", "i", kNullable);
  schema.release(&schema);
  CHECK(schema.release == NULL);
}

static void check_dictionary(const struct ArrowArray* dictionary, const char* const* texts, int64_t count) {
  CHECK(dictionary->length == count && dictionary->n_buffers == 3 && dictionary->null_count == 0);
  const int32_t* places = dictionary->buffers[1];
  const char* bytes = dictionary->buffers[2];
  for (int64_t i = 0; i < count; ++i) {
    const size_t size = (size_t)(places[i + 1] - places[i]);
    CHECK(size == strlen(texts[i]) && memcmp(bytes + places[i], texts[i], size) == 0);
  }
}

static void check_disks(const struct ArrowArray* disks) {
  static const char* const texts[] = {"sda"};
  CHECK(disks->length == 20 && disks->null_count == 10 && disks->n_buffers == 2 && disks->offset == 0);
  const unsigned char* validity = disks->buffers[0];
  const int32_t* codes = disks->buffers[1];
  for (int row = 0; row < 20; ++row) {
    const int there = validity[row / 8] >> row % 8 & 1;
    CHECK(there == (row % 2 == 0)); /* Dimensions order: disk comes before host. */
    if (there) CHECK(codes[row] == 0);
  }
  check_dictionary(disks->dictionary, texts, 1);
}

static void check_batch(const struct ArrowArray* batch) {
  CHECK(batch->length == 20 && batch->null_count == 0 && batch->n_children == 4 && batch->n_buffers == 1);
  CHECK(batch->offset == 0 && batch->buffers[0] == NULL && batch->dictionary == NULL);
  for (int i = 0; i < 4; ++i) CHECK(batch->children[i]->length == 20);
  CHECK(batch->children[0]->buffers[0] == NULL && batch->children[0]->null_count == 0);
  CHECK(((const int64_t*)batch->children[0]->buffers[1])[19] == 10000);
  CHECK(((const double*)batch->children[1]->buffers[1])[0] == 0.5);
  check_disks(batch->children[2]);
  CHECK(batch->children[3]->null_count == 0 && batch->children[3]->buffers[0] == NULL);
}

static void check_end(struct ArrowArrayStream* stream) {
  struct ArrowArray batch;
  memset(&batch, 0xff, sizeof batch);
  CHECK(stream->get_next(stream, &batch) == 0);
  CHECK(batch.release == NULL);
}

static void a_stream_is_one_batch_of_all_rows(void) {
  luminate_result* result = answer();
  struct ArrowArrayStream stream;
  struct ArrowArray batch;
  memset(&stream, 0xff, sizeof stream);
  OK(luminate_result_arrow(result, &stream, &error));
  check_schema(&stream);
  check_schema(&stream);
  CHECK(stream.get_next(&stream, &batch) == 0);
  check_batch(&batch);
  /* Without a copy. */
  CHECK(batch.children[0]->buffers[1] == (const void*)luminate_result_integers(result, 0));
  CHECK(batch.children[1]->buffers[1] == (const void*)luminate_result_numbers(result, 1));
  CHECK(batch.children[2]->buffers[1] == (const void*)luminate_result_codes(result, 2));
  check_end(&stream);
  check_end(&stream);
  check_schema(&stream);
  CHECK(stream.get_last_error(&stream) == NULL);
  batch.release(&batch);
  CHECK(batch.release == NULL);
  stream.release(&stream);
  CHECK(stream.release == NULL);
  luminate_result_destroy(result);
}

/* What is held outlives what it came from. */
static void whatever_is_held_is_there(void) {
  for (int order = 0; order < 6; ++order) {
    luminate_result* result = answer();
    struct ArrowArrayStream stream;
    struct ArrowArray batch;
    struct ArrowSchema schema;
    OK(luminate_result_arrow(result, &stream, &error));
    if (order == 5) { /* A stream that nobody read. */
      luminate_result_destroy(result);
      stream.release(&stream);
      continue;
    }
    if (order % 2 == 0) luminate_result_destroy(result);
    CHECK(stream.get_schema(&stream, &schema) == 0);
    CHECK(stream.get_next(&stream, &batch) == 0);
    if (order % 2 == 1) luminate_result_destroy(result);
    if (order < 2) stream.release(&stream);
    check_batch(&batch);
    check_column_schema(schema.children[1], "value", "g", 0);
    if (order == 4) schema.release(&schema);
    batch.release(&batch);
    if (order != 4) schema.release(&schema);
    if (order >= 2) stream.release(&stream);
  }
}

/* A consumer may take children out of a structure, and release that before them. */
static void children_may_be_moved(void) {
  luminate_result* result = answer();
  struct ArrowArrayStream stream;
  struct ArrowArray batch;
  struct ArrowArray disks;
  struct ArrowSchema schema;
  struct ArrowSchema host;
  OK(luminate_result_arrow(result, &stream, &error));
  luminate_result_destroy(result);
  CHECK(stream.get_next(&stream, &batch) == 0 && stream.get_schema(&stream, &schema) == 0);
  stream.release(&stream);
  memcpy(&disks, batch.children[2], sizeof disks);
  batch.children[2]->release = NULL;
  batch.release(&batch);
  memcpy(&host, schema.children[3], sizeof host);
  schema.children[3]->release = NULL;
  schema.release(&schema);
  check_disks(&disks);
  check_column_schema(&host, "host", "i", 2);
  disks.release(&disks);
  CHECK(disks.release == NULL);
  host.release(&host);
}

static void every_table_may_be_a_stream(void) {
  luminate_store* store = open_store("memory:");
  luminate_result* table;
  struct ArrowArrayStream stream;
  struct ArrowArray batch;
  struct ArrowSchema schema;
  OK(luminate_store_metrics(store, NULL, 0, 10, INT64_MIN, INT64_MAX, NULL, &table, &error)); /* No rows. */
  OK(luminate_result_arrow(table, &stream, &error));
  luminate_result_destroy(table);
  CHECK(stream.get_next(&stream, &batch) == 0 && batch.release != NULL);
  CHECK(batch.length == 0 && batch.children[0]->length == 0 && batch.children[0]->dictionary->length == 0);
  CHECK(batch.children[0]->buffers[1] != NULL && *(const int32_t*)batch.children[0]->dictionary->buffers[1] == 0);
  batch.release(&batch);
  stream.release(&stream);

  write_cpu(store, "a", 1);
  OK(luminate_store_tenants(store, 10, NULL, &table, &error));
  OK(luminate_result_arrow(table, &stream, &error));
  luminate_result_destroy(table);
  CHECK(stream.get_schema(&stream, &schema) == 0);
  check_column_schema(schema.children[2], "series", "l", 0);
  schema.release(&schema);
  stream.release(&stream);
  luminate_store_destroy(store);
}

int main(void) {
  a_stream_is_one_batch_of_all_rows();
  whatever_is_held_is_there();
  children_may_be_moved();
  every_table_may_be_a_stream();
  check_done();
  return 0;
}
