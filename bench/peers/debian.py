"""Programs from Debian packages: of the system, or as `fetch` unpacked them."""
import os
import pathlib
import shutil
import subprocess


class DebianProgram:
    def __init__(self, package, program, folder):
        self.package = package
        self.folder = pathlib.Path(folder)
        root = self.folder / "root"
        self.path = next((str(root / place / program) for place in ("usr/bin", "usr/sbin")
                          if (root / place / program).exists()), None)
        self.unpacked = self.path is not None
        if not self.unpacked:
            self.path = shutil.which(program, path="/usr/bin:/usr/sbin")
        libraries = [str(root / place / "x86_64-linux-gnu") for place in ("usr/lib", "lib")]
        self.environment = dict(os.environ)
        if self.unpacked:
            self.environment["LD_LIBRARY_PATH"] = ":".join(libraries)

    def missing(self):
        return None if self.path else f"the Debian package {self.package} is not here; see bench/peers/fetch"

    def version(self):
        if not self.unpacked:
            asked = ["dpkg-query", "-W", "-f", "${Version}", self.package]
            return subprocess.run(asked, capture_output=True, text=True, check=False).stdout
        listed = (self.folder / "packages" / "unpacked").read_text().split()
        return next((line.partition("=")[2] for line in listed if line.startswith(self.package + "=")), "unknown")
