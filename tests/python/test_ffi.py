"""The package knows the library as the header describes it, and says what is missing."""

import ctypes
import re
import unittest

import luminate
from luminate import _ffi
from support import PACKAGE, ROOT, run_python

HEADER = (ROOT / "capi/include/luminate.h").read_text()
NUMBERS = {
    "int32_t": ctypes.c_int32,
    "luminate_status": ctypes.c_int32,
    "int64_t": ctypes.c_int64,
    "double": ctypes.c_double,
    "uint32_t": ctypes.c_uint32,
    "uint64_t": ctypes.c_uint64,
    "size_t": ctypes.c_size_t,
    "void": None,
    "const char*": ctypes.c_char_p,
    "luminate_logger": _ffi.LOGGER,
}


def as_ctypes(declared):
    declared = declared.strip()
    if declared in NUMBERS:
        return NUMBERS[declared]
    assert "*" in declared, declared
    return ctypes.c_void_p


def declarations():
    text = re.sub(r"/\*.*?\*/", "", HEADER, flags=re.DOTALL)
    for result, name, arguments in re.findall(
        r"LUMINATE_API\s+([\w\s]+?\*?)\s*\b(luminate_\w+)\(((?:[^()]|\([^()]*\))*)\);", text
    ):
        types = []
        depth_free = re.sub(r"void \(\*\w+\)\([^()]*\)", "void* function", arguments)
        for argument in depth_free.split(","):
            if argument.strip() != "void":
                types.append(as_ctypes(re.sub(r"\s*\b\w+$", "", " ".join(argument.split()))))
        yield name, (as_ctypes(" ".join(result.split()).replace(" *", "*")), *types)


class Header(unittest.TestCase):
    def test_has_the_functions_of_the_table_and_no_others(self):
        declared = dict(declarations())
        self.assertEqual(
            len(declared),
            HEADER.count("LUMINATE_API ") + HEADER.count("LUMINATE_API\n") - HEADER.count("define LUMINATE_API"),
        )
        self.assertEqual(sorted(declared), sorted(_ffi.SIGNATURES))
        for name, signature in declared.items():
            self.assertEqual(signature, _ffi.SIGNATURES[name], name)

    def test_has_the_numbers_of_the_codes(self):
        declared = re.findall(r"LUMINATE_([A-Z_]+) = (\d+)", HEADER[: HEADER.index("luminate_status_name")])
        self.assertEqual(
            {name: int(number) for name, number in declared},
            {"OK": 0, **{code.name: int(code) for code in luminate.Code}},
        )

    def test_has_the_numbers_of_queries_and_columns(self):
        for name, number in {
            "RANGE": 1,
            "AGGREGATE": 2,
            "RATE": 3,
            "ANY_OF": 1,
            "IS_NOT": 2,
            "MATCHES": 3,
            "MATCHES_NOT": 4,
            "INTEGER": 1,
            "NUMBER": 2,
            "TIME": 3,
            "TEXT": 4,
            "FORMAT_JSON": 1,
            "LOG_DEBUG": 1,
            "LOG_INFO": 2,
            "LOG_WARNING": 3,
            "LOG_ERROR": 4,
        }.items():
            self.assertRegex(HEADER, rf"LUMINATE_{name} = {number}\b")

    def test_every_code_has_a_kind_of_error_of_its_name(self):
        for code in luminate.Code:
            self.assertIsNot(luminate.errors.kind_of(code), luminate.LuminateError, code)
            self.assertTrue(_ffi.lib.luminate_status_name(code).decode().startswith(code.name))


class Import(unittest.TestCase):
    def test_says_what_to_install_where_the_library_is_missing(self):
        run = run_python("import luminate", LUMINATE_LIBRARY="")
        if run.returncode == 0:
            self.skipTest("the library is installed on this system")
        self.assertIn("ImportError: luminate needs libluminate-c.so.0", run.stderr)
        self.assertIn("libluminate-c0", run.stderr)
        self.assertIn("LUMINATE_LIBRARY", run.stderr)

    def test_says_that_a_path_is_wrong(self):
        run = run_python("import luminate", LUMINATE_LIBRARY="/nowhere/libluminate-c.so.0")
        self.assertIn("LUMINATE_LIBRARY is '/nowhere/libluminate-c.so.0'", run.stderr)

    def test_says_that_a_library_is_another_one(self):
        run = run_python("import luminate", LUMINATE_LIBRARY="libc.so.6")
        self.assertIn("ImportError: libc.so.6 has no function luminate_version", run.stderr)

    def test_needs_no_pandas_and_is_quick_about_it(self):
        run = run_python("import luminate, sys; print([name for name in ('pandas', 'pyarrow') if name in sys.modules])")
        self.assertEqual(run.stdout, "[]\n", run.stderr)


class Version(unittest.TestCase):
    def test_is_that_of_the_library_and_of_the_project(self):
        self.assertEqual(luminate.__version__, luminate.library_version())
        project = re.search(r"project\(luminate VERSION ([0-9.]+)", (ROOT / "CMakeLists.txt").read_text())
        self.assertEqual(luminate.__version__, project[1])

    def test_everything_public_is_there_and_described(self):
        for name in luminate.__all__:
            self.assertTrue(name == "__version__" or getattr(luminate, name).__doc__, name)
        self.assertTrue((PACKAGE / "src/luminate/py.typed").exists())


if __name__ == "__main__":
    unittest.main()
