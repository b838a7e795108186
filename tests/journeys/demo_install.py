"""One whole demo for the run: every process under its supervisor, and the means to stop or kill each of them."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import xmlrpc.client
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pyotp
from supervisor.xmlrpc import SupervisorTransport

from ringfence.demo.control import ProcessState, Supervisor
from ringfence.demo.layout import Layout

START_SECONDS = 300
HEALTHY_SECONDS = 90.0
POLL_SECONDS = 0.1
CODE_SECONDS = 30
STEADY_SECONDS = 1.2


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the demo, and what they need to sign in."""

    name: str
    role: str
    tenant: str
    workspace: str
    email: str
    password: str = field(repr=False)
    totp_secret: str = field(repr=False)

    def fresh_code(self) -> str:
        """Return a code that this run has not used before, waiting for the next one if it has.

        The gate takes each code once; a code that is about to end is not begun with.
        """
        while True:
            step, into = divmod(time.time(), CODE_SECONDS)
            if _used.get(self.email) != step and into < CODE_SECONDS - 3:
                _used[self.email] = step
                return str(pyotp.TOTP(self.totp_secret).now())
            time.sleep(POLL_SECONDS)


_used: dict[str, float] = {}


class DemoInstall:
    """A demo in a folder of its own, driven by the commands that make drives it with."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.layout = Layout(root / "v", free_port())
        self.welcome = ""
        self._seen: dict[int, bytes] = {}

    @property
    def base_url(self) -> str:
        """The address of the pages."""
        return self.layout.base_url

    def environment(self) -> dict[str, str]:
        """Return what the commands are run with: nothing of the test run's own settings."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        return kept | {"VAR": str(self.layout.var), "PORT": str(self.layout.port)}

    def say(self, *words: str, seconds: float = START_SECONDS) -> tuple[int, str]:
        """Run one command of the supervisor's to its end; return its exit code and what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "ringfence.demo.supervise", *words],
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    def start(self) -> None:
        """Start it and leave it running. Raises with its words when it cannot."""
        code, self.welcome = self.say("start", "--detach")
        if code != 0:
            raise RuntimeError(f"the demo does not start: {self.welcome}{self._tails()}")
        self.all_pids()

    def remove(self) -> None:
        """Stop it, whatever state it is in, and remove everything it wrote."""
        try:
            self.say("stop")
        finally:
            for pid in self._survivors():
                os.kill(pid, signal.SIGKILL)
            self.until(lambda: not self._survivors(), "its processes end")
            self.say("reset")
            shutil.rmtree(self.root, ignore_errors=True)

    def _survivors(self) -> list[int]:
        """Return which of the processes that we have seen still run, and are still the same ones."""
        return [pid for pid, birth in self._seen.items() if birth and _birth(pid) == birth]

    def _tails(self) -> str:
        logs = sorted((self.layout.var / "log").glob("*.log"))
        return "".join(f"\n--- {log.name}\n{log.read_text(errors='replace')[-600:]}" for log in logs)

    # People

    def people(self) -> dict[str, Any]:
        """Return demo.json."""
        found: dict[str, Any] = json.loads(self.layout.people_file.read_text(encoding="utf-8"))
        return found

    def person(self, first_name: str) -> Person:
        """Return somebody by their first name."""
        found = next(p for p in self.people()["people"] if p["name"].split()[0] == first_name)
        return Person(**{name: found[name] for name in Person.__slots__})

    def token(self, tenant: str, role: str) -> str:
        """Return the API token that the seed made for a role of a tenant."""
        return str(self.people()["tokens"][f"{tenant}:{role}"])

    # Processes

    def states(self) -> dict[str, ProcessState]:
        """Return every supervised process by name."""
        return {state.name: state for state in Supervisor(self.layout).states()}

    def pid_of(self, name: str) -> int:
        """Return the process id of a running process, waiting until it runs."""
        self.until(lambda: self.states()[name].state == "RUNNING", f"{name} runs")
        return self.states()[name].pid

    def all_pids(self) -> dict[int, str]:
        """Return every process of the demo, children too: pid -> the supervised process it belongs to."""
        found = {state.pid: name for name, state in self.states().items() if state.pid}
        waiting = list(found)
        while waiting:
            parent = waiting.pop()
            for child in children_of(parent):
                found[child] = found[parent]
                waiting.append(child)
        self._seen |= {pid: _birth(pid) for pid in found}
        return found

    def kill(self, name: str) -> int:
        """Kill -9 a process by its id, and return that."""
        self.all_pids()
        pid = self.pid_of(name)
        kill_hard(pid)
        return pid

    def kill_child(self, name: str) -> int | None:
        """Kill -9 one child of a process; None when it has none."""
        children = children_of(self.pid_of(name))
        return next((pid for pid in reversed(children) if kill_hard(pid)), None)

    def kill_backend(self) -> int | None:
        """Kill -9 the PostgreSQL process that serves one of the web's connections; None when there is none."""
        with self.superuser("cell") as connection:
            found = connection.execute(
                "select pid from pg_stat_activity where usename = 'rf_app' order by state_change desc limit 1"
            ).fetchone()
        return found[0] if found and kill_hard(found[0]) else None

    def _control(self) -> Any:
        transport = SupervisorTransport(
            "demo", self.layout.secret("supervisor"), serverurl=f"unix://{self.layout.control_socket()}"
        )
        return xmlrpc.client.ServerProxy("http://localhost", transport=transport).supervisor

    @contextmanager
    def without(self, name: str) -> Iterator[None]:
        """Keep one process stopped, and start it again at the end."""
        group = "stores" if name in ("postgres", "valkey") else "services"
        self._control().stopProcess(f"{group}:{name}", True)
        try:
            yield
        finally:
            self._control().startProcess(f"{group}:{name}", False)

    # Health

    def healthz(self) -> tuple[int, dict[str, Any]]:
        """Ask once; (0, {}) when nothing answers."""
        try:
            with urllib.request.urlopen(f"{self.base_url}/healthz", timeout=10) as answer:  # noqa: S310 - our own
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                try:
                    return error.code, json.load(error)
                except ValueError:
                    return error.code, {}
        except (OSError, ValueError):
            return 0, {}

    def healthy(self) -> bool:
        """Tell whether every component answers."""
        return self.healthz()[0] == 200

    def until(self, wanted: Callable[[], object], what: str, seconds: float = HEALTHY_SECONDS) -> float:
        """Wait until `wanted()` is true; return the seconds it took. Raises AssertionError naming `what`."""
        begun = time.monotonic()
        while not wanted():
            if time.monotonic() - begun > seconds:
                raise AssertionError(f"not within {seconds:.0f} s: {what}; healthz {self.healthz()}")
            time.sleep(POLL_SECONDS)
        return time.monotonic() - begun

    def until_steady(
        self, wanted: Callable[[], object], what: str, seconds: float = HEALTHY_SECONDS
    ) -> float:
        """Wait until `wanted()` is true and stays so; return the seconds until it became so.

        Each web process remembers its last measure for half a second, so one good answer proves little.
        """
        begun = since = time.monotonic()

        def steady() -> bool:
            nonlocal since
            if not wanted():
                since = time.monotonic()
            return time.monotonic() - since > STEADY_SECONDS

        self.until(steady, what, seconds)
        return since - begun

    def settle(self) -> None:
        """Wait until it is healthy."""
        self.until_steady(self.healthy, "the demo is healthy")

    # Database

    def superuser(self, database: str) -> psycopg.Connection[Any]:
        """Return a connection as superuser, autocommit: what only whoever owns the machine can do."""
        return psycopg.connect(self.layout.postgres.superuser_url(database), autocommit=True)


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as line:
        return int(line.getsockname()[1])


def new_install() -> DemoInstall:
    """Return a demo that is not started yet, in a private folder with a short path."""
    return DemoInstall(Path(tempfile.mkdtemp(prefix="rfj-", dir="/tmp")))


def kill_hard(pid: int) -> bool:
    """Kill -9 one process; tell whether it was there."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def children_of(pid: int) -> list[int]:
    """Return the direct children of a process, oldest first."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdecimal():
            status = _read(f"/proc/{entry}/stat").rpartition(b")")[2].split()
            if len(status) > 1 and int(status[1]) == pid and status[0] != b"Z":
                found.append(int(entry))
    return sorted(found)


def _birth(pid: int) -> bytes:
    """Return when a process began, in the kernel's ticks; empty when it has ended."""
    status = _read(f"/proc/{pid}/stat").rpartition(b")")[2].split()
    return b"" if not status or status[0] == b"Z" else status[19]


def _read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError:
        return b""
