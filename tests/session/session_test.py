#!/usr/bin/env python3
"""session_test.py --on sqlite|memory --drivers NAME=COMMAND ...: one session through every way into Luminate.

cases.jsonl has a call a line: "do" says which, "gives" what comes of it; then what the call takes. Each driver makes
the calls in this order and prints one line of JSON for each. All of them have to give what the table says, and the same
as each other in what it does not say, such as messages.

In the table "@5" is five seconds after a fixed time, "now-1h" is seen from when the test runs, in texts {@5} is the
same; "{url}" and "{backend}" are the store's. "only_on" names the one backend for which a call is, "but" the drivers
that cannot make it: over HTTP there is no closing, and a tenant comes in a token. "may_differ" names what of the answer
each may say in its own words.

A driver is called with the store's URL and a file of such lines, with times put in; those of "c", which has no JSON,
in the form of c_lines(). Answers: {"error", "field", "message"}; or what "gives" has, where points that were refused
have their message as a fourth element, infinite numbers are null, and rows are
    range      [timestamp, value, {dimensions}]
    aggregate  [bucket or null, {group}, [values], count]
    rate       [bucket, {group}, rate]
"""
import argparse
import json
import math
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import time

BASE_MS = 1769860800000  # 2026-01-31T12:00:00Z
SKIPPED = 77
UNITS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000}
EARLIEST, LATEST = -(2**63), 2**63 - 1


