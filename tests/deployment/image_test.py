#!/usr/bin/env python3
"""image_test.py <source folder> <luminate-server>: runs the program from the tree that the container image consists of,
as a container would: the tree is the root and read-only, the user is the image's, without any privilege; only /data
can be written. Root is needed for that: without, it is skipped.
"""
import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request

SOURCE = pathlib.Path(sys.argv[1])
SERVER = sys.argv[2]
SKIPPED = 77
USER = 65532
SECRET = "a secret of a test, of 32 bytes and more"

# As an engine of containers does: mounts that nobody else sees, and a root that nobody writes.
CONTAIN = """
    mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && mount --bind "$1" "$0/data" || exit 125
    shift
    exec chroot --userspec=%d:%d --groups= "$0" /usr/bin/luminate-server "$@"
""" % (USER, USER)


def why_not():
    if os.geteuid() != 0:
        return "only root can make a root file system"
    if subprocess.run(["unshare", "--mount", "true"], capture_output=True).returncode != 0:
        return "this machine lets nobody make mounts of his own"
    if not os.path.exists("/etc/ssl/certs/ca-certificates.crt"):
        return "there are no certificates; packaging/install-dependencies image gets them"
    return None


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Image(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = pathlib.Path(tempfile.mkdtemp())
        cls.root = cls.scratch / "root"
        subprocess.run([SOURCE / "packaging/docker/collect", SERVER, cls.root], cwd=SOURCE, check=True)
        (cls.root / "data").mkdir()  # The Dockerfile makes it.

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.scratch)

    def setUp(self):
        self.data = pathlib.Path(tempfile.mkdtemp(dir=self.scratch))
        os.chown(self.data, USER, USER)
        self.environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LUMINATE_AUTH_JWT_SECRET": SECRET,
                            "LUMINATE_SERVER_HOST": "127.0.0.1", "LUMINATE_SERVER_PORT": str(free_port())}

    def command(self, *arguments):
        return ["unshare", "--mount", "setpriv", "--no-new-privs", "sh", "-c", CONTAIN, self.root, self.data, *arguments]

    def run_tool(self, *arguments):
        return subprocess.run(self.command(*arguments), env=self.environment, capture_output=True, text=True, timeout=60)

    @contextlib.contextmanager
    def server(self):
        server = subprocess.Popen(self.command("--config", "/etc/luminate/luminate.yaml"), env=self.environment,
                                  stderr=subprocess.PIPE, text=True)
        try:
            for line in server.stderr:
                if line.startswith("{") and json.loads(line).get("port"):
                    break
            else:
                self.fail(f"the server did not start: {server.wait()}")
            yield server
        finally:
            server.kill()
            server.stderr.close()
            server.wait()

    def ask(self, path, token, body=None):
        request = urllib.request.Request(f"http://127.0.0.1:{self.environment['LUMINATE_SERVER_PORT']}{path}", body,
                                         {"Authorization": f"Bearer {token}", "Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def test_serves_on_a_read_only_root_and_is_healthy(self):
        config = ("--config", "/etc/luminate/luminate.yaml")
        token = self.run_tool("token", *config, "--tenant", "acme").stdout.strip()
        with self.server() as server:
            status = pathlib.Path(f"/proc/{server.pid}/status").read_text()
            self.assertEqual(re.search(r"^Uid:\s+(.*)", status, re.MULTILINE)[1].split(), [str(USER)] * 4)
            self.assertEqual(re.search(r"^CapEff:\s+(.*)", status, re.MULTILINE)[1], "0" * 16)
            self.assertEqual(re.search(r"^NoNewPrivs:\s+(.*)", status, re.MULTILINE)[1], "1")
            with self.assertRaises(OSError, msg="its root can be written"):
                pathlib.Path(f"/proc/{server.pid}/root/tmp/file").write_text("")

            healthy = self.run_tool("health", *config)
            self.assertEqual((healthy.returncode, healthy.stdout), (0, "ok: /healthz answers 200 OK\n"), healthy)
            self.assertEqual(self.run_tool("health", *config, "--ready").returncode, 0)
            point = {"name": "visits", "value": 3, "timestamp": int(time.time() * 1000)}
            self.assertEqual(self.ask("/api/v1/write", token, json.dumps({"metrics": [point]}).encode())["accepted"], 1)
            self.assertEqual(self.ask("/api/v1/metrics", token), {"metrics": ["visits"]})
            server.send_signal(signal.SIGTERM)
            self.assertEqual(server.wait(timeout=30), 0)
        self.assertEqual([path.name for path in self.data.iterdir()], ["metrics.db"])
        self.assertEqual(self.run_tool("health", *config).returncode, 1)

    def test_starts_for_nobody_who_gives_no_secret(self):
        del self.environment["LUMINATE_AUTH_JWT_SECRET"]
        refused = self.run_tool("--config", "/etc/luminate/luminate.yaml")
        self.assertEqual(refused.returncode, 2, refused)
        self.assertIn("jwt_secret", refused.stderr)

    def test_has_what_the_program_needs_and_no_shell(self):
        files = {str(path.relative_to(self.root)) for path in self.root.rglob("*") if path.is_file()}
        self.assertEqual({path for path in files if path.startswith("usr/bin/")}, {"usr/bin/luminate-server"})
        self.assertIn("etc/ssl/certs/ca-certificates.crt", files)
        self.assertIn("usr/share/doc/luminate-server/copyright", files)
        packages = {path.removeprefix("var/lib/dpkg/status.d/") for path in files if path.startswith("var/lib/dpkg/")}
        self.assertLessEqual({"libc6", "libssl3", "libsqlite3-0", "libpq5", "ca-certificates"}, packages)
        for package in packages:
            self.assertIn(f"usr/share/doc/{package}/copyright", files)
            said = (self.root / "var/lib/dpkg/status.d" / package).read_text()
            self.assertTrue(said.startswith(f"Package: {package}\n"), said)
        self.assertGreater(len(packages), 20)
        writable = [path for path in self.root.rglob("*") if not path.is_symlink() and path.stat().st_mode & 0o022]
        self.assertEqual(writable, [self.root / "tmp"])


if __name__ == "__main__":
    if reason := why_not():
        print(f"skipped: {reason}")
        sys.exit(SKIPPED)
    unittest.main(argv=sys.argv[:1])
