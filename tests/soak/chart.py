"""Draws what was sampled: one strip a number, over time."""

WIDTH, STRIP, LEFT, TOP = 860, 96, 150, 44

STRIPS = [
    ("rss", "memory, MiB", 1 << 20, "#8a63d2"),
    ("descriptors", "descriptors", 1, "#c99700"),
    ("threads", "threads", 1, "#2e9e77"),
    ("wal", "WAL, MiB", 1 << 20, "#d1495b"),
    ("file", "file, MiB", 1 << 20, "#3b82c4"),
    ("p99_write_ms", "p99 of small writes, ms", 1, "#59636e"),
    ("p99_query_ms", "p99 of queries, ms", 1, "#59636e"),
]

STYLE = """<style>
  text { font: 13px system-ui, "DejaVu Sans", sans-serif; fill: #1f2328; }
  .page { fill: #ffffff; }
  .small { font-size: 11px; fill: #59636e; }
  .title { font-size: 16px; font-weight: 600; }
  line { stroke: #d1d9e0; }
  polyline { fill: none; stroke-width: 1.5; }
  @media (prefers-color-scheme: dark) {
    .page { fill: #0d1117; }
    text { fill: #e6edf3; }
    .small { fill: #9198a1; }
    line { stroke: #3d444d; }
  }
</style>"""


def thinned(samples, most=400):
    """The largest of each step, so that no peak is lost."""
    step = max(1, -(-len(samples) // most))
    for begin in range(0, len(samples), step):
        part = samples[begin:begin + step]
        yield part[0]["at"], {key: max((s[key] for s in part if s.get(key) is not None), default=None)
                              for key, *_ in STRIPS}


def strip(points, top, label, color, last_at):
    high = max(value for _, value in points) or 1
    bottom = top + STRIP - 24
    across = (WIDTH - LEFT - 24) / last_at
    line = " ".join(f"{LEFT + at * across:.1f},{bottom - value / high * (STRIP - 34):.1f}" for at, value in points)
    return [
        f'<line x1="{LEFT}" x2="{WIDTH - 24}" y1="{bottom}" y2="{bottom}"/>',
        f'<text x="{LEFT - 10}" y="{bottom - 26}" text-anchor="end">{label}</text>',
        f'<text x="{LEFT - 10}" y="{bottom - 10}" text-anchor="end" class="small">at most {high:.4g}</text>',
        f'<polyline points="{line}" stroke="{color}"/>',
    ]


def draw(samples):
    parts = []
    top = TOP
    last_at = max(1.0, samples[-1]["at"])
    steps = list(thinned(samples))
    for key, label, unit, color in STRIPS:
        points = [(at, values[key] / unit) for at, values in steps if values[key] is not None]
        if not points:
            continue
        parts += strip(points, top, label, color, last_at)
        top += STRIP
    for share in (0, 0.25, 0.5, 0.75, 1):
        at = LEFT + share * (WIDTH - LEFT - 24)
        parts.append(f'<text x="{at:.0f}" y="{top}" text-anchor="middle" class="small">{share * last_at / 60:.3g} min</text>')
    height = top + 16
    head = (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
            'role="img" aria-label="What a server under mixed load holds over time">')
    title = '<text x="12" y="26" class="title">A server under mixed load</text>'
    return "\n".join([head, STYLE, '<rect class="page" width="100%" height="100%" rx="6"/>', title, *parts, "</svg>"]) + "\n"
