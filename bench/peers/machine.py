"""The machine, in one line."""
import os
import pathlib
import platform


def describe_machine():
    model = "unknown CPU"
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    memory_kib = int(pathlib.Path("/proc/meminfo").read_text().split()[1])
    return (f"{len(os.sched_getaffinity(0))} cores of {model}, {memory_kib / 2**20:.0f} GiB, "
            f"Linux {platform.release().partition('-')[0]}")
