"""The machine, in one line."""
import os
import pathlib
import platform


def busy():
    """How busy others keep the machine, as text, or None when it is quiet."""
    load = os.getloadavg()[0]
    return f"the load was {load:.1f} before the run began" if load > 0.3 * len(os.sched_getaffinity(0)) else None


def describe_machine():
    model = "unknown CPU"
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    memory_kib = int(pathlib.Path("/proc/meminfo").read_text().split()[1])
    return (f"{len(os.sched_getaffinity(0))} cores of {model}, {memory_kib / 2**20:.0f} GiB, "
            f"Linux {platform.release().partition('-')[0]}")
