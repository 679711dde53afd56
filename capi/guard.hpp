#pragma once

#include <luminate.h>

#include <pthread.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>

// What stands between the C++ library and C: no exception gets past guarded().
namespace luminate::capi {

/// What a failure leaves open, where the error itself does not say.
enum class OnFailure {
  nothing_happened,
  in_doubt,  ///< The call writes: memory may have run out after the storage was done.
};

/// Turns the exception that is being handled into a status and an error.
luminate_status failed(OnFailure on_failure, luminate_error** error) noexcept;

/// Throws INVALID_REQUEST.
[[noreturn]] void refuse(const std::string& message);
/// Of an element of an array, whose index the error then has.
[[noreturn]] void refuse_element(const std::string& message, std::string_view array, std::size_t index);

/// As long as this lives pthread_cancel() waits: it would unwind the stack, and that ends where nothing may be thrown,
/// and with it the program.
class NotCancelled {
 public:
  NotCancelled() noexcept { ::pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before_); }
  ~NotCancelled() { ::pthread_setcancelstate(before_, nullptr); }
  NotCancelled(const NotCancelled&) = delete;
  NotCancelled& operator=(const NotCancelled&) = delete;

 private:
  int before_ = PTHREAD_CANCEL_ENABLE;
};

/// Runs the body of a function that can fail.
template <class Body>
luminate_status guarded(luminate_error** error, const Body& body,
                        OnFailure on_failure = OnFailure::nothing_happened) noexcept {
  if (error != nullptr) *error = nullptr;
  const NotCancelled until_here;
  try {
    body();
    return LUMINATE_OK;
  } catch (...) {
    return failed(on_failure, error);
  }
}

/// What is handed out is nothing until the body says otherwise.
template <class... Out>
void clear(Out*... out) noexcept {
  ((out != nullptr ? static_cast<void>(*out = Out{}) : static_cast<void>(0)), ...);
}

/// A handle that has to be there.
template <class Handle>
Handle& need(Handle* handle, const char* name) {
  if (handle == nullptr) refuse(std::string(name) + " is NULL");
  return *handle;
}

/// A text that has to be there, though it may be empty.
std::string_view need_text(const char* text, std::size_t size, const char* name);
/// A text in an array. @param sizes may be NULL.
std::string_view need_text(const char* const* texts, const std::size_t* sizes, std::size_t index, const char* name);

template <class Element>
std::span<const Element> need_array(const Element* elements, std::size_t count, const char* name) {
  if (count > static_cast<std::size_t>(std::numeric_limits<std::ptrdiff_t>::max()) / sizeof(Element)) {
    refuse(std::string(name) + ": no array has " + std::to_string(count) + " elements");
  }
  if (elements == nullptr && count > 0) refuse(std::string(name) + " is NULL");
  return {elements, count};
}

}  // namespace luminate::capi
