#include "bridge.h"

#include <stdlib.h>

/* ---- Writing ---- */

static luminate_status make_batch(const char* texts, const size_t* text_ends, size_t text_count,
                                  const size_t* series_ends, size_t series_count, const uint32_t* series,
                                  const int64_t* timestamps_ms, const double* values, size_t count,
                                  luminate_batch** batch, luminate_error** error) {
  luminate_status status = luminate_batch_create(batch, error);
  if (status != LUMINATE_OK) return status;
  return luminate_batch_append_columns(*batch, texts, text_ends, text_count, series_ends, series_count, series,
                                       timestamps_ms, values, count, error);
}

luminate_status luminate_go_write(luminate_store* store, const char* texts, const size_t* text_ends, size_t text_count,
                                  const size_t* series_ends, size_t series_count, const uint32_t* series,
                                  const int64_t* timestamps_ms, const double* values, size_t count, luminate_call* call,
                                  uint64_t* accepted, luminate_result** refused, luminate_error** error) {
  luminate_batch* batch = NULL;
  luminate_status status = make_batch(texts, text_ends, text_count, series_ends, series_count, series, timestamps_ms,
                                      values, count, &batch, error);
  if (status == LUMINATE_OK) status = luminate_store_write(store, batch, call, accepted, refused, error);
  luminate_batch_destroy(batch);
  return status;
}

luminate_status luminate_go_check(const luminate_validator* validator, const char* texts, const size_t* text_ends,
                                  size_t text_count, const size_t* series_ends, size_t series_count,
                                  const uint32_t* series, const int64_t* timestamps_ms, const double* values,
                                  size_t count, int64_t now_ms, luminate_result** refused, luminate_error** error) {
  luminate_batch* batch = NULL;
  luminate_status status = make_batch(texts, text_ends, text_count, series_ends, series_count, series, timestamps_ms,
                                      values, count, &batch, error);
  if (status == LUMINATE_OK) status = luminate_validator_check(validator, batch, now_ms, refused, error);
  luminate_batch_destroy(batch);
  return status;
}

/* ---- Queries ---- */

/* Texts of a query, taken one after the other. */
typedef struct {
  const char* texts;
  const size_t* ends;
  size_t begin;
} text_list;

static const char* next_text(text_list* list, size_t* size) {
  const char* text = list->texts + list->begin;
  *size = *list->ends - list->begin;
  list->begin = *list->ends++;
  return text;
}

static luminate_status add_filter(luminate_query* query, int32_t kind, text_list* list, size_t operand_count,
                                  luminate_error** error) {
  size_t key_size;
  const char* key = next_text(list, &key_size);
  const char** operands = malloc((operand_count + 1) * sizeof *operands);
  size_t* sizes = malloc((operand_count + 1) * sizeof *sizes);
  luminate_status status = LUMINATE_OUT_OF_MEMORY;
  if (operands != NULL && sizes != NULL) {
    for (size_t i = 0; i < operand_count; ++i) operands[i] = next_text(list, &sizes[i]);
    status = luminate_query_filter(query, key, key_size, kind, operands, sizes, operand_count, error);
  }
  free(operands);
  free(sizes);
  return status;
}

static luminate_status take_step(const luminate_go_step* step, text_list* list, luminate_query** query,
                                 luminate_error** error) {
  const char* text;
  size_t size;
  switch (step->what) {
    case LUMINATE_GO_CREATE:
      text = next_text(list, &size);
      return luminate_query_create(step->kind, text, size, query, error);
    case LUMINATE_GO_JSON:
      text = next_text(list, &size);
      return luminate_query_create_json(text, size, query, error);
    case LUMINATE_GO_BETWEEN:
      return luminate_query_between(*query, step->first, step->second, error);
    case LUMINATE_GO_LAST:
      return luminate_query_last(*query, step->first, error);
    case LUMINATE_GO_AGGREGATION:
      text = next_text(list, &size);
      return luminate_query_aggregation(*query, text, size, error);
    case LUMINATE_GO_FILTER:
      return add_filter(*query, step->kind, list, step->text_count - 1, error);
    case LUMINATE_GO_GROUP_BY:
      text = next_text(list, &size);
      return luminate_query_group_by(*query, text, size, error);
    case LUMINATE_GO_INTERVAL:
      return luminate_query_interval(*query, step->first, error);
    case LUMINATE_GO_LIMIT:
      return luminate_query_limit(*query, (size_t)step->first, error);
    case LUMINATE_GO_ASCENDING:
      return luminate_query_ascending(*query, (int32_t)step->first, error);
    case LUMINATE_GO_TIMEOUT:
      return luminate_query_timeout(*query, step->first, error);
    default:
      return LUMINATE_INTERNAL;
  }
}

luminate_status luminate_go_query(const luminate_go_step* steps, size_t step_count, const char* texts,
                                  const size_t* text_ends, luminate_query** query, luminate_error** error) {
  text_list list = {texts, text_ends, 0};
  luminate_query* made = NULL;
  for (size_t i = 0; i < step_count; ++i) {
    luminate_status status = take_step(&steps[i], &list, &made, error);
    if (status != LUMINATE_OK) {
      luminate_query_destroy(made);
      return status;
    }
  }
  *query = made;
  return LUMINATE_OK;
}

/* ---- Tables ---- */

luminate_status luminate_go_run(const luminate_store* store, const luminate_go_step* steps, size_t step_count,
                                const char* texts, const size_t* text_ends, luminate_call* call,
                                luminate_result** result, luminate_go_table* table, luminate_error** error) {
  luminate_query* query = NULL;
  luminate_status status = luminate_go_query(steps, step_count, texts, text_ends, &query, error);
  if (status != LUMINATE_OK) return status;
  status = luminate_store_query(store, query, call, result, error);
  luminate_query_destroy(query);
  if (status == LUMINATE_OK) luminate_go_describe(*result, table);
  return status;
}

void luminate_go_describe(const luminate_result* result, luminate_go_table* table) {
  table->rows = luminate_result_row_count(result);
  table->columns = luminate_result_column_count(result);
  table->points_scanned = luminate_result_points_scanned(result);
  table->execution_time_us = luminate_result_execution_time_us(result);
  table->truncated = luminate_result_truncated(result);
}

void luminate_go_columns(const luminate_result* result, luminate_go_column* columns, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    luminate_go_column* column = &columns[i];
    column->name = luminate_result_column_name(result, i);
    column->type = luminate_result_column_type(result, i);
    switch (column->type) {
      case LUMINATE_INTEGER:
      case LUMINATE_TIME:
        column->data = luminate_result_integers(result, i);
        break;
      case LUMINATE_NUMBER:
        column->data = luminate_result_numbers(result, i);
        break;
      case LUMINATE_TEXT:
        column->data = luminate_result_codes(result, i);
        column->text_count = luminate_result_texts(result, i, &column->texts, &column->ends);
        break;
      default:
        break;
    }
  }
}
