#!/usr/bin/env python3
"""What a program in Python gets, for run.py, which says what is measured:

    python_client.py write SHAPE URL BATCHES      one line of JSON, as native_client's
    python_client.py pandas ROWS URL              a result of so many rows as a data frame: its memory
"""
import gc
import json
import resource
import sys
import time

import luminate
import numpy as np
from luminate import Query

BATCH = 10_000
START = 1_767_225_600_000
METRIC = "api_latency"
SERIES = {"column": 1, "columns": 10, "table": 100, "points": BATCH}
OPTIONS = {"batch_write.max_age": "36500d", "storage.durability": "normal"}


def cpu_seconds():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def write(shape, url, batches):
    count = SERIES[shape]
    samples = BATCH // count
    values = (np.arange(BATCH) * 7919 % 10007) / 10
    times = START + np.arange((batches + 1) * samples, dtype=np.int64) * 1000
    customers = [f"customer_{i}" for i in range(count)]
    regions = [f"region_{i % 4}" for i in range(count)]
    store = luminate.open(url, OPTIONS)
    batch = luminate.Batch()

    def columns(when):
        for i in range(count):
            series = batch.series(METRIC, {"customer_id": customers[i], "endpoint": "/v1", "region": regions[i]})
            batch.append(series, when, values[i * samples : (i + 1) * samples])

    import pandas

    # A table has a row a point, and a column for each dimension.
    named = {"customer_id": pandas.Categorical(np.repeat(customers, samples)),
             "endpoint": pandas.Categorical(np.repeat(["/v1"], BATCH)),
             "region": pandas.Categorical(np.repeat(regions, samples))}

    def table(when):
        batch.append_columns(METRIC, np.tile(when, count), values, named)

    fill = columns if shape in ("column", "columns") else table

    def once(number):
        batch.clear()
        fill(times[number * samples : (number + 1) * samples])
        assert store.write(batch).accepted == BATCH

    once(0)
    begin, used = time.perf_counter(), cpu_seconds()
    for number in range(1, batches + 1):
        once(number)
    took = {"points": batches * BATCH, "seconds": time.perf_counter() - begin, "cpu_seconds": cpu_seconds() - used}
    store.close()
    return took


def forget_peak():
    with open("/proc/self/clear_refs", "w") as clear:
        clear.write("5")


def memory(name):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith(name + ":"))


def frame(rows, url):
    """What the process holds beyond what it held before it asked, at most, until there is a frame; and how much of that
    the answer and the frame are."""
    import pandas  # Not a part of what is measured, nor what it loads when it is first used.

    count = 1000
    each = rows // count
    store = luminate.open(url, {**OPTIONS, "query_limits.max_result_points": rows, "batch_write.max_batch_size": rows})
    batch = luminate.Batch()
    values = (np.arange(rows) * 7919 % 10007) / 10
    times = START + np.arange(each, dtype=np.int64) * 1000
    for i in range(count):
        series = batch.series(METRIC, customer_id=f"customer_{i}", region=f"region_{i % 4}")
        batch.append(series, times, values[i * each : (i + 1) * each])
    assert store.write(batch).accepted == rows
    del batch, values, times
    query = Query.range(METRIC, between=(START, START + each * 1000))
    assert isinstance(store.query(query.limit(10)).to_pandas(), pandas.DataFrame)  # What is made once is made.
    gc.collect()

    blocks, held = sys.getallocatedblocks(), memory("VmRSS")
    forget_peak()
    begin = time.perf_counter()
    result = store.query(query)
    asked, peak_of_query, held_then = time.perf_counter(), memory("VmHWM"), memory("VmRSS")
    forget_peak()
    made = result.to_pandas()
    done, peak_of_frame = time.perf_counter(), memory("VmHWM")
    blocks = sys.getallocatedblocks() - blocks

    assert len(made) == rows and list(made.columns) == ["timestamp", "value", "customer_id", "region"]
    assert not any(dtype == object for dtype in made.dtypes), made.dtypes
    assert abs(made["value"].mean() - 500) < 1
    columns = sum(getattr(result[name], "codes", result[name]).nbytes for name in result.columns)
    return {"rows": rows, "column_bytes": columns, "peak_bytes": max(peak_of_query, peak_of_frame) - held,
            "query_bytes": peak_of_query - held, "frame_bytes": peak_of_frame - held_then, "objects": blocks,
            "query_seconds": asked - begin, "frame_seconds": done - asked}


if __name__ == "__main__":
    if sys.argv[1] == "write":
        print(json.dumps(write(sys.argv[2], sys.argv[3], int(sys.argv[4]))))
    else:
        print(json.dumps(frame(int(sys.argv[2]), sys.argv[3])))
