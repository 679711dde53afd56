"""The package as it is installed: a wheel, made without a network, in an environment of its own."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest
import zipfile

from support import PACKAGE, needs


@needs("pip", "setuptools", "wheel", "venv", "ensurepip")
class Wheel(unittest.TestCase):
    def test_can_be_made_offline_installed_and_used(self):
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            shutil.copytree(
                PACKAGE, folder / "source", ignore=shutil.ignore_patterns("*.egg-info", "build", "__pycache__")
            )
            environment = {
                **os.environ,
                "PIP_NO_INDEX": "1",
                "PIP_DISABLE_PIP_VERSION_CHECK": "1",
                "PIP_CACHE_DIR": str(folder / "cache"),
            }
            environment.pop("PYTHONPATH", None)

            def run(*arguments):
                run = subprocess.run(
                    list(map(str, arguments)), env=environment, cwd=folder, capture_output=True, text=True, timeout=300
                )
                self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
                return run.stdout

            run(
                sys.executable,
                "-m",
                "pip",
                "wheel",
                "--no-build-isolation",
                "--no-deps",
                "--wheel-dir",
                folder,
                folder / "source",
            )
            (wheel,) = folder.glob("*.whl")
            self.assertRegex(wheel.name, r"^luminate-[0-9.]+-py3-none-any\.whl$")
            names = zipfile.ZipFile(wheel).namelist()
            self.assertIn("luminate/py.typed", names)
            self.assertEqual([name for name in names if not name.startswith("luminate") or name.endswith(".so")], [])
            sources = {f"luminate/{path.name}" for path in (PACKAGE / "src/luminate").glob("*.py")}
            self.assertEqual(sources - set(names), set())

            run(sys.executable, "-m", "venv", "--system-site-packages", folder / "venv")
            python = folder / "venv/bin/python"
            run(python, "-m", "pip", "install", "--no-deps", "--no-index", wheel)
            said = run(
                python, "-c", "import luminate; print(luminate.__file__, luminate.open('memory:').health()['status'])"
            )
            self.assertTrue(said.startswith(str(folder / "venv")) and said.endswith(" ok\n"), said)


if __name__ == "__main__":
    unittest.main()
