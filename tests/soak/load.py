"""Those who talk to the server: each a thread that does one kind of thing at a fixed rate."""
import collections
import contextlib
import gzip
import http.client
import json
import random
import re
import socket
import struct
import threading
import time
import traceback

TENANTS = ("acme", "globex", "initech")
CUSTOMERS = 400
LARGE = 3000


def now_ms():
    return int(time.time() * 1000)


class Client:
    """One connection that is kept until `requests` were made, then made anew."""

    def __init__(self, crowd, token, requests=200):
        self.crowd, self.token, self.most = crowd, token, requests
        self.connection, self.made, self.last = None, 0, 0

    def ask(self, what, method, path, body=None, expected=(200,), headers=None):
        # The server would close it after a minute, perhaps just now.
        idle = time.monotonic() - self.last > 30
        if self.connection is None or self.made >= self.most or idle:
            self.close()
            self.connection = http.client.HTTPConnection("127.0.0.1", self.crowd.server.port, timeout=60)
            self.made = 0
        self.made += 1
        self.last = time.monotonic()
        headers = dict(headers or {})
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
            headers["Content-Type"] = "application/json"
        begun = time.monotonic()
        try:
            self.connection.request(method, path, body, headers)
            answer = self.connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self.close()
            self.crowd.count(f"{what}: {type(error).__name__}", False)
            return b""
        self.crowd.took(what, time.monotonic() - begun)
        good = answer.status in expected or b'"CANCELLED"' in text  # The administrator ends queries.
        self.crowd.count(f"{what} {answer.status}", good, "" if good else text[:300].decode(errors="replace"))
        if answer.getheader("Connection") == "close":
            self.close()
        return text

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None


class Crowd:
    def __init__(self, server, keep_s):
        self.server, self.keep_s = server, keep_s
        self.tokens = {tenant: server.token("--tenant", tenant, "--scopes", "read,write,admin") for tenant in TENANTS}
        self.operator = server.token("--scopes", "admin")
        self.lock = threading.Lock()
        self.counts = collections.Counter()
        self.unexpected = collections.Counter()
        self.recent = collections.defaultdict(list)
        self.ending = threading.Event()
        self.broken = False
        self.threads = []

    def start(self):
        self.every(0.01, small_writer, TENANTS[0])
        self.every(0.04, small_writer, TENANTS[1])
        self.every(0.2, small_writer, TENANTS[2])
        self.every(1, large_writer, TENANTS[0])
        self.every(0.04, asker, TENANTS[0])
        self.every(0.1, asker, TENANTS[1])
        self.every(0.25, lister, TENANTS[0])
        self.every(1, administrator, TENANTS[0])
        self.every(max(0.3, self.keep_s / 100), deleter, TENANTS)
        self.every(1, scraper)
        self.every(0.3, breaker)
        self.every(1, dripper)
        self.every(2, slow_reader, TENANTS[0])
        self.every(5, reloader)

    def every(self, period, kind, *args):
        """Steps of a generator at a rate that does not depend on how long a step takes, while it keeps up."""
        def work():
            due = time.monotonic() + random.random() * period
            steps = kind(self, *args)
            try:
                while not self.ending.wait(max(0, due - time.monotonic())):
                    next(steps)
                    due = max(due + period, time.monotonic() - period)
                steps.close()
            except Exception:  # pylint: disable=broad-except  # Whatever it is, it must be seen.
                self.count(f"{kind.__name__}: {traceback.format_exc(limit=-2)}", False)
                self.broken = True
        thread = threading.Thread(target=work, name=kind.__name__)
        self.threads.append(thread)
        thread.start()

    def stop(self):
        self.ending.set()
        for thread in self.threads:
            thread.join()

    def count(self, what, good, text=""):
        with self.lock:
            self.counts[what] += 1
            if not good and (what in self.unexpected or len(self.unexpected) < 20):
                self.unexpected[f"{what} {text}"[:600]] += 1

    def took(self, what, seconds):
        if what in ("small write", "query"):
            with self.lock:
                self.recent[what].append(seconds * 1000)

    def latencies(self):
        """Of the requests since the last call; none where there were too few for a percentile."""
        with self.lock:
            recent, self.recent = self.recent, collections.defaultdict(list)
        def p99(values):
            return round(sorted(values)[int(len(values) * 0.99)], 2) if len(values) >= 5 else None
        return {"p99_write_ms": p99(recent["small write"]), "p99_query_ms": p99(recent["query"])}

    def total(self):
        return sum(self.counts.values())

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.server.port), timeout=30)


