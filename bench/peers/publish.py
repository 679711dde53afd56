#!/usr/bin/env python3
"""Puts the last figures into docs/benchmarks.md, between the marks that say so, and draws docs/benchmarks.svg."""
import argparse
import datetime
import json
import pathlib
import re
import sys

import chart
import growth
import results
import table
from machine import describe_machine

NOT_YET = "*To be measured: {}, then `make bench-docs`.*"
GROWTH_COMMAND = "build/release/bench/growth_bench all --output build/growth.jsonl"


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", type=pathlib.Path, default=pathlib.Path("build/bench-peers.json"))
    parser.add_argument("--growth", type=pathlib.Path, default=pathlib.Path("build/growth.jsonl"))
    parser.add_argument("--docs", type=pathlib.Path, default=pathlib.Path("docs/benchmarks.md"))
    return parser.parse_args()


def put(page, mark, text):
    """Replaces what stands between <!-- mark --> and <!-- /mark -->."""
    begin, end = f"<!-- {mark} -->", f"<!-- /{mark} -->"
    if begin not in page or end not in page:
        raise SystemExit(f"publish: the page has no {begin} ... {end}")
    return re.sub(re.escape(begin) + ".*?" + re.escape(end), lambda _: f"{begin}\n{text}\n{end}", page, flags=re.DOTALL)


def peers_section(path, drawing):
    if not path.exists():
        return NOT_YET.format("`make bench-peers`"), NOT_YET.format("`make bench-peers`")
    summary = results.summary(json.loads(path.read_text()))
    collected = summary.collected
    drawing.write_text(chart.draw(summary))
    text = [f"{collected['date']}, {collected['machine']}: `{collected['command']}`, medians of {collected['runs']}."]
    if collected["scale"] != 1:
        text.append(f"**A quick look only, at {collected['scale']:g} of the data.**")
    text += [f"Without {peer}: {reason}." for peer, reason in collected["skipped"].items()]
    text += ["", f"![How many times better Luminate is than each peer]({drawing.name})", "", table.markdown(summary)]
    return "\n".join(text), table.markdown_goals(summary)


def growth_section(path):
    if not path.exists():
        return NOT_YET.format(f"`{GROWTH_COMMAND}`")
    date = datetime.date.fromtimestamp(path.stat().st_mtime).isoformat()
    return f"{date}, {describe_machine()}: `{GROWTH_COMMAND}`\n\n" + growth.markdown(growth.read(path))


def main():
    options = arguments()
    page = options.docs.read_text()
    peers, goals = peers_section(options.peers, options.docs.with_suffix(".svg"))
    page = put(page, "figures of bench-peers", peers)
    page = put(page, "goals", goals)
    page = put(page, "figures of growth_bench", growth_section(options.growth))
    options.docs.write_text(page)
    print(f"Written: {options.docs}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
