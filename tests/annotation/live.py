"""The web server and a worker as real processes, for tests of streams, memory and deaths."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from tests.stack import REPO, Stack

PATIENCE_SECONDS = 300


class Processes:
    """One web worker and one Celery worker on a stack; each can be killed and started again."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        (stack.directory / "static").mkdir(exist_ok=True)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def start_web(self) -> None:
        """Start the server and wait until it answers."""
        self._start(
            "web", "rf_app",
            ["granian", "--interface", "wsgi", "ringfence.wsgi:application", "--host", "127.0.0.1", "--port",
             str(self.port), "--workers", "1", "--blocking-threads", "2", "--http", "1", "--no-ws",
             "--log-level", "warning"],
        )  # fmt: skip
        wait_until(self._answers)

    def start_worker(self) -> None:
        """Start a worker of one process; it takes jobs when it is ready."""
        self._start(
            "worker", "rf_worker",
            ["celery", "-A", "ringfence.celery", "worker", "--pool=solo", "--queues=tenant", "--loglevel=warning",
             "--without-gossip", "--without-mingle"],
        )  # fmt: skip

    def kill(self, name: str) -> None:
        """Kill a process and its children with -9."""
        process = self.running.pop(name)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        """End what still runs."""
        for name in list(self.running):
            self.kill(name)

    def peak_mib(self, name: str) -> float:
        """Return the highest resident memory so far, of the largest process of the group, in MiB."""
        group = self.running[name].pid
        peaks = []
        for folder in Path("/proc").iterdir():
            with suppress(OSError, ValueError):
                if os.getpgid(int(folder.name)) == group:
                    lines = (folder / "status").read_text().splitlines()
                    peaks += [int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")]
        return max(peaks)

    def connection(self) -> http.client.HTTPConnection:
        """Return a connection to the server."""
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)

    def send(
        self, path: str, secret: str, body: Iterable[bytes], *, length: int | None, content_type: str
    ) -> tuple[int, bytes]:
        """Send a body piece by piece, chunked when its length is None; return (status, answer)."""
        connection = self.connection()
        headers = {"Authorization": f"Bearer {secret}", "Content-Type": content_type}
        if length is not None:
            headers["Content-Length"] = str(length)
        # A server that has answered early may close its end while we still send.
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.request("POST", path, body=body, headers=headers, encode_chunked=length is None)
        answer = connection.getresponse()
        told = answer.read()
        connection.close()
        return answer.status, told

    def _start(self, name: str, role: str, command: list[str]) -> None:
        log = (self._stack.directory / f"{name}.log").open("ab")
        self.running[name] = subprocess.Popen(
            [sys.executable, "-m", *command], cwd=REPO, env=self._stack.environment(role),
            stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip

    def _answers(self) -> bool:
        try:
            connection = self.connection()
            connection.request("GET", "/healthz")
            connection.getresponse().read()
        except OSError:
            return False
        return True


def wait_until(true: Callable[[], bool]) -> None:
    """Return as soon as `true()`. Raises TimeoutError after PATIENCE_SECONDS."""
    until = time.monotonic() + PATIENCE_SECONDS
    while not true():
        if time.monotonic() > until:
            raise TimeoutError
        time.sleep(0.02)
