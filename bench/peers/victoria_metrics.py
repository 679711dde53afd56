"""VictoriaMetrics, single node. It answers a write before the samples are on the disk: that is how it works."""
import json
import urllib.parse
import urllib.request

import questions
from debian import DebianProgram
from processes import Server, folder_bytes, free_port


class VictoriaMetrics:
    name = "victoria_metrics"
    title = "VictoriaMetrics"
    how = "line protocol over HTTP, not synced"
    load_path = "/write?precision=ms"
    load_format = "influx"
    ask_type = "application/x-www-form-urlencoded"
    embedded = False

    def __init__(self, tools):
        self.program = DebianProgram("victoria-metrics", "victoria-metrics", tools.peers)
        self.missing = self.program.missing
        self.version = self.program.version
        self.server = None

    def start(self, folder):
        self.folder = folder
        port = free_port()
        self.server = Server(
            [self.program.path, f"-storageDataPath={folder}", f"-httpListenAddr=127.0.0.1:{port}",
             "-retentionPeriod=100y", "-influxSkipSingleField", "-search.maxUniqueTimeseries=10000000",
             "-search.maxQueryDuration=5m", "-search.maxSamplesPerQuery=10000000000", "-loggerLevel=WARN"],
            port, folder.parent / "victoria_metrics.log", self.program.environment)
        return self.server

    def _get(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.server.port}{path}") as answer:
            answer.read()

    def settle(self):
        self._get("/internal/force_flush")
        self._get("/internal/force_merge")
        self.server.wait_until_idle()

    def stop(self):
        if self.server:
            self.server.stop()

    def disk_bytes(self):
        return folder_bytes(self.folder)

    def after_stop(self):
        return {}

    def question(self, name, start_ms, end_ms):
        """Windows are (t - d, t] here and [t, t + d) with us, so every window ends 1 ms before ours."""
        window = f"{end_ms - start_ms}ms"
        if name == "avg_by_region_1m":
            first = start_ms // questions.BUCKET_MS * questions.BUCKET_MS + questions.BUCKET_MS - 1
            arguments = {"query": "avg by (region) (avg_over_time(api_latency[60s]))", "start": first / 1000,
                         "end": (end_ms - 1) / 1000, "step": "60s"}
            return "/api/v1/query_range", urllib.parse.urlencode({**arguments, "nocache": 1})
        # All series have equally many samples here, so the average of their averages is right, and quickest.
        text = {
            "avg_by_customer": f"avg by (customer_id) (avg_over_time(api_latency[{window}]))",
            "avg_by_region": f"avg by (region) (avg_over_time(api_latency[{window}]))",
            "p95_by_customer": "histogram_quantile(0.95, sum by (customer_id, vmrange) "
                               f"(histogram_over_time(api_latency[{window}])))",
            "p95_one_customer": "histogram_quantile(0.95, sum by (vmrange) (histogram_over_time("
                                f"api_latency{{customer_id=\"{questions.CUSTOMER}\"}}[{window}])))",
        }[name]
        return "/api/v1/query", urllib.parse.urlencode({"query": text, "time": (end_ms - 1) / 1000, "nocache": 1})

    def parse(self, text):
        rows = []
        for series in json.loads(text)["data"]["result"]:
            group = list(series["metric"].values())
            if "value" in series:
                rows.append([*group, series["value"][1]])
            for timestamp, value in series.get("values", []):
                rows.append([*group, round(timestamp * 1000) - (questions.BUCKET_MS - 1), value])
        return questions.rows_to_answer(rows)
