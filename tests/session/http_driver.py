#!/usr/bin/env python3
"""The session over HTTP: http_driver.py SERVER URL CASES. session_test.py says what CASES and the answers look like.

Starts the server with the options of the first call, as variables, and authentication: a tenant is a token's. What the
API has beside the answers, and the shape in which it has them, is taken off here and nowhere hidden: a field that is
missing is an error.
"""
import http.client
import json
import os
import re
import secrets
import subprocess
import sys
import urllib.parse

UNITS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


class Failed(Exception):
    pass


def milliseconds(text):
    return sum(int(number) * UNITS[unit] for number, unit in re.findall(r"(\d+)(ms|[smhd])", text))


def in_json(points):
    return {"metrics": [{"name": metric, "dimensions": dimensions, "timestamp": timestamp, "value": value}
                        for metric, dimensions, timestamp, value in points]}


def row(query, result):
    if query["queryType"] == "range":
        return [result["timestamp"], result["value"], result["dimensions"]]
    if query["queryType"] == "rate":
        return [result["timestamp"], result["groupKey"], result["rate"]]
    names = query.get("aggregations")
    values = [result["value"]] if not names or len(names) == 1 else [result["values"][name] for name in names]
    bucket = result["timestamp"] if "interval" in query else None
    return [bucket, result["groupKey"], values, result["count"]]


