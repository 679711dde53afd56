#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

luminate_error* error = NULL;

void check_failed(const char* what, const char* file, int line) {
  fprintf(stderr, "%s:%d: %s does not hold\n", file, line, what);
  if (error != NULL) fprintf(stderr, "the last error: %s\n", luminate_error_message(error));
  exit(1);
}

/* The error of the call before is destroyed late, so that an overwritten one would leak and LeakSanitizer say so. */
static void take_error(luminate_error** last) {
  luminate_error_destroy(*last);
  *last = error;
}
static luminate_error* last = NULL;

/* Whether the library that this program runs with is the one that the test is about. */
static void check_version(void) {
  const char* expected = getenv("LUMINATE_EXPECT_LATER");
  const int is_later = strcmp(luminate_options_key(0), "batch_write.later") == 0;
  if (expected == NULL || is_later == (*expected == '1')) return;
  fprintf(stderr, "the library at hand is %s\n", is_later ? "the later one" : "not the later one");
  exit(1);
}

void check_done(void) {
  check_version();
  luminate_error_destroy(last);
  last = NULL;
  error = NULL;
}

void check_ok(luminate_status status, const char* what, const char* file, int line) {
  take_error(&last);
  if (status == LUMINATE_OK && error == NULL) return;
  fprintf(stderr, "%s:%d: %s: %s: %s\n", file, line, what, luminate_status_name(status),
          error == NULL ? "no error" : luminate_error_message(error));
  exit(1);
}

void check_fails(luminate_status wanted, luminate_status status, const char* what, const char* file, int line) {
  take_error(&last);
  if (status != wanted || error == NULL) {
    fprintf(stderr, "%s:%d: %s: %s, not %s; %s\n", file, line, what, luminate_status_name(status),
            luminate_status_name(wanted), error == NULL ? "no error" : luminate_error_message(error));
    exit(1);
  }
  const char* message = luminate_error_message(error);
  if (luminate_error_code(error) != wanted || message == NULL || *message == '\0' || strchr(message, '\n') != NULL ||
      luminate_error_field(error) == NULL) {
    check_failed("the error is whole", file, line);
  }
}

void check_same(const char* left, const char* right, const char* file, int line) {
  if (left != NULL && right != NULL && strcmp(left, right) == 0) return;
  fprintf(stderr, "%s:%d: '%s' is not '%s'\n", file, line, left == NULL ? "NULL" : left,
          right == NULL ? "NULL" : right);
  exit(1);
}

void check_says(const char* text, const char* part, const char* file, int line) {
  if (text != NULL && strstr(text, part) != NULL) return;
  fprintf(stderr, "%s:%d: '%s' does not say '%s'\n", file, line, text == NULL ? "NULL" : text, part);
  exit(1);
}
