#!/usr/bin/env python3
"""run.py [--build build/release] [--rounds 9] [--batches 200]: what the languages cost beside C++, in one run.

Writing: batches of 10,000 points, filled and written, into an SQLite store of their own each (durability normal, so
that the disk is not what is measured). In each round the languages take turns; a ratio is the median over the rounds of
the rate of that language by the rate of C++ in the same round, by time and by CPU time. The bars are for CPU time, which
depends less on what else the machine does. Four shapes of a batch:

    column    one series: a column of 10,000 timestamps and one of values, in arrays that are there before
    columns   10 series, each with columns of 1,000, likewise
    table     100 series of 100 points. C++, C and Go name each series and then add its points one by one; Python has a
              table with a row a point, and categorical columns for the dimensions
    points    10,000 series of one point, likewise: naming the series is most of the work

Querying: an aggregate over one series of ten samples, built, asked and read, in one process by C++ and by C in turns.
Frames: a million rows of a range query of 1,000 series as a pandas.DataFrame: the peak of the process over what it held
before the query, by the bytes of the answer's columns (two of 8 bytes, and two of texts as codes of 4).

Ends with 1 when a bar is missed.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
LANGUAGES = ("c++", "c", "python", "go")
SHAPES = {"column": 5, "columns": 5, "table": 2, "points": 0.25}  # Such that each takes about as long.
BARS = {("column", "python"): 0.8, ("columns", "python"): 0.8,
        ("column", "go"): 0.8, ("columns", "go"): 0.8, ("table", "go"): 0.8}
QUERY_BAR_US = 5
FRAME_BAR = 3
OBJECTS_BAR = 0.01  # A row. One object a cell would be 4.


class Clients:
    def __init__(self, build, scratch):
        self.build = build
        self.native = str(build / "bench/native_client")
        library = build / "capi/libluminate-c.so.0"
        self.environment = os.environ | {"LUMINATE_LIBRARY": str(library),
                                         "PYTHONPATH": str(ROOT / "capi/python/src"),
                                         "PKG_CONFIG_PATH": str(build / "capi/pkgconfig"),
                                         "GOTOOLCHAIN": "local", "GOPROXY": "off"}
        self.go = str(scratch / "go_client")
        subprocess.run(["/usr/bin/go", "build", "-o", self.go, "."], cwd=HERE / "go", env=self.environment, check=True)

    def of(self, language):
        if language in ("c", "c++"):
            return lambda command, *words: [self.native, command, language, *words]
        if language == "go":
            return lambda *words: [self.go, *words]
        return lambda *words: ["/usr/bin/python3", "-B", str(HERE / "python_client.py"), *words]

    def run(self, command):
        done = subprocess.run([str(word) for word in command], env=self.environment, check=True, stdout=subprocess.PIPE)
        return json.loads(done.stdout)


def writing(clients, rounds, batches):
    """By shape and language what each round took."""
    took = {(shape, language): [] for shape in SHAPES for language in LANGUAGES}
    for number in range(rounds):
        for shape in SHAPES:
            # Not always the same one behind the same one.
            for language in LANGUAGES[number % 4 :] + LANGUAGES[: number % 4]:
                with tempfile.TemporaryDirectory() as folder:
                    client = clients.of(language)
                    count = round(batches * SHAPES[shape])
                    took[shape, language].append(
                        clients.run(client("write", shape, f"sqlite:{folder}/bench.db", count)))
    return took


def median_rate(took, of):
    """Millions of points a second."""
    return statistics.median(one["points"] / one[of] for one in took) / 1e6


def ratio(took, base, of):
    return statistics.median(other[of] / one[of] for one, other in zip(took, base))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--batches", type=int, default=200)
    parser.add_argument("--rows", type=int, default=1_000_000)
    arguments = parser.parse_args()
    missed = []

    def judge(is_met, what):
        if not is_met:
            missed.append(what)
        return "" if is_met else "  MISSED"

    with tempfile.TemporaryDirectory() as scratch:
        clients = Clients(arguments.build.resolve(), pathlib.Path(scratch))
        took = writing(clients, arguments.rounds, arguments.batches)
        print(f"{'writing':10}{'':10}{'M points/s':>12}{'by CPU time':>13}{'ratio':>8}{'by CPU':>8}{'bar':>6}")
        for shape in SHAPES:
            for language in LANGUAGES:
                rounds = took[shape, language]
                rates = [median_rate(rounds, of) for of in ("seconds", "cpu_seconds")]
                ratios = [ratio(rounds, took[shape, "c++"], of) for of in ("seconds", "cpu_seconds")]
                bar = BARS.get((shape, language))
                verdict = judge(bar is None or ratios[1] >= bar, f"{language}, {shape}: {ratios[1]:.2f} of {bar}")
                print(f"{shape:10}{language:10}{rates[0]:12.2f}{rates[1]:13.2f}{ratios[0]:8.2f}{ratios[1]:8.2f}"
                      f"{bar or '':>6}{verdict}")
        asked = clients.run([clients.native, "query", 5 * arguments.rounds])
        verdict = judge(asked["more_us"] <= QUERY_BAR_US, f"a query through C: {asked['more_us']:.1f} us more")
        print(f"a small query: C++ {asked['cpp_us']:.1f} us, C {asked['c_us']:.1f} us, {asked['more_us']:+.1f} us; bar "
              f"{QUERY_BAR_US}{verdict}")
        frame = clients.run(clients.of("python")("pandas", arguments.rows, f"sqlite:{scratch}/frame.db"))
        shares = {name: frame[f"{name}_bytes"] / frame["column_bytes"] for name in ("peak", "query", "frame")}
        verdict = judge(shares["peak"] <= FRAME_BAR, f"a frame: {shares['peak']:.2f} times its columns")
        print(f"{frame['rows']} rows to pandas: columns of {frame['column_bytes'] / 1e6:.1f} MB; peak "
              f"{shares['peak']:.2f} times that (in the query {shares['query']:.2f}; the frame adds "
              f"{shares['frame']:.2f}); bar {FRAME_BAR}{verdict}")
        verdict = judge(frame["objects"] <= OBJECTS_BAR * frame["rows"], f"{frame['objects']} Python objects")
        print(f"    {frame['objects']} more Python objects; query {frame['query_seconds']:.3f} s, frame "
              f"{frame['frame_seconds']:.3f} s{verdict}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
