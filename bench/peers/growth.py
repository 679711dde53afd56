"""What growth_bench wrote, as Markdown: a table for each thing that grows."""
import json

TABLES = [
    ("series", "10 million samples in ever more series", ["10k", "100k", "1m", "3m"]),
    ("samples", "Ever more samples, in 30,000 series", ["1m", "10m", "100m"]),
    ("writers", "Concurrent writers, 100 points a write", ["1", "8", "64"]),
    ("readers", "Concurrent readers, p95 of one customer of 300", ["1", "8", "64"]),
    ("both", "As many writers as readers at once", ["1", "8", "64"]),
]


def read(path):
    """row -> figures; what a row was measured to be last counts."""
    rows = {}
    for line in path.read_text().splitlines():
        record = json.loads(line)
        rows.setdefault(record.pop("row"), {}).update(record)
    return rows


def number(value):
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def markdown(rows):
    text = []
    for kind, title, sizes in TABLES:
        columns = [rows.get(f"{kind}-{size}", {}) for size in sizes]
        if not any(columns):
            continue
        names = list(dict.fromkeys(name for column in columns for name in column))
        text += ["", f"**{title}**", "", "| | " + " | ".join(sizes) + " |", "|---|" + "---:|" * len(sizes)]
        text += ["| " + " | ".join([name, *(number(column.get(name)) for column in columns)]) + " |" for name in names]
    return "\n".join(text).strip()