class Table:
    """The calls for one backend, with times put in."""

    def __init__(self, backend, url):
        self.backend = backend
        self.url = url
        self.now_ms = time.time_ns() // 1_000_000
        self.cases = []
        text = (pathlib.Path(__file__).parent / "cases.jsonl").read_text(encoding="utf-8")
        for number, line in enumerate(text.splitlines(), 1):
            if line and not line.startswith("#"):
                case = self.put_in(json.loads(line)) | {"line": number}
                if case.get("only_on", backend) == backend:
                    self.cases.append(case)

    def put_in(self, value):
        if isinstance(value, dict):
            return {key: self.put_in(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.put_in(item) for item in value]
        if not isinstance(value, str):
            return value
        if found := re.fullmatch(r"@(-?\d+)", value):
            return BASE_MS + 1000 * int(found[1])
        if found := re.fullmatch(r"now(?:([+-]\d+)([a-z]+))?", value):
            return self.now_ms + (int(found[1]) * UNITS[found[2]] if found[1] else 0)
        value = re.sub(r"\{@(\d+)\}", lambda found: str(BASE_MS + 1000 * int(found[1])), value)
        value = re.sub(r"\{(\d+) blanks\}", lambda found: " " * int(found[1]), value)
        return value.replace("{url}", self.url).replace("{backend}", self.backend)

    def of(self, driver):
        return [case for case in self.cases if driver not in case.get("but", ())]


def c_lines(case):
    """A call for a program that reads no JSON: fields with tabs between, in which %09, %0A and %25 are characters. The
    first is the call, the second the tenant, preceded by =, or empty."""
    do = case["do"]
    optional = lambda value: "" if value is None else f"={value}"  # Empty: there is none.
    fields = [do, optional(case.get("tenant"))]
    if do in ("open", "open_another"):
        fields.append(case.get("url", ""))
        for key, value in case.get("options", {}).items():
            fields += [key, value]
    elif do == "write":
        for metric, dimensions, timestamp, value in case["points"]:
            fields += [metric, timestamp, float(value).hex(), len(dimensions)]
            for pair in dimensions.items():
                fields += pair
    elif do in ("write_json", "query_json"):
        fields.append(case["text"])
    elif do in ("query", "stream", "late", "cancelled"):
        fields.append(json.dumps(case["query"]))
    elif do in ("metrics", "keys", "values"):
        fields += [case.get("metric", ""), case.get("key", ""), optional(case.get("prefix")), case.get("limit", 1000),
                   case.get("start", EARLIEST), case.get("end", LATEST)]
    elif do in ("series", "cardinality"):
        fields += [optional(case["metric"]), case.get("limit", 10)]
    elif do == "remove":
        # The range is set by a call of its own, as JSON has no earliest time.
        query = {"queryType": "range", "metricName": case["metric"], "timeRange": {"relative": "1s"},
                 "filters": case.get("filters", {})}
        start, end = case["start"], case["end"]
        fields += [json.dumps(query), EARLIEST if start is None else start, LATEST if end is None else end,
                   int(case.get("dry_run", False))]
    elif do in ("retain", "unretain"):
        fields += [case["pattern"], case.get("keep_ms", 0)]
    escape = lambda field: str(field).replace("%", "%25").replace("\t", "%09").replace("\n", "%0A")
    return "\t".join(map(escape, fields))


def run(name, command, table, folder):
    """What the driver answered, call by call."""
    cases = table.of(name)
    calls = folder / f"{name}.calls"
    lines = [c_lines(case) if name == "c" else json.dumps({**case, "gives": None}) for case in cases]
    calls.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    done = subprocess.run([*command, table.url, str(calls)], stdout=subprocess.PIPE, timeout=120, check=False)
    answers = done.stdout.decode("utf-8").splitlines()
    if done.returncode != 0 or len(answers) != len(cases):
        last = cases[min(len(answers), len(cases) - 1)]
        raise SystemExit(f"{name}: ended with {done.returncode} and {len(answers)} answers to {len(cases)} calls; the "
                         f"next was line {last['line']}: {last['do']}")
    return {case["line"]: json.loads(answer) for case, answer in zip(cases, answers)}


def same(one, other):
    """Equal to the last bit: numbers however they are written, objects in any order."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, (int, float)) and isinstance(other, (int, float)):
        return one == other and math.copysign(1, one) == math.copysign(1, other)
    return one == other


def comparable(answer, case):
    """The answer without what drivers may say differently: they run one after the other, and messages tell the time."""
    answer = {key: value for key, value in answer.items() if key not in case.get("may_differ", ())}
    if "refused" in answer:
        timeless = lambda message: re.sub(r"\b\d{13}\b", "<time>", message)
        answer["refused"] = [[*refusal[:3], timeless(refusal[3])] for refusal in answer["refused"]]
    return answer


def only_what_is_expected(answer, expected):
    """The answer without what the table says nothing of."""
    answer = {key: value for key, value in answer.items() if key in expected}
    if "refused" in answer:
        answer["refused"] = [refusal[:3] for refusal in answer["refused"]]
    return answer


def compare(table, answers):
    """What is wrong, a line each."""
    for case in table.cases:
        first = None
        for driver, by_line in answers.items():
            answer = by_line.get(case["line"])
            if answer is None:
                continue
            say = lambda what: f"line {case['line']}, {case['do']}, {driver}: {what}\n    {json.dumps(answer)}"
            if "error" in answer and not answer.get("message"):
                yield say("an error without a message")
            if not same(only_what_is_expected(answer, case["gives"]), case["gives"]) or (
                    "error" in answer) != ("error" in case["gives"]):
                yield say(f"not what the table says:\n    {json.dumps(case['gives'])}")
            elif first and not same(comparable(first[1], case), comparable(answer, case)):
                yield say(f"not what {first[0]} says:\n    {json.dumps(first[1])}")
            first = first or (driver, answer)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--on", choices=("sqlite", "memory"), required=True)
    parser.add_argument("--drivers", nargs="+", required=True, metavar="NAME=COMMAND")
    parser.add_argument("--show", action="store_true", help="print every answer")
    arguments = parser.parse_args()
    answers = {}
    with tempfile.TemporaryDirectory() as scratch:
        for driver in arguments.drivers:
            name, _, command = driver.partition("=")
            folder = pathlib.Path(scratch) / name
            folder.mkdir()
            table = Table(arguments.on, f"sqlite:{folder}/store.db" if arguments.on == "sqlite" else "memory:")
            answers[name] = run(name, shlex.split(command), table, folder)
    if arguments.show:
        for case in table.cases:
            print(case["line"], {name: by_line.get(case["line"]) for name, by_line in answers.items()})
    wrong = list(compare(table, answers))
    print(*wrong, sep="\n")
    print(f"{len(table.cases)} calls on {arguments.on} through {', '.join(answers)}: {len(wrong)} answers are wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
