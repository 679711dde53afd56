"""The server under load: starts it, looks at it from outside, ends it."""
import os
import re
import signal
import subprocess
import time

SECRET = "a secret of the soak test, 32 bytes"

CONFIGURATION = """
storage:
  url: {url}
auth:
  enabled: true
  jwt_secret: {secret}
{more}
"""

# What a server may not have yet, or calls otherwise, is left out: --print-config knows.
MORE = {
    "rate_limits": "  write_requests_per_second: 10000\n  query_requests_per_second: 10000\n"
                   "  metrics_per_second: 10000000\n  concurrent_queries: 100\n",
    "retention": "  cleanup_interval: 5s\n",
}


class Server:
    def __init__(self, program, folder, storage_url=None):
        self.program = str(program.resolve())
        self.folder = folder
        self.file = None if storage_url else folder / "soak.db"
        self.config = folder / "soak.yaml"
        known = subprocess.run([self.program, "--print-config"], capture_output=True, text=True, check=True).stdout
        more = "".join(f"{section}:\n{keys}" for section, keys in MORE.items()
                       if re.search(rf"^{section}:", known, re.MULTILINE))
        self.config.write_text(CONFIGURATION.format(url=storage_url or f"sqlite:{self.file}", secret=SECRET, more=more))
        self.process = None
        self.port = 0

    def __enter__(self):
        log = self.folder / "log"
        with open(log, "wb") as out:
            self.process = subprocess.Popen(
                [self.program, "--config", str(self.config), "--port", "0", "--log-format", "json"],
                stdout=out, stderr=out, stdin=subprocess.DEVNULL)
        for _ in range(600):
            found = re.search(r'"port":(\d+)', log.read_text(errors="replace"))
            if found:
                self.port = int(found[1])
                return self
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        self.process.kill()
        raise SystemExit(f"the server did not start: {log.read_text(errors='replace')}")

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def token(self, *flags):
        made = subprocess.run([self.program, "token", "--config", str(self.config), "--ttl", "48h", *flags],
                              capture_output=True, text=True, check=True)
        return made.stdout.strip()

    def look(self):
        """What it holds now, in numbers."""
        of = f"/proc/{self.process.pid}"
        with open(f"{of}/status") as status:
            fields = dict(line.split(":", 1) for line in status)
        sample = {
            "rss": int(fields["VmRSS"].split()[0]) * 1024,
            "threads": int(fields["Threads"]),
            "descriptors": len(os.listdir(f"{of}/fd")),
        }
        if self.file:
            sample["file"] = size(self.file)
            sample["wal"] = size(f"{self.file}-wal")
        return sample

    def cpu_seconds(self):
        with open(f"/proc/{self.process.pid}/stat") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def hang_up(self):
        self.process.send_signal(signal.SIGHUP)

    def stop(self):
        self.process.terminate()
        try:
            return self.process.wait(60)
        except subprocess.TimeoutExpired:
            return "none: it did not end within a minute"

    def check(self):
        """None, or what is wrong with the file that it leaves."""
        if not self.file:
            return None
        checked = subprocess.run([self.program, "check", str(self.file)], capture_output=True, text=True, check=False)
        return None if checked.returncode == 0 else (checked.stdout + checked.stderr)[-500:]


def size(path):
    try:
        return os.stat(path).st_size
    except FileNotFoundError:
        return 0