class Session:
    def __init__(self, program, url):
        self.program = program
        self.url = url
        self.options = {}
        self.process = None

    def start(self):
        variables = {"LUMINATE_" + key.upper().replace(".", "_"): value for key, value in self.options.items()}
        self.environment = {key: value for key, value in os.environ.items() if not key.startswith("LUMINATE_")} | {
            "LUMINATE_SERVER_PORT": "0", "LUMINATE_STORAGE_URL": self.url, "LUMINATE_LOGGING_FORMAT": "json",
            "LUMINATE_LOGGING_LEVEL": "info", "LUMINATE_AUTH_ENABLED": "true",
            "LUMINATE_AUTH_JWT_SECRET": secrets.token_hex(32), "LUMINATE_RATE_LIMITS_WRITE_REQUESTS_PER_SECOND": "off",
            "LUMINATE_RATE_LIMITS_QUERY_REQUESTS_PER_SECOND": "off"} | variables
        self.process = subprocess.Popen([self.program], stderr=subprocess.PIPE, text=True, env=self.environment)
        self.tokens = {}
        for line in self.process.stderr:
            if line.startswith("{") and (port := json.loads(line).get("port")):
                self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
                break
        else:
            raise SystemExit("the server did not start")

    def stop(self):
        self.connection.close()
        self.process.terminate()
        self.process.stderr.read()
        self.process.stderr.close()
        if self.process.wait() != 0:
            raise SystemExit(f"the server ended with {self.process.returncode}")
        self.process = None

    def token(self, tenant):
        if tenant not in self.tokens:
            whose = ["--tenant", tenant] if tenant is not None else []
            self.tokens[tenant] = subprocess.run(
                [self.program, "token", "--scopes", "read,write,admin", *whose],
                env=self.environment, check=True, capture_output=True, text=True).stdout.strip()
        return self.tokens[tenant]

    def ask(self, call, method, path, body=None, **parameters):
        given = {name: value for name, value in parameters.items() if value is not None}
        target = path + ("?" + urllib.parse.urlencode(given) if given else "")
        headers = {"Authorization": f"Bearer {self.token(call.get('tenant'))}"}
        if body is not None:
            headers["Content-Type"] = "application/json"
            body = body if isinstance(body, str) else json.dumps(body)
        self.connection.request(method, target, body=body.encode() if body is not None else None, headers=headers)
        answer = self.connection.getresponse()
        content = json.loads(answer.read())
        if answer.status >= 400:
            raise Failed(content["error"])
        return content

    def run(self, call):
        do = call["do"]
        if do == "open":
            self.options = call["options"]
            self.start()
            return {}
        if do == "reopen":
            self.stop()
            self.start()
            return {}
        if do == "close":
            self.stop()
            return {}
        return getattr(self, do)(call)

    def write(self, call, body=None):
        try:
            report = self.ask(call, "POST", "/api/v1/write", body if body is not None else in_json(call["points"]))
        except Failed as failed:
            (error,) = failed.args
            if error["code"] != "VALIDATION_FAILED":  # No point was good.
                raise
            report = error["details"]
        refused = [[error["index"], error["metric"], error["code"], error["error"]] for error in report["errors"]]
        if report["rejected"] != len(refused):
            raise SystemExit(f"{report} does not count its errors")
        return {"accepted": report["accepted"], "refused": refused}

    def write_json(self, call):
        return self.write(call, call["text"])

    def query(self, call, text=None):
        query = json.loads(text) if text else call["query"]
        answer = self.ask(call, "POST", "/api/v1/query", text or query)
        if answer["queryType"] != query["queryType"]:
            raise SystemExit(f"{answer} is no answer to {query}")
        rows = {"rows": [row(query, result) for result in answer["results"]], "scanned": answer["pointsScanned"]}
        return rows | ({"truncated": answer["truncated"]} if query["queryType"] == "range" else {})

    stream = query

    def query_json(self, call):
        try:
            json.loads(call["text"])
        except ValueError:
            return self.ask(call, "POST", "/api/v1/query", call["text"])
        return self.query(call, call["text"])

    def listed(self, call, path, field):
        asked = {name: call.get(name) for name in ("prefix", "limit", "start", "end")}
        return {"names": self.ask(call, "GET", path, **asked)[field]}

    def metrics(self, call):
        return self.listed(call, "/api/v1/metrics", "metrics")

    def keys(self, call):
        return self.listed(call, f"/api/v1/metrics/{call['metric']}/dimensions", "dimensions")

    def values(self, call):
        return self.listed(call, f"/api/v1/metrics/{call['metric']}/dimensions/{call['key']}/values", "values")

    def series(self, call):
        found = self.ask(call, "GET", "/api/v1/admin/cardinality", metric=call["metric"])
        if call["metric"] is None:
            return {"series": found["seriesCount"]}
        return {"series": sum(entry["series"] for entry in found["metrics"])}

    def cardinality(self, call):
        found = self.ask(call, "GET", "/api/v1/admin/cardinality", metric=call["metric"], limit=call["limit"])
        return {"metrics": [[entry["metric"], entry["series"]] for entry in found["metrics"]],
                "keys": [[entry["metric"], entry["key"], entry["values"], entry["series"]] for entry in found["keys"]],
                "values": [[entry["metric"], entry["key"], entry["value"], entry["series"]]
                           for entry in found["values"]]}

    def health(self, call):
        found = self.ask(call, "GET", "/api/v1/health")
        return {"healthy": found["status"] == "healthy", "backend": found["storage"]["backend"],
                "status": found["storage"]["status"]}

    def remove(self, call):
        body = {"filters": call["filters"]} if "filters" in call else None
        removed = self.ask(call, "DELETE", f"/api/v1/admin/metrics/{call['metric']}", body, start=call["start"],
                           end=call["end"], dryRun="true" if call.get("dry_run") else None)
        return {"removed": removed["deleted"]}

    def retain(self, call):
        keep = f"{call['keep_ms']}ms" if call["keep_ms"] else "off"
        self.ask(call, "POST", "/api/v1/admin/retention", {"metric_name": call["pattern"], "retention": keep})
        return {}

    def unretain(self, call):
        return {"existed": self.ask(call, "DELETE", "/api/v1/admin/retention",
                                    metric_name=call["pattern"])["deleted"] == 1}

    def retention(self, call):
        policies = self.ask(call, "GET", "/api/v1/admin/retention")["policies"]
        return {"policies": [[policy["metric_name"], milliseconds(policy["retention"])] for policy in policies
                             if policy["source"] == "tenant"]}


def main():
    program, url, cases = sys.argv[1:]
    session = Session(program, url)
    try:
        with open(cases, encoding="utf-8") as calls:
            for line in calls:
                try:
                    answer = session.run(json.loads(line))
                except Failed as failed:
                    (error,) = failed.args
                    answer = {"error": error["code"], "field": error.get("details", {}).get("field", ""),
                              "message": error["message"]}
                print(json.dumps(answer), flush=True)
    finally:
        if session.process:
            session.process.kill()
            session.process.wait()


if __name__ == "__main__":
    main()
