#include <luminate.h>

#include <cstdint>

// A function that a later version has.
extern "C" LUMINATE_API std::int32_t luminate_later(void);

std::int32_t luminate_later(void) {
  return 1;
}
