#include "options.hpp"

#include <luminate.h>

#include <memory>
#include <string_view>
#include <utility>

#include "guard.hpp"

namespace luminate::capi {
namespace {

/// A logger of C's with what belongs to it, which goes when the last copy of the options does.
class Logger {
 public:
  Logger(luminate_logger call, void* user) noexcept : call_(call), user_(user) {}
  Logger(const Logger&) = delete;
  Logger& operator=(const Logger&) = delete;
  ~Logger() { release_user(release_, user_); }

  void release_when_gone(void (*release)(void*)) noexcept { release_ = release; }

  void tell(LogLevel level, std::string_view message) const noexcept {
    try {
      const std::string line(message);  // A reader in C may expect a NUL behind it.
      call_(user_, static_cast<std::int32_t>(level), line.c_str(), line.size());
    } catch (...) {  // No memory for the line, or a logger in C++ that threw: neither is worth the call under way.
    }
  }

  static void release_user(void (*release)(void*), void* user) noexcept {
    try {
      if (release != nullptr) release(user);
    } catch (...) {
    }
  }

 private:
  luminate_logger call_;
  void* user_;
  void (*release_)(void*) = nullptr;
};

void set_logger(Options& options, luminate_logger call, void* user, void (*release)(void*)) {
  const auto logger = std::make_shared<Logger>(call, user);
  decltype(options.logger) tell = [logger](LogLevel level, std::string_view message) { logger->tell(level, message); };
  options.logger.swap(tell);
  logger->release_when_gone(release);  // Nothing fails from here on; until here it is the caller's.
}

}  // namespace
}  // namespace luminate::capi

using namespace luminate::capi;  // NOLINT

extern "C" {

luminate_status luminate_options_create(luminate_options** options, luminate_error** error) {
  clear(options);
  return guarded(error, [&] {
    need(options, "options");
    *options = std::make_unique<luminate_options>().release();
  });
}

luminate_status luminate_options_set(luminate_options* options, const char* key, size_t key_size, const char* value,
                                     size_t value_size, luminate_error** error) {
  return guarded(error, [&] {
    need(options, "options").options.set(need_text(key, key_size, "key"), need_text(value, value_size, "value"));
  });
}

luminate_status luminate_options_get(luminate_options* options, const char* key, size_t key_size, const char** value,
                                     luminate_error** error) {
  clear(value);
  return guarded(error, [&] {
    need(value, "value");
    std::string now = need(options, "options").options.get(need_text(key, key_size, "key"));
    options->asked = std::move(now);
    *value = options->asked.c_str();
  });
}

luminate_status luminate_options_set_logger(luminate_options* options, luminate_logger logger, void* user,
                                            void (*release)(void* user), luminate_error** error) {
  const luminate_status status = guarded(error, [&] {
    need(options, "options");
    if (logger == nullptr) {
      options->options.logger = nullptr;
    } else {
      set_logger(options->options, logger, user, release);
    }
  });
  if (status != LUMINATE_OK || logger == nullptr) Logger::release_user(release, user);
  return status;
}

void luminate_options_destroy(luminate_options* options) {
  delete options;
}

size_t luminate_options_key_count(void) {
  return luminate::Options::keys().size();
}

// These are literals: they end with NUL.

const char* luminate_options_key(size_t index) {
  const auto keys = luminate::Options::keys();
  return index < keys.size() ? keys[index].name.data() : nullptr;
}

const char* luminate_options_key_default(size_t index) {
  const auto keys = luminate::Options::keys();
  return index < keys.size() ? keys[index].default_value.data() : nullptr;
}

const char* luminate_options_key_meaning(size_t index) {
  const auto keys = luminate::Options::keys();
  return index < keys.size() ? keys[index].meaning.data() : nullptr;
}

}  // extern "C"
