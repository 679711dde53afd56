"""Writes a C program that calls every function of luminate.h with each of its pointers NULL, the others being right,
and with all of them NULL. A function with a parameter of a kind that is not known here ends the build: say what is
right for it."""

import sys
from pathlib import Path

from header import Function, Parameter, functions

# What is right for a parameter, by its type, or by its type and name.
RIGHT = {
    "const char*": '"cpu"',
    ("const char*", "url"): '"memory:"',
    ("const char*", "key"): '"storage.compaction"',
    ("const char*", "value"): '"off"',
    ("const char*", "json"): '"{}"',
    ("const char*", "name"): '"avg"',
    ("const char*", "path"): "path",
    "const void*": '"{}"',
    ("void*", "user"): "&released",
    "size_t": "LUMINATE_NUL",
    ("size_t", "count"): "1",
    ("size_t", "operand_count"): "1",
    ("size_t", "text_count"): "3",
    ("size_t", "series_count"): "1",
    ("size_t", "limit"): "10",
    ("size_t", "column"): "2",
    ("size_t", "index"): "0",
    "int32_t": "1",
    ("int32_t", "code"): "0",
    ("int32_t", "overwrite"): "1",
    "int64_t": "1000",
    ("int64_t", "end_ms"): "90000",
    "uint32_t": "0",
    "double": "1",
    "luminate_status": "1",
    "const char* const*": "texts",
    "const size_t*": "NULL",
    ("const size_t*", "text_ends"): "ends",
    ("const size_t*", "series_ends"): "ends + 2",
    "const uint32_t*": "numbers",
    "const int64_t*": "times",
    "const double*": "values",
    "luminate_logger": "listen",
    "release_function": "release",
    "struct ArrowArrayStream*": "&arrow",
}
HANDLES = ["error", "options", "call", "store", "batch", "query", "result", "stream", "validator"]
# Out-parameters: the variable that receives it.
OUT = {"uint64_t*": "count", "uint32_t*": "number", "int32_t*": "truth", "size_t*": "size", "const char**": "text",
       "const size_t**": "sizes"}

# Pointers that may be NULL where the function does its work all the same; everywhere else it is INVALID_REQUEST.
MAY_BE_NULL = {
    "error", "call", "key_sizes", "value_sizes", "operand_sizes", "user", "release", "logger", "prefix", "size",
    "luminate_store_open.options", "luminate_validator_create.options", "luminate_store_write.accepted",
    "luminate_store_write.refused", "luminate_store_write_bytes.accepted", "luminate_store_write_bytes.refused",
    "luminate_store_series_count.metric", "luminate_store_cardinality.metric", "luminate_store_remove.removed",
    "luminate_result_texts.texts", "luminate_result_texts.ends", "luminate_store_remove_retention.existed", "luminate_store_enforce_retention.dropped",
}
# Where what is right above is not enough for success.
FAIL_ANYHOW = {
    "luminate_query_create_json": "LUMINATE_INVALID_QUERY",
    "luminate_store_write_bytes": "LUMINATE_INVALID_REQUEST",
    "luminate_store_backup": "LUMINATE_INVALID_REQUEST",
}

PROGRAM = """/* Made by make_null_test.py: every function of luminate.h with its pointers NULL. */
#include <luminate.h>
#include <stdio.h>
#include <string.h>

#include "arrow.h"
#include "check.h"
#include "session.h"

static const char* const texts[] = {"host", "a"};
static const size_t ends[] = {1, 2, 3};
static const uint32_t numbers[] = {0};
static const int64_t times[] = {1000};
static const double values[] = {1};
static const char* const path = "/nowhere";
static int released;

static void listen(void* user, int32_t level, const char* message, size_t size) {
  (void)user, (void)level, (void)message, (void)size;
}
static void release(void* user) { (void)user; }

/* A handle of each kind. An error is what the calls leave, besides. */
static luminate_error* lent_error;
static luminate_options* options;
static luminate_call* call;
static luminate_store* store;
static luminate_batch* batch;
static luminate_query* query;
static luminate_result* result;
static luminate_stream* stream;
static luminate_validator* validator;

static void begin(void) {
  CHECK(luminate_options_set(NULL, "x", 1, "x", 1, &lent_error) == LUMINATE_INVALID_REQUEST);
  options = timeless_options();
  OK(luminate_call_create(&call, &error));
  store = open_store("memory:");
  write_cpu(store, "a", 3);
  OK(luminate_batch_create(&batch, &error));
  CHECK(host_series(batch, "cpu", "a") == 0);
  query = cpu_query(LUMINATE_RANGE);
  OK(luminate_store_query(store, query, NULL, &result, &error));
  OK(luminate_store_stream(store, query, NULL, &stream, &error));
  OK(luminate_validator_create(options, &validator, &error));
}

static void end(void) {
  luminate_error_destroy(lent_error);
  luminate_options_destroy(options);
  luminate_call_destroy(call);
  luminate_store_destroy(store);
  luminate_batch_destroy(batch);
  luminate_query_destroy(query);
  luminate_result_destroy(result);
  luminate_stream_destroy(stream);
  luminate_validator_destroy(validator);
}

%s
int main(void) {
%s  check_done();
  return 0;
}
"""