def point(name="latency", at=None):
    customer = random.randrange(CUSTOMERS)
    return {"name": name, "timestamp": at or now_ms(), "value": random.random() * 100,
            "dimensions": {"customer": f"c{customer}", "region": f"r{customer % 4}", "host": f"h{customer % 37}"}}


def small_writer(crowd, tenant):
    client = Client(crowd, crowd.tokens[tenant])
    for step in range(1 << 60):
        points = [point()]
        expected = (200,)
        if step % 50 == 7:  # A series that is seen once, forgotten with its only sample, and seen again some time.
            points = [point(f"short_lived_{random.randrange(5)}")]
            points[0]["dimensions"]["run"] = str(random.randrange(3000))
        if step % 40 == 3:
            points.append({"name": "not a name", "value": 1})
            expected = (207,)
        client.ask("small write", "POST", "/api/v1/write", {"metrics": points}, expected)
        yield


def large_writer(crowd, tenant):
    client = Client(crowd, crowd.tokens[tenant], 7)
    for step in range(1 << 60):
        at = now_ms()
        points = [point(f"bulk_{i % 3}", at - i) for i in range(LARGE)]
        body = json.dumps({"metrics": points}).encode()
        headers = {"Content-Type": "application/json"}
        if step % 2:
            body = gzip.compress(body, 1)
            headers["Content-Encoding"] = "gzip"
        client.ask("large write", "POST", "/api/v1/write", body, headers=headers)
        yield


def asker(crowd, tenant):
    client = Client(crowd, crowd.tokens[tenant])
    while True:
        when = {"relative": f"{max(10, int(crowd.keep_s))}s"}
        one = {"customer": f"c{random.randrange(CUSTOMERS)}"}
        for query in (
            {"queryType": "aggregate", "metricName": "latency", "aggregation": "p95", "filters": one},
            {"queryType": "aggregate", "metricName": "bulk_0", "aggregations": ["avg", "max"], "groupBy": ["region"],
             "interval": "5s"},
            {"queryType": "range", "metricName": "latency", "filters": one, "limit": 500},
            {"queryType": "rate", "metricName": "bulk_1", "groupBy": ["host"], "interval": "10s"},
            {"queryType": "aggregate", "metricName": "latency", "aggregation": "integral", "groupBy": ["host"],
             "filters": {"customer": {"regex": "c[12].*"}}, "limit": 5},
            {"queryType": "range", "metricName": "nobody_wrote_this", "limit": 10},
        ):
            client.ask("query", "POST", "/api/v1/query", {**query, "timeRange": when},
                       headers={"Accept-Encoding": random.choice(["gzip", "zstd", "identity"])})
            yield
        client.ask("wrong query", "POST", "/api/v1/query", {"queryType": "rate"}, (400,))
        yield


def lister(crowd, tenant):
    client = Client(crowd, crowd.tokens[tenant])
    while True:
        for path in ("/api/v1/metrics", "/api/v1/metrics/latency/dimensions",
                     "/api/v1/metrics/latency/dimensions/customer/values?limit=20",
                     "/api/v1/metrics/latency/dimensions/host/values?prefix=h1"):
            client.ask("discovery", "GET", path)
            yield


def administrator(crowd, tenant):
    """Retention, cardinality, running queries and the end of one of them, which mostly is over already."""
    client = Client(crowd, crowd.tokens[tenant])
    def ask(method, path, body=None, expected=(200,)):
        return client.ask("admin", method, path, body, expected)
    while True:
        ask("GET", "/api/v1/admin/retention")
        yield
        ask("POST", "/api/v1/admin/retention", {"metric_name": f"short_lived_{random.randrange(5)}", "retention_days": 1})
        yield
        ask("DELETE", f"/api/v1/admin/retention?metric_name=short_lived_{random.randrange(5)}")
        yield
        ask("GET", "/api/v1/admin/cardinality")
        yield
        running = re.findall(rb'"id":"?([^",}]+)', ask("GET", "/api/v1/admin/queries"))
        yield
        ask("DELETE", f"/api/v1/admin/queries/{running[0].decode() if running else 'q1'}", expected=(200, 404))
        yield


