#!/usr/bin/env python3
"""latency_report.py [picture]: three days of latencies by customer, and a picture of what the slowest 5 % of each had.

Made-up requests go into a store as a data frame; the store answers with the 95th percentile of every customer and hour;
pandas and matplotlib draw it. The store is in memory; "sqlite:latencies.db" in its place would keep it.
"""

import sys

import matplotlib
import numpy as np
import pandas as pd

import luminate
from luminate import Query

matplotlib.use("Agg")  # Draws files, and needs no screen.
import matplotlib.dates as mdates
import matplotlib.pyplot as plt

CUSTOMERS = {"acme": 70, "globex": 52, "initech": 38, "umbrella": 95, "zenith": 30}  # Typical latencies, in ms.
DAYS, REQUESTS_PER_DAY = 3, 40_000
SLOW = "globex"  # Has a bad afternoon.


def made_up_requests(end: pd.Timestamp) -> pd.DataFrame:
    """Requests of some days: busier and slower by day than by night, with a long tail."""
    rng = np.random.default_rng(2026)
    count = DAYS * REQUESTS_PER_DAY
    when = end - pd.to_timedelta(np.sort(rng.uniform(0, DAYS * 86_400, count))[::-1], unit="s")
    customer = pd.Categorical(rng.choice(list(CUSTOMERS), count, p=[0.3, 0.25, 0.2, 0.1, 0.15]))
    typical = customer.map(CUSTOMERS).to_numpy(dtype=float)
    hour = (when.hour + when.minute / 60).to_numpy()
    daily = 1 + 0.35 * np.exp(-(((hour - 14) / 4) ** 2))
    hours_ago = ((end - when) / pd.Timedelta(hours=1)).to_numpy()
    trouble = np.where((customer == SLOW) & (hours_ago < 29) & (hours_ago > 24), 3.2, 1.0)
    return pd.DataFrame(
        {"when": when, "latency_ms": typical * daily * trouble * rng.lognormal(0, 0.45, count), "customer_id": customer}
    )


def p95_by_hour(requests: pd.DataFrame) -> pd.DataFrame:
    """A row an hour and a column a customer. This is all there is to do with Luminate."""
    with luminate.open("memory:") as store:
        report = store.write_frame(
            requests, metric="api_latency", time="when", value="latency_ms", dimensions=["customer_id"]
        )
        print(report.raise_for_refused())
        result = store.query(Query.aggregate("api_latency", "p95", last="3d", by="customer_id", every="1h"))
    print(result)
    return result.to_pandas().pivot(index="bucket", columns="customer_id", values="p95")


def draw(p95: pd.DataFrame, path: str) -> None:
    """The customer whose latency stands out in colour, the others in grey, each with its name at its end."""
    p95 = p95.iloc[1:-1]  # Hours that are there as a whole.
    figure, axes = plt.subplots(figsize=(10, 5), dpi=120, layout="constrained")
    ends = p95.iloc[-3:].mean().sort_values()
    heights = ends.to_numpy().copy()
    room = p95.to_numpy().max() / 22  # What a name needs, so that none covers another.
    for i in range(1, len(heights)):
        heights[i] = max(heights[i], heights[i - 1] + room)
    for name, height in zip(ends.index, heights):
        special = name == SLOW
        color = "#c2410c" if special else "#8a94a6"
        axes.plot(p95.index, p95[name], color=color, linewidth=2.2 if special else 1.3, zorder=3 if special else 2)
        axes.annotate(
            name,
            (p95.index[-1], height),
            xytext=(8, 0),
            textcoords="offset points",
            va="center",
            color=color,
            fontweight="bold" if special else "normal",
            annotation_clip=False,
        )
    worst = p95[SLOW].idxmax()
    axes.annotate(
        f"{p95[SLOW].max():.0f} ms at {worst:%H:%M}",
        (worst, p95[SLOW].max()),
        xytext=(0, 8),
        textcoords="offset points",
        ha="center",
        color="#c2410c",
    )
    axes.set_title(
        "95th percentile of latency by customer, hour by hour", loc="left", fontsize=13, fontweight="bold", pad=14
    )
    axes.set_ylabel("milliseconds")
    axes.set_ylim(0, p95.to_numpy().max() * 1.12)
    axes.set_xlim(p95.index[0], p95.index[-1])
    axes.xaxis.set_major_locator(mdates.DayLocator())
    axes.xaxis.set_major_formatter(mdates.DateFormatter("%a %d %b"))
    axes.xaxis.set_minor_locator(mdates.HourLocator(byhour=[6, 12, 18]))
    axes.xaxis.set_minor_formatter(mdates.DateFormatter("%H:%M"))
    axes.tick_params(which="both", length=0, colors="#4b5563")
    axes.tick_params(axis="x", which="major", pad=18)
    axes.grid(axis="y", color="#e5e7eb", linewidth=0.8)
    for day in pd.date_range(p95.index[0].ceil("D"), p95.index[-1], freq="D"):
        axes.axvline(day, color="#d1d5db", linewidth=0.8, zorder=1)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    figure.savefig(path)
    plt.close(figure)


def main() -> None:
    path = sys.argv[1] if len(sys.argv) > 1 else "latencies.png"
    draw(p95_by_hour(made_up_requests(pd.Timestamp.now(tz="UTC"))), path)
    print(f"drawn: {path}")


if __name__ == "__main__":
    main()