def is_handle(parameter: Parameter) -> str | None:
    for handle in HANDLES:
        if parameter.type.removeprefix("const ") == f"luminate_{handle}*":
            return handle
    return None


def handed_out(parameter: Parameter) -> str | None:
    """The type of the handle that it is handed out by, if it is."""
    for handle in HANDLES:
        if parameter.type == f"luminate_{handle}**":
            return handle
    return None


def is_pointer(parameter: Parameter) -> bool:
    return parameter.type.endswith("*") or parameter.type in ("luminate_logger", "release_function")


class Case:
    """One call, with one of its pointers NULL, or all of them."""

    def __init__(self, function: Function, missing: set[str], number: int):
        self.function, self.missing = function, missing
        self.name = f"{function.name}_{number}"
        self.before: list[str] = []
        self.after: list[str] = []
        self.arguments = [self.argument(parameter) for parameter in function.parameters]

    def argument(self, parameter: Parameter) -> str:
        if parameter.name in self.missing:
            return "NULL"
        handle, out = is_handle(parameter), handed_out(parameter)
        if handle:
            return "lent_error" if handle == "error" else handle
        if out:
            variable = f"out_{parameter.name}"
            self.before.append(f"luminate_{out}* {variable} = (luminate_{out}*)&{variable};")
            self.after.append(f"luminate_{out}_destroy({variable});")
            if out != "error":
                self.after.insert(0, f"CHECK(status == LUMINATE_OK || {variable} == NULL);")
            return f"&{variable}"
        if parameter.type in OUT:
            variable = f"out_{parameter.name}"
            self.before.append(f"{parameter.type[:-1]} {variable};")
            self.before.append(f"memset(&{variable}, 0xff, sizeof {variable});")
            if self.function.returns == "luminate_status":
                self.after.insert(0, f"CHECK(status == LUMINATE_OK || {variable} == 0);")
            else:
                self.after.append(f"(void){variable};")
            return f"&{variable}"
        if parameter.type == "struct ArrowArrayStream*":
            self.before.append("struct ArrowArrayStream arrow = {NULL, NULL, NULL, NULL, NULL};")
            self.after.append("if (status == LUMINATE_OK) arrow.release(&arrow);")
        right = RIGHT.get((parameter.type, parameter.name), RIGHT.get(parameter.type))
        if right is None:
            raise SystemExit(f"{self.function.name}: {parameter.type} {parameter.name}: say in make_null_test.py what is right for it")
        return right

    def needs(self) -> list[str]:
        """The pointers that are missing and must not be."""
        return [parameter.name for parameter in self.function.parameters
                if parameter.name in self.missing and not self.may_be_null(parameter)]

    def may_be_null(self, parameter: Parameter) -> bool:
        if f"{self.function.name}.{parameter.name}" in MAY_BE_NULL:
            return True
        if parameter.name == "call" and self.function.name.startswith("luminate_call_"):
            return False
        return parameter.name in MAY_BE_NULL and (parameter.name == "error" or not handed_out(parameter))

    def text(self) -> str:
        lines = [f"static void {self.name}(void) {{"] + [f"  {line}" for line in self.before]
        call = f"{self.function.name}({', '.join(self.arguments)})"
        if self.function.returns == "luminate_status" and self.function.parameters[-1].name == "error":
            wanted = FAIL_ANYHOW.get(self.function.name, "LUMINATE_OK")
            if self.needs():
                wanted = "LUMINATE_INVALID_REQUEST"
            lines += [f"  const luminate_status status = {call};",
                      f'  if (status != {wanted}) printf("%s\\n", luminate_status_name(status));',
                      f"  CHECK(status == {wanted});"]
            if "error" not in self.missing:
                lines += ["  CHECK((out_error == NULL) == (status == LUMINATE_OK));"]
                if wanted == "LUMINATE_INVALID_REQUEST" and self.needs():
                    lines += ['  SAYS(luminate_error_message(out_error), "NULL");']
        elif self.function.returns == "void":
            lines.append(f"  {call};")
        elif self.needs():
            lines.append(f"  CHECK({call} == 0);")
        else:
            lines.append(f"  (void){call};")
        lines += [f"  {line}" for line in self.after] + ["}", ""]
        return "\n".join(lines)


def cases(function: Function) -> list[Case]:
    pointers = [parameter.name for parameter in function.parameters if is_pointer(parameter)]
    if function.name.endswith("_destroy"):
        missing = [set(pointers)]
    else:
        missing = [{name} for name in pointers] + [set(pointers)]
    missing = [each for each in missing if each or not pointers]
    # luminate_options_set_logger() without a logger, say, is the same twice.
    unique = [each for i, each in enumerate(missing) if each not in missing[:i]]
    return [Case(function, each, number) for number, each in enumerate(unique)]


def main() -> None:
    header, program = Path(sys.argv[1]), Path(sys.argv[2])
    all_cases = [case for function in functions(header) for case in cases(function)]
    calls = "".join(f"  begin();\n  {case.name}();\n  end();\n" for case in all_cases)
    program.write_text(PROGRAM % ("\n".join(case.text() for case in all_cases), calls))


if __name__ == "__main__":
    main()
