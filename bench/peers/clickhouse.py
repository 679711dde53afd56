"""ClickHouse, one server, one MergeTree table. It does not sync a write before it answers: that is how it works."""
import urllib.parse
import urllib.request

import questions
from debian import DebianProgram
from processes import Server, free_port

CONFIG = """<yandex>
  <logger><level>warning</level><console>1</console></logger>
  <listen_host>127.0.0.1</listen_host>
  <http_port>{http}</http_port><tcp_port>{tcp}</tcp_port><interserver_http_port>{replicas}</interserver_http_port>
  <path>{folder}/data/</path><tmp_path>{folder}/tmp/</tmp_path>
  <users_config>{folder}/users.xml</users_config>
  <mark_cache_size>5368709120</mark_cache_size>
  <default_profile>default</default_profile><default_database>default</default_database>
</yandex>
"""
USERS = """<yandex>
  <profiles><default><max_memory_usage>10000000000</max_memory_usage></default></profiles>
  <users><default>
    <password></password><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota>
  </default></users>
  <quotas><default/></quotas>
</yandex>
"""
TABLE = """CREATE TABLE IF NOT EXISTS api_latency (ts Int64, value Float64, customer_id String, endpoint String,
  region String, method String, host String) ENGINE = MergeTree
  ORDER BY (customer_id, endpoint, region, method, host, ts)"""
DIALECT = {"p95": "quantileExact(0.95)(value)", "bucket": f"intDiv(ts, {questions.BUCKET_MS}) * {questions.BUCKET_MS}"}


class ClickHouse:
    name = "clickhouse"
    title = "ClickHouse"
    how = "TSV over HTTP, not synced"
    load_path = "/?query=" + urllib.parse.quote("INSERT INTO api_latency FORMAT TabSeparated")
    load_format = "tsv"
    ask_type = "text/plain"
    embedded = False

    def __init__(self, tools):
        self.program = DebianProgram("clickhouse-server", "clickhouse-server", tools.peers)
        self.missing = self.program.missing
        self.version = self.program.version
        self.server = None

    def start(self, folder):
        port = free_port()
        (folder / "config.xml").write_text(
            CONFIG.format(folder=folder, http=port, tcp=free_port(), replicas=free_port()))
        (folder / "users.xml").write_text(USERS)
        self.server = Server([self.program.path, f"--config-file={folder / 'config.xml'}"], port,
                             folder.parent / "clickhouse.log", self.program.environment)
        self._run(TABLE)
        return self.server

    def _run(self, text):
        request = urllib.request.Request(f"http://127.0.0.1:{self.server.port}/", data=text.encode())
        with urllib.request.urlopen(request) as answer:
            return answer.read().decode()

    def settle(self):
        self._run("OPTIMIZE TABLE api_latency FINAL")
        self.server.wait_until_idle()

    def stop(self):
        if self.server:
            self.server.stop()

    def disk_bytes(self):
        """Of the merged table: parts that were merged away stay on the disk for some minutes."""
        return int(self._run("SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND table = 'api_latency'"))

    def after_stop(self):
        return {}

    def question(self, name, start_ms, end_ms):
        return "/", questions.sql(name, DIALECT) + " FORMAT TabSeparated"

    def parse(self, text):
        return questions.rows_to_answer(line.split("\t") for line in text.splitlines())
