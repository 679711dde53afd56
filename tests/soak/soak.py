#!/usr/bin/env python3
"""Mixed load on a real luminate-server for as long as one likes, and a verdict: does it grow?

    tests/soak/soak.py --seconds 3600          # or: make soak SOAK_SECONDS=3600

Writes small and large, queries of every type, discovery, admin paths, retention and deletion, clients that are slow or
break off, reloads by SIGHUP and scrapes, at a fixed rate that takes a small part of one core. Every second memory,
descriptors, threads and the sizes of the files are looked at. What is written is deleted again after --keep seconds, so
that nothing has a reason to grow. Exit code 0: it did not, every answer was one of the expected, and the server ended
as it should.
"""
import argparse
import json
import pathlib
import sys
import tempfile
import time

import chart
import load
import verdict
from server import Server


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", type=pathlib.Path, default=pathlib.Path("build/release/server/luminate-server"))
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--keep", type=float, help="delete what is older (a sixth of the whole, at most 5 minutes)")
    parser.add_argument("--storage-url", help="another store than a new SQLite file, such as postgresql://...")
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path("build/soak"), help="for samples and picture")
    parser.add_argument("--only-answers", action="store_true",
                        help="say nothing of growth: for seconds, or under sanitizers, which keep what is freed")
    return parser.parse_args()


def soak(options, folder):
    keep = options.keep or min(300, options.seconds / 6)
    with Server(options.server, folder, options.storage_url) as server:
        crowd = load.Crowd(server, keep)
        samples = []
        begun = time.monotonic()
        crowd.start()
        try:
            # The first moments are sampled too: the picture shows how it warms up.
            while (elapsed := time.monotonic() - begun) < options.seconds and not crowd.broken:
                sample = server.look()
                sample["at"] = round(elapsed, 1)
                sample.update(crowd.latencies())
                samples.append(sample)
                time.sleep(max(0, len(samples) - (time.monotonic() - begun)))
        finally:
            crowd.stop()
        cpu_share = server.cpu_seconds() / (time.monotonic() - begun)
        code = server.stop()
        sound = server.check()
    return samples, crowd, cpu_share, code, sound


def main():
    options = arguments()
    options.output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="luminate-soak-") as folder:
        samples, crowd, cpu_share, code, sound = soak(options, pathlib.Path(folder))
        if code != 0 or sound is not None or crowd.unexpected:
            log = pathlib.Path(folder, "log")
            (options.output / "log").write_bytes(log.read_bytes())
    (options.output / "samples.json").write_text(json.dumps(samples))
    (options.output / "soak.svg").write_text(chart.draw(samples))

    print(f"{samples[-1]['at']:.0f} s, {crowd.total()} requests, {cpu_share:.0%} of a core")
    print("\n".join(f"  {count:>9} {what}" for what, count in sorted(crowd.counts.items())))
    faults = [f"unexpected: {what}" for what in crowd.unexpected]
    if code != 0:
        faults.append(f"the server ended with exit code {code}")
    if sound is not None:
        faults.append(f"luminate-server check: {sound}")
    if not options.only_answers:
        lines, grown = verdict.judge(samples)
        print("\n".join(lines))
        faults += grown
    for fault in faults:
        print(f"FAULT: {fault}")
    verdict_of_all = "answered as expected" if options.only_answers else "flat"
    print(f"{len(faults)} faults" if faults else verdict_of_all)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
