#include "error.hpp"

#include <luminate.h>
#include <luminate/error.hpp>

#include <charconv>
#include <exception>
#include <memory>
#include <new>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "guard.hpp"

namespace luminate::capi {
namespace {

/// These are there when there is no memory to make one. Nobody changes or destroys them.
luminate_error make_out_of_memory(bool in_doubt) noexcept {
  luminate_error error;
  error.code = LUMINATE_OUT_OF_MEMORY;
  error.retryable = true;
  error.in_doubt = in_doubt;
  error.message = in_doubt ? "memory ran out; whether the write happened is not known, and writing it again is harmless"
                           : "memory ran out; free some, or ask for less, and try again";
  return error;
}
luminate_error out_of_memory = make_out_of_memory(false);
luminate_error out_of_memory_in_doubt = make_out_of_memory(true);

bool is_static(const luminate_error* error) noexcept {
  return error == &out_of_memory || error == &out_of_memory_in_doubt;
}

/// The first number in brackets: of "metrics[3].dimensions" it is 3.
std::int64_t index_in(std::string_view field) noexcept {
  const std::size_t open = field.find('[');
  if (open == std::string_view::npos) return -1;
  std::int64_t index = -1;
  const auto [end, error] = std::from_chars(field.data() + open + 1, field.data() + field.size(), index);
  return error == std::errc() && end != field.data() + field.size() && *end == ']' && index >= 0 ? index : -1;
}

luminate_status hand_out(luminate_error** out, luminate_error&& error) {
  const luminate_status code = error.code;
  if (out == nullptr) return code;
  auto owned = std::make_unique<luminate_error>(std::move(error));
  owned->message = owned->message_text.c_str();
  owned->field = owned->field_text.c_str();
  *out = owned.release();
  return code;
}

luminate_status hand_out(luminate_error** out, const Error& thrown) {
  luminate_error error;
  error.code = static_cast<luminate_status>(thrown.code());
  error.retryable = thrown.retryable();
  error.in_doubt = thrown.in_doubt();
  error.index = index_in(thrown.field());
  error.message_text = thrown.what();
  error.field_text = thrown.field();
  return hand_out(out, std::move(error));
}

luminate_status hand_out_internal(luminate_error** out, OnFailure on_failure, const char* what) {
  luminate_error error;
  error.in_doubt = on_failure == OnFailure::in_doubt;
  error.message_text = std::string("a bug in Luminate: ") + what;
  return hand_out(out, std::move(error));
}

luminate_status hand_out_no_memory(luminate_error** out, OnFailure on_failure) noexcept {
  if (out != nullptr) *out = on_failure == OnFailure::in_doubt ? &out_of_memory_in_doubt : &out_of_memory;
  return LUMINATE_OUT_OF_MEMORY;
}

luminate_status hand_out_current(OnFailure on_failure, luminate_error** out) {
  try {
    throw;
  } catch (const Error& error) {
    return hand_out(out, error);
  } catch (const std::bad_alloc&) {
    return hand_out_no_memory(out, on_failure);
  } catch (const std::length_error&) {
    return hand_out_no_memory(out, on_failure);  // More than any container holds.
  } catch (const std::exception& error) {
    return hand_out_internal(out, on_failure, error.what());
  } catch (...) {
    return hand_out_internal(out, on_failure, "an exception of no known type");
  }
}

}  // namespace

luminate_status failed(OnFailure on_failure, luminate_error** error) noexcept {
  try {
    return hand_out_current(on_failure, error);
  } catch (...) {
    return hand_out_no_memory(error, on_failure);  // There was none for the error itself.
  }
}

void refuse(const std::string& message) {
  throw Error(ErrorCode::invalid_request, message);
}

void refuse_element(const std::string& message, std::string_view array, std::size_t index) {
  const std::string field = std::string(array) + "[" + std::to_string(index) + "]";
  throw Error(ErrorCode::invalid_request, field + " " + message, field);
}

std::string_view need_text(const char* text, std::size_t size, const char* name) {
  if (text == nullptr) {
    if (size == 0) return "";
    refuse(std::string(name) + " is NULL");
  }
  if (size == LUMINATE_NUL) return text;
  if (size > static_cast<std::size_t>(std::numeric_limits<std::ptrdiff_t>::max())) {
    refuse(std::string(name) + ": no text has " + std::to_string(size) + " bytes; give LUMINATE_NUL or its size");
  }
  return {text, size};
}

std::string_view need_text(const char* const* texts, const std::size_t* sizes, std::size_t index, const char* name) {
  const std::size_t size = sizes == nullptr ? LUMINATE_NUL : sizes[index];
  if (texts[index] == nullptr && size != 0) refuse_element("is NULL", name, index);
  return need_text(texts[index], size, name);
}

}  // namespace luminate::capi

using luminate::capi::is_static;

extern "C" {

const char* luminate_status_name(luminate_status status) {
  if (status == LUMINATE_OK) return "OK";
  if (status == LUMINATE_OUT_OF_MEMORY) return "OUT_OF_MEMORY";
  return luminate::to_string(static_cast<luminate::ErrorCode>(status)).data();  // A literal: it ends with NUL.
}

luminate_status luminate_error_code(const luminate_error* error) {
  return error == nullptr ? LUMINATE_OK : error->code;
}

const char* luminate_error_message(const luminate_error* error) {
  return error == nullptr ? nullptr : error->message;
}

const char* luminate_error_field(const luminate_error* error) {
  return error == nullptr ? nullptr : error->field;
}

int32_t luminate_error_retryable(const luminate_error* error) {
  return error != nullptr && error->retryable;
}

int32_t luminate_error_in_doubt(const luminate_error* error) {
  return error != nullptr && error->in_doubt;
}

int64_t luminate_error_index(const luminate_error* error) {
  return error == nullptr ? 0 : error->index;
}

void luminate_error_destroy(luminate_error* error) {
  if (!is_static(error)) delete error;
}

}  // extern "C"
