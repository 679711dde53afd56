/* What the tests in C are written with. The first check that does not hold ends the program. */
#ifndef LUMINATE_TESTS_CAPI_CHECK_H
#define LUMINATE_TESTS_CAPI_CHECK_H

#include <luminate.h>

/* Where CHECKED() calls leave their error. */
extern luminate_error* error;

/* Holds. */
#define CHECK(condition) ((condition) ? (void)0 : check_failed(#condition, __FILE__, __LINE__))
/* A call that takes &error succeeds, and says so by both. */
#define OK(call) check_ok((call), #call, __FILE__, __LINE__)
/* It fails with this status, and with a whole error, which stays in `error` until the next of these. */
#define FAILS(status, call) check_fails((status), (call), #call, __FILE__, __LINE__)
/* Two texts are equal; this one stands in that one. */
#define SAME(left, right) check_same((left), (right), __FILE__, __LINE__)
#define SAYS(text, part) check_says((text), (part), __FILE__, __LINE__)

void check_failed(const char* what, const char* file, int line);
void check_ok(luminate_status status, const char* what, const char* file, int line);
void check_fails(luminate_status wanted, luminate_status status, const char* what, const char* file, int line);
void check_same(const char* left, const char* right, const char* file, int line);
void check_says(const char* text, const char* part, const char* file, int line);
/* Destroys what FAILS() left. */
void check_done(void);

#endif
