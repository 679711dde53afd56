#!/usr/bin/env python3
"""The session through the Python package: python_driver.py URL CASES. session_test.py says what CASES and the answers
look like."""
import json
import math
import sys

import luminate
import numpy as np
from luminate import Query



def number(value):
    return float(value) if math.isfinite(value) else None


def build(form):
    """By the functions of the package, as a program would."""
    kind, metric = form["queryType"], form["metricName"]
    if kind == "aggregate":
        query = Query.aggregate(metric, form.get("aggregations") or form.get("aggregation", ()))
    else:
        query = Query.range(metric) if kind == "range" else Query.rate(metric)
    time = form["timeRange"]
    query = query.last(time["relative"]) if "relative" in time else query.between(time["start"], time["end"])
    query = filtered(query, form.get("filters", {}))
    query = query.by(*form.get("groupBy", ()))
    if "interval" in form:
        query = query.every(form["interval"])
    if "limit" in form:
        query = query.limit(form["limit"])
    if form.get("order") == "asc":
        query = query.ascending()
    if "timeout" in form:
        query = query.timeout(form["timeout"])
    return query


def filtered(query, filters):
    for key, condition in filters.items():
        if not isinstance(condition, dict):
            query = query.where({key: condition})
            continue
        for kind, operand in condition.items():
            add = {"not": query.where_not, "regex": query.where_matches, "notRegex": query.where_not_matches}[kind]
            query = add({key: operand})
    return query


def dimensions(result, row):
    texts = {name: result[name][row] for name in result.columns if isinstance(result[name], luminate.TextColumn)}
    return {name.removeprefix("dimension."): text for name, text in texts.items() if text is not None}


def instants(column):
    return column.astype("datetime64[ms]").astype(np.int64).tolist()


def samples(result):
    times, values = instants(result["timestamp"]), result["value"]
    return [[times[i], number(values[i]), dimensions(result, i)] for i in range(len(result))]


def rows(kind, result):
    if kind == "range":
        return samples(result)
    buckets = instants(result["bucket"]) if "bucket" in result else [None] * len(result)
    if kind == "rate":
        return [[buckets[i], dimensions(result, i), number(result["rate"][i])] for i in range(len(result))]
    computed = [name for name in result.columns
                if not isinstance(result[name], luminate.TextColumn) and result[name].dtype == np.float64]
    return [[buckets[i], dimensions(result, i), [number(result[name][i]) for name in computed],
             int(result["count"][i])] for i in range(len(result))]


def answer(kind, result):
    table = {"rows": rows(kind, result), "scanned": result.points_scanned}
    return table | ({"truncated": result.truncated} if kind == "range" else {})


def report(written):
    return {"accepted": written.accepted,
            "refused": [[one.index, one.metric, luminate.Code(one.code).name, one.message] for one in written.refused]}


def listing(call):
    between = (call.get("start"), call.get("end")) if "start" in call else None
    return {"prefix": call.get("prefix", ""), "limit": call.get("limit", 1000), "between": between}


class Session:
    def __init__(self, url):
        self.url = url
        self.options = {}
        self.store = None

    def run(self, call):
        if call["do"] in ("open", "reopen", "open_another", "close"):
            return getattr(self, call["do"])(call)
        store = self.store.tenant(call["tenant"]) if "tenant" in call else self.store
        return getattr(self, call["do"])(call, store)

    def open(self, call):
        self.options = call["options"]
        self.store = luminate.open(self.url, self.options)
        return {}

    def reopen(self, call):
        self.store.close()
        self.store = luminate.open(self.url, self.options)
        return {}

    def open_another(self, call):
        luminate.open(call["url"], call.get("options", {})).close()
        return {}

    def close(self, call):
        self.store.close()
        return {}

    def write(self, call, store):
        batch = luminate.Batch()
        for metric, named, timestamp, value in call["points"]:
            batch.append(batch.series(metric, named), np.array([timestamp], dtype=np.int64), np.array([float(value)]))
        return report(store.write(batch))

    def write_json(self, call, store):
        return report(store.write_json(call["text"]))

    def query(self, call, store):
        return answer(call["query"]["queryType"], store.query(build(call["query"])))

    def query_json(self, call, store):
        query = Query.from_json(call["text"])
        return answer(json.loads(call["text"])["queryType"], store.query(query))

    def stream(self, call, store):
        with store.stream(build(call["query"])) as pieces:
            found = [row for piece in pieces for row in samples(piece)]
            return {"rows": found, "truncated": pieces.truncated, "scanned": pieces.points_scanned}

    def late(self, call, store):
        return answer("range", store.query(build(call["query"]), timeout=0))

    def cancelled(self, call, store):
        given_up = luminate.Call()
        given_up.cancel()
        return answer("range", store.query(build(call["query"]), call=given_up))

    def metrics(self, call, store):
        return {"names": store.metrics(**listing(call))}

    def keys(self, call, store):
        return {"names": store.dimension_keys(call["metric"], **listing(call))}

    def values(self, call, store):
        return {"names": store.dimension_values(call["metric"], call["key"], **listing(call))}

    def series(self, call, store):
        return {"series": store.series_count(call["metric"])}

    def cardinality(self, call, store):
        found = list(store.cardinality(call["metric"], limit=call["limit"]))
        return {"metrics": [[row["metric"], row["series"]] for row in found if row["key"] is None],
                "keys": [[row["metric"], row["key"], row["values"], row["series"]] for row in found
                         if row["key"] is not None and row["value"] is None],
                "values": [[row["metric"], row["key"], row["value"], row["series"]] for row in found
                           if row["value"] is not None]}

    def tenants(self, call, store):
        return {"tenants": [[row["tenant"], row["metrics"], row["series"]] for row in store.tenants()]}

    def health(self, call, store):
        return store.health()

    def remove(self, call, store):
        query = filtered(Query.range(call["metric"], between=(call["start"], call["end"])), call.get("filters", {}))
        return {"removed": store.remove(query, dry_run=call.get("dry_run", False))}

    def retain(self, call, store):
        store.set_retention(call["pattern"], f"{call['keep_ms']}ms" if call["keep_ms"] else None)
        return {}

    def unretain(self, call, store):
        return {"existed": store.remove_retention(call["pattern"])}

    def retention(self, call, store):
        return {"policies": [[pattern, 0 if keep is None else round(keep.total_seconds() * 1000)]
                             for pattern, keep in store.retention().items()]}


def main():
    url, cases = sys.argv[1:]
    session = Session(url)
    with open(cases, encoding="utf-8") as calls:
        for line in calls:
            try:
                said = session.run(json.loads(line))
            except luminate.LuminateError as error:
                said = {"error": error.name, "field": error.field, "message": str(error)}
            print(json.dumps(said), flush=True)


if __name__ == "__main__":
    main()
