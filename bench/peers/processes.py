"""Starting, watching and ending the processes that are measured."""
import json
import os
import pathlib
import signal
import socket
import subprocess
import time

TICKS = os.sysconf("SC_CLK_TCK")


def free_port():
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def run_json(command):
    """Runs a program that prints one JSON object."""
    try:
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False,
                              timeout=1800)
    except subprocess.TimeoutExpired as late:
        raise RuntimeError(f"{command[0]} took longer than half an hour") from late
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))}: {done.stderr.strip()[-2000:]}")
    return json.loads(done.stdout)


class Server:
    """A server on 127.0.0.1, from its start until stop(). Its output goes to a file."""

    def __init__(self, command, port, log, environment=None):
        self.port = port
        self.log = pathlib.Path(log)
        with self.log.open("ab") as output:
            self.process = subprocess.Popen([str(word) for word in command], stdout=output, stderr=output,
                                            stdin=subprocess.DEVNULL, env=environment)
        try:
            self._wait_until_it_listens()
        except BaseException:
            self.stop()
            raise

    @property
    def pid(self):
        return self.process.pid

    def _wait_until_it_listens(self, seconds=60):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.02)
        tail = self.log.read_text(errors="replace")[-1000:]
        raise RuntimeError(f"{self.process.args[0]} does not listen on port {self.port}: {tail}")

    def cpu_seconds(self):
        stat = pathlib.Path(f"/proc/{self.pid}/stat").read_text()
        fields = stat.rpartition(")")[2].split()  # From field 3, the state, on; utime and stime are 14 and 15.
        return (int(fields[11]) + int(fields[12])) / TICKS

    def peak_memory_bytes(self):
        for line in pathlib.Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
        raise RuntimeError("no VmHWM")

    def wait_until_idle(self, at_most_seconds=60):
        """Until it has used less than a twentieth of a core for a second: background work is done."""
        deadline = time.monotonic() + at_most_seconds
        spent = [self.cpu_seconds()]
        while time.monotonic() < deadline:
            time.sleep(0.25)
            spent.append(self.cpu_seconds())
            if len(spent) > 4 and spent[-1] - spent[-5] <= 0.05:
                return

    def stop(self):
        """Asks it to end, and insists after a minute."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def folder_bytes(folder):
    """What the files in a folder take, once each, as the file system says it."""
    seen = {}
    for path in pathlib.Path(folder).rglob("*"):
        if path.is_file() and not path.is_symlink():
            status = path.stat()
            seen[status.st_ino] = status.st_size
    return sum(seen.values())
