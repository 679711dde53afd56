#include "_cgo_export.h"
#include "bridge.h"

static void forward(void* user, int32_t level, const char* message, size_t size) {
  luminateGoLog((uintptr_t)user, level, (char*)message, size);
}

static void release(void* user) {
  luminateGoReleaseLogger((uintptr_t)user);
}

luminate_status luminate_go_set_logger(luminate_options* options, uintptr_t user, luminate_error** error) {
  return luminate_options_set_logger(options, forward, (void*)user, release, error);
}
