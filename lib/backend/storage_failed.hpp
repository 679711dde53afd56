#pragma once

#include <luminate/error.hpp>

#include <exception>

namespace luminate::backend {

/// Whether a failure is of the storage, and of everybody whose writes it was asked to take. A damaged row concerns
/// those who need it; a batch that is too large for the memory that is left, itself. For GroupedCalls::Rules.
inline bool storage_failed(const std::exception_ptr& exception) {
  try {
    std::rethrow_exception(exception);
  } catch (const Error& error) {
    return error.code() == ErrorCode::storage_unavailable || error.in_doubt();
  } catch (...) {
    return false;
  }
}

}  // namespace luminate::backend