def deleter(crowd, tenants):
    clients = {tenant: Client(crowd, crowd.tokens[tenant], 20) for tenant in tenants}
    while True:
        before = now_ms() - int(crowd.keep_s * 1000)
        for tenant, client in clients.items():
            for metric in ("latency", "bulk_0", "bulk_1", "bulk_2", *(f"short_lived_{i}" for i in range(5))):
                client.ask("deletion", "DELETE", f"/api/v1/admin/metrics/{metric}?before={before}")
                yield


def scraper(crowd):
    client = Client(crowd, None)
    while True:
        client.ask("health", "GET", "/healthz")
        client.ask("health", "GET", "/api/v1/health")
        client.ask("scrape", "GET", "/metrics")
        yield


def reset(connection):
    """Ends a connection without a word, as a machine does that lost its power."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def breaker(crowd):
    """Those who say something wrong, and those who leave in the middle."""
    bearer = f"Authorization: Bearer {crowd.tokens[TENANTS[0]]}\r\n"
    write = f"POST /api/v1/write HTTP/1.1\r\nHost: h\r\n{bearer}"
    refused = [b"\0\1\2\3 garbage\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
               b"GET /" + b"a" * 20000, f"{write}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n".encode(),
               f"{write}Transfer-Encoding: chunked\r\n\r\nzz\r\n".encode(),
               f"{write}Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd".encode()]
    left = [b"GET /api/v1/met", f"{write}Content-Length: 100000\r\n\r\n{{".encode(),
            f"{write}Transfer-Encoding: chunked\r\n\r\nffff\r\n".encode(), b""]
    while True:
        for text in refused:
            with crowd.connect() as connection:
                connection.sendall(text)
                answer = connection.recv(4096)
                crowd.count("refused", answer.startswith(b"HTTP/1.1 4"), answer.decode(errors="replace"))
            yield
        for text in left:
            connection = crowd.connect()
            connection.sendall(text)
            reset(connection)
            crowd.count("left", True)
            yield


def dripper(crowd):
    """Some that say a byte a second and never get anywhere."""
    open_ones = collections.deque()
    try:
        while True:
            open_ones.append((crowd.connect(), iter(b"GET /healthz HTTP/1.1\r\nHost: h\r\nX: y\r\n")))
            crowd.count("dripping", True)
            for connection, text in open_ones:
                byte = next(text, None)
                if byte is not None:
                    connection.send(bytes([byte]))
            if len(open_ones) > 20:
                open_ones.popleft()[0].close()
            yield
    finally:
        for connection, _ in open_ones:
            connection.close()


def slow_reader(crowd, tenant):
    """Asks for much, reads some of it, and leaves."""
    body = json.dumps({"queryType": "range", "metricName": "bulk_2", "limit": 10000,
                       "timeRange": {"relative": f"{max(10, int(crowd.keep_s))}s"}})
    head = (f"POST /api/v1/query HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {crowd.tokens[tenant]}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n")
    while True:
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(30)
        connection.connect(("127.0.0.1", crowd.server.port))
        connection.sendall((head + body).encode())
        answer = connection.recv(1024)
        crowd.count("slow reader", answer.startswith(b"HTTP/1.1 200"), answer.decode(errors="replace"))
        yield
        for _ in range(3):
            with contextlib.suppress(OSError):  # It may have been short, or the administrator has ended it.
                connection.recv(1024, socket.MSG_DONTWAIT)
            yield
        reset(connection)


def reloader(crowd):
    client = Client(crowd, crowd.operator)
    while True:
        crowd.server.hang_up()
        crowd.count("SIGHUP", True)
        yield
        client.ask("reload", "POST", "/api/v1/admin/reload")
        yield
