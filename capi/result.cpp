#include "result.hpp"

#include <luminate.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <variant>
#include <vector>

#include "guard.hpp"
#include "table.hpp"

namespace luminate::capi {
namespace {

const Column* column_of(const luminate_result* result, std::size_t column) noexcept {
  if (result == nullptr || column >= result->table->columns.size()) return nullptr;
  return &result->table->columns[column];
}

template <class Data>
const Data* data_of(const luminate_result* result, std::size_t column) noexcept {
  const Column* found = column_of(result, column);
  return found == nullptr ? nullptr : std::get_if<Data>(&found->data);
}

template <class Element>
const Element* elements_of(const std::vector<Element>* elements) noexcept {
  return elements == nullptr || elements->empty() ? nullptr : elements->data();
}

}  // namespace
}  // namespace luminate::capi

using namespace luminate::capi;  // NOLINT

extern "C" {

size_t luminate_result_row_count(const luminate_result* result) {
  return result == nullptr ? 0 : result->table->rows;
}

size_t luminate_result_column_count(const luminate_result* result) {
  return result == nullptr ? 0 : result->table->columns.size();
}

const char* luminate_result_column_name(const luminate_result* result, size_t column) {
  const Column* found = column_of(result, column);
  return found == nullptr ? nullptr : found->name.c_str();
}

int32_t luminate_result_column_type(const luminate_result* result, size_t column) {
  const Column* found = column_of(result, column);
  return found == nullptr ? 0 : found->type;
}

const int64_t* luminate_result_integers(const luminate_result* result, size_t column) {
  return elements_of(data_of<std::vector<std::int64_t>>(result, column));
}

const double* luminate_result_numbers(const luminate_result* result, size_t column) {
  return elements_of(data_of<std::vector<double>>(result, column));
}

const int32_t* luminate_result_codes(const luminate_result* result, size_t column) {
  const auto* texts = data_of<TextColumn>(result, column);
  return texts == nullptr ? nullptr : elements_of(&texts->codes);
}

size_t luminate_result_text_count(const luminate_result* result, size_t column) {
  const auto* texts = data_of<TextColumn>(result, column);
  return texts == nullptr ? 0 : texts->count();
}

const char* luminate_result_text(const luminate_result* result, size_t column, int32_t code, size_t* size) {
  clear(size);
  const auto* texts = data_of<TextColumn>(result, column);
  if (texts == nullptr || code < 0 || static_cast<std::size_t>(code) >= texts->count()) return nullptr;
  const auto i = static_cast<std::size_t>(code);
  if (size != nullptr) *size = texts->ends[i] - texts->begin(i);
  return texts->lines.data() + texts->begin(i) + i;
}

size_t luminate_result_texts(const luminate_result* result, size_t column, const char** texts, const size_t** ends) {
  clear(texts, ends);
  const auto* found = data_of<TextColumn>(result, column);
  if (found == nullptr) return 0;
  if (texts != nullptr) *texts = found->texts.c_str();
  if (ends != nullptr) *ends = elements_of(&found->ends);
  return found->count();
}

int32_t luminate_result_truncated(const luminate_result* result) {
  return result != nullptr && result->table->truncated;
}

uint64_t luminate_result_points_scanned(const luminate_result* result) {
  return result == nullptr ? 0 : result->table->points_scanned;
}

int64_t luminate_result_execution_time_us(const luminate_result* result) {
  return result == nullptr ? 0 : result->table->execution_time_us;
}

luminate_status luminate_result_json(const luminate_result* result, const char** json, size_t* size,
                                     luminate_error** error) {
  clear(json);
  clear(size);
  return guarded(error, [&] {
    need(json, "json");
    if (!need(result, "result").table->is_answer) refuse("this table is no answer to a query; only those have JSON");
    const std::lock_guard lock(result->json_mutex);
    if (result->json == nullptr) result->json = std::make_unique<const std::string>(to_json(*result->table));
    *json = result->json->c_str();
    if (size != nullptr) *size = result->json->size();
  });
}

void luminate_result_destroy(luminate_result* result) {
  delete result;
}

}  // extern "C"
