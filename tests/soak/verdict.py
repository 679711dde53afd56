"""Does it grow? The first quarter is the warm-up; medians of the second are held against those of the last."""
import statistics

MIB = 1 << 20

# What a number may grow by between the windows before it counts: a share of it, and something on top for what comes and
# goes (connections that are just open, memory that the allocator has not given back, a log that is folded at 16 MiB).
ALLOWED = {
    "rss": (0.05, 12 * MIB),
    "descriptors": (0.0, 12),
    "threads": (0.0, 8),
    "wal": (0.0, 20 * MIB),
    "file": (0.10, 24 * MIB),
}
# In the first minutes caches and the allocator's arenas still fill; what grows for good is found by the longer run.
WARM_UP_LEFT = 16 * MIB
NAMES = {"rss": "memory", "descriptors": "descriptors", "threads": "threads", "wal": "WAL", "file": "file",
         "p99_write_ms": "p99 of small writes, ms", "p99_query_ms": "p99 of queries, ms"}


def shown(key, value):
    return f"{value / MIB:.1f} MiB" if key in ("rss", "wal", "file") else f"{value:.1f}"


def windows(samples):
    quarter = len(samples) // 4
    return samples[quarter:2 * quarter], samples[-quarter:]


def judge(samples):
    """@returns lines to print, and what has grown."""
    if len(samples) < 20:
        return [], [f"{len(samples)} samples are too few for a verdict"]
    early, late = windows(samples)
    lines = [f"medians of {early[0]['at']:.0f}-{early[-1]['at']:.0f} s and {late[0]['at']:.0f}-{late[-1]['at']:.0f} s:"]
    grown = []
    for key, name in NAMES.items():
        before = [sample[key] for sample in early if sample.get(key) is not None]
        after = [sample[key] for sample in late if sample.get(key) is not None]
        if not before or not after:
            continue
        first, last = statistics.median(before), statistics.median(after)
        line = f"  {name}: {shown(key, first)} -> {shown(key, last)}, at most {shown(key, max(before + after))}"
        if key in ALLOWED:
            share, slack = ALLOWED[key]
            if key == "rss" and late[-1]["at"] < 600:
                slack += WARM_UP_LEFT
            most = first * (1 + share) + slack
            line += f"; may be {shown(key, most)}"
            if last > most:
                grown.append(f"{name} grew from {shown(key, first)} to {shown(key, last)}, past {shown(key, most)}")
        lines.append(line)
    return lines, grown
