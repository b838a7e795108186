"""A demo for the benches: started by `make demo` in a clone of its own or in this checkout, timed, and stopped."""

import contextlib
import http.client
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ringfence.demo.control import Supervisor
from ringfence.demo.layout import Layout
from tests.bench.meters import own_memory_mb, resident_mb, tree
from tests.bench.ours import free_port
from tests.stack import REPO

START_SECONDS = 1_200.0
STOP_SECONDS = 120.0
READY = "Ringfence runs at"


class DemoRun:
    """One `make demo`, in a folder of its own."""

    def __init__(self, *, cold: bool) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="rfc-", dir="/tmp"))
        self.layout = Layout(self._folder / "var", free_port())
        self.repo = self._folder / "clone" if cold else REPO
        self._environment = {**os.environ, "VAR": str(self.layout.var), "PORT": str(self.layout.port)}
        if cold:
            subprocess.run(
                ["git", "clone", "--quiet", "--no-hardlinks", str(REPO), str(self.repo)], check=True
            )
            # Nothing that an earlier install left behind may help.
            for name in ("PIP_CACHE_DIR", "npm_config_cache", "XDG_CACHE_HOME"):
                self._environment[name] = str(self._folder / name)
            self._environment.pop("VIRTUAL_ENV", None)
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> float:
        """Run `make demo`; return the seconds until it says where it runs. Raises RuntimeError with its output."""
        began, said = time.perf_counter(), list[str]()
        self._process = subprocess.Popen(
            ["make", "demo"],
            cwd=self.repo,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        for line in self._process.stdout or ():
            said.append(line)
            if READY in line:
                return time.perf_counter() - began
            if time.perf_counter() - began > START_SECONDS:
                break
        raise RuntimeError(f"the demo did not start: {''.join(said)[-2000:]}")

    def stop(self) -> None:
        """End it as Ctrl-C does."""
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGINT)
        self._process.communicate(timeout=STOP_SECONDS)
        self._process = None

    def remove(self) -> None:
        """Stop it, and remove its data and its clone."""
        self.stop()
        subprocess.run(
            ["make", "reset"], cwd=self.repo, env=self._environment, capture_output=True, check=False
        )
        shutil.rmtree(self._folder, ignore_errors=True)

    def command(self, *words: str) -> str:
        """Run a management command in the environment of one of its processes; return what it prints."""
        done = subprocess.run(
            [str(self.repo / ".venv/bin/python"), "-m", "ringfence.demo.command", *words],
            cwd=self.repo, env=self._environment, capture_output=True, text=True, timeout=600, check=False,
        )  # fmt: skip
        if not done.stdout:
            raise RuntimeError(f"{words}: {done.stderr[-1000:]}")
        return done.stdout

    def people(self) -> dict[str, Any]:
        """Return what `demo.json` says of people and tokens."""
        found: dict[str, Any] = json.loads(self.layout.people_file.read_text())
        return found

    def project(self) -> tuple[str, str]:
        """Return (tenant, project) that the demo's first labeler works in."""
        tenant, token = next(
            (key.split(":")[0], token)
            for key, token in self.people()["tokens"].items()
            if key.endswith(":labeler")
        )
        connection = http.client.HTTPConnection("127.0.0.1", self.layout.port, timeout=30)
        connection.request("GET", f"/api/v1/{tenant}/projects", headers={"Authorization": f"Bearer {token}"})
        return tenant, json.loads(connection.getresponse().read())["projects"][0]["id"]

    def memory(self) -> Iterator[tuple[str, float, list[float]]]:
        """Yield (program, MB of proportional memory, MB resident of each of its processes)."""
        roots = {state.name: state.pid for state in Supervisor(self.layout).states() if state.pid}
        for name, pid in roots.items():
            processes = tree(pid)
            yield name, sum(map(own_memory_mb, processes)), [resident_mb(one) for one in processes]
