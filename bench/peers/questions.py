"""What every store is asked. Each peer has its own words for a question; here are ours and those of SQL."""

CUSTOMER = "cust_7"
BUCKET_MS = 60_000

# Workload -> questions, in the order in which they are asked.
QUESTIONS = {
    "w1": ["avg_by_customer", "p95_by_customer", "avg_by_region_1m", "p95_one_customer"],
    "w2": ["avg_by_customer", "avg_by_region"],
}

# Asked once more, of a store that has just been opened.
COLD_QUESTION = {"w1": "p95_one_customer", "w2": None}


def luminate_query(question, start_ms, end_ms):
    query = {
        "queryType": "aggregate",
        "metricName": "api_latency",
        "timeRange": {"start": start_ms, "end": end_ms},
        "aggregation": "p95" if question.startswith("p95") else "avg",
        "timeout": "5m",
    }
    if question.endswith("by_customer"):
        query["groupBy"] = ["customer_id"]
    elif question.startswith("avg_by_region"):
        query["groupBy"] = ["region"]
    if question.endswith("_1m"):
        query["interval"] = "1m"
    if question == "p95_one_customer":
        query["filters"] = {"customer_id": CUSTOMER}
    return query


def sql(question, dialect):
    """The question for a table api_latency(ts, value, customer_id, endpoint, region, method, host). `dialect` has the
    expressions in which DuckDB and ClickHouse differ."""
    value = dialect["p95"] if question.startswith("p95") else "avg(value)"
    if question == "p95_one_customer":
        return f"SELECT {value} FROM api_latency WHERE customer_id = '{CUSTOMER}'"
    if question == "avg_by_region_1m":
        bucket = dialect["bucket"]
        return f"SELECT region, {bucket} AS bucket, {value} FROM api_latency GROUP BY region, bucket"
    key = "customer_id" if question.endswith("by_customer") else "region"
    return f"SELECT {key}, {value} FROM api_latency GROUP BY {key}"


def rows_to_answer(rows):
    """[[group..., value], ...] -> {(group...): value}; a bucket is a whole number of milliseconds, as text."""
    return {tuple(str(part) for part in row[:-1]): float(row[-1]) for row in rows}
