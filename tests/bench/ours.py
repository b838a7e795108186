"""Our side of the labeling bench: web, sequencer and signer as the demo runs them, projects, labelers, pages."""

import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import psycopg

from tests.bench import workload
from tests.bench.closed_loop import Figures, Labeler, Refused, run_loop
from tests.bench.log import Ledger, LogCheck, wait_signed
from tests.bench.wire import Wire
from tests.stack import Stack

READY_SECONDS = 60.0


@contextlib.contextmanager
def services(stack: Stack) -> Iterator[tuple[int, dict[str, int]]]:
    """Run web, sequencer and signer with the demo's own options; yield (port, pid by name)."""
    port = free_port()
    web = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "ringfence.wsgi:application",
        "--host", "127.0.0.1", "--port", str(port), "--workers", "2", "--blocking-threads", "4",
        "--http", "1", "--no-ws", "--no-access-log", "--log-level", "warning",
    ]  # fmt: skip
    manage = [sys.executable, "-m", "django"]
    processes = {
        "web": subprocess.Popen(web, env=stack.environment()),
        "sequencer": subprocess.Popen([*manage, "sequencer"], env=stack.environment("rf_sequencer")),
        "signer": subprocess.Popen([*manage, "signer"], env=stack.environment("rf_signer")),
    }
    try:
        wait_for(port)
        yield port, {name: process.pid for name, process in processes.items()}
    finally:
        for process in processes.values():
            process.terminate()
        for process in processes.values():
            process.wait(20)


def free_port() -> int:
    """Return a port on loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int) -> None:
    """Return when somebody listens on `port`. Raises TimeoutError."""
    until = time.monotonic() + READY_SECONDS
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        if time.monotonic() > until:
            raise TimeoutError(f"nobody listens on port {port}")
        time.sleep(0.1)


class Person:
    """One labeler of ours; counts what the log must hold."""

    def __init__(self, wire: Wire, base: str) -> None:
        self.wire, self._base, self._n = wire, base, 0
        self.project, self.ledger = "", Ledger()

    def answer(self) -> tuple[float, float] | None:
        """Take one item and answer it; see `Labeler`."""
        start = time.perf_counter()
        status, taken = self.wire.send(
            "POST", f"{self._base}projects/{self.project}/tasks/next", {"count": 1}
        )
        got = time.perf_counter()
        if status != 200:
            raise Refused(f"next: {status} {taken}")
        if not taken["tasks"]:
            return None
        self.ledger.delivered += 1
        self._n += 1
        body = {"answer": {"feeling": workload.CHOICES[self._n % 3]}, "lead_ms": 1000}
        task = taken["tasks"][0]["id"]
        submitted = time.perf_counter()
        status, said = self.wire.send("POST", f"{self._base}tasks/{task}/submission", body)
        done = time.perf_counter()
        if status != 201:
            raise Refused(f"submit: {status} {said}")
        self.ledger.accepted += 1
        return (got - start) * 1000, (done - submitted) * 1000


class Ours:
    """One tenant on a running stack."""

    name = "Ringfence"

    def __init__(self, stack: Stack, port: int, pids: dict[str, int]) -> None:
        # Models can be imported only now, after `django.setup()`.
        from tests.bench.tenant import BenchTenant

        self._stack, self._port = stack, port
        self.servers = {**pids, "postgres": int(stack.cluster.pid or 0)}
        self._tenant = BenchTenant()
        self._people: list[Person] = []
        self._projects: dict[int, tuple[str, float]] = {}
        self._superuser: psycopg.Connection[Any] = psycopg.connect(
            stack.cluster.superuser_url("cell"), autocommit=True
        )

    @property
    def imports(self) -> list[dict[str, float]]:
        """What each import took."""
        return self._tenant.imports

    def run(
        self, tasks: int, labelers: int, seconds: float, *, warm: float = 2.0, pause: float = 0.0
    ) -> Figures:
        """Run the loop in a project of `tasks` items, then hold the log against what the clients counted."""
        self._hire(labelers)
        project = self._project(tasks)
        people: list[Labeler] = []
        told = Ledger()
        for person in self._people[:labelers]:
            person.project, person.ledger = project, Ledger()
            # The server ends connections that rest for half a minute, as they do between runs.
            person.wire.close()
            people.append(person)
        check = LogCheck(self._superuser, self._tenant.tenant_id)
        figures = Figures(self.name if not pause else f"{self.name}, at a human pace", tasks, labelers)
        run_loop(figures, people, self.servers, seconds=seconds, warm=warm, pause=pause)
        if figures.refusals:
            raise RuntimeError(f"requests were refused: {figures.refusals[:3]}")
        for person in self._people[:labelers]:
            told.delivered += person.ledger.delivered
            told.accepted += person.ledger.accepted
        check.hold(told)
        self._spend(tasks, labelers, told.accepted)
        return figures

    def pages(self, tasks: int, times: int = 20) -> dict[str, list[float]]:
        """Return the ms of the first and the last list page of 100 items, each opened and logged."""
        project = self._project(tasks)
        wire = Wire(self._port, {"Authorization": f"Bearer {self._tenant.manager_token()}"})
        check = LogCheck(self._superuser, self._tenant.tenant_id)
        row = self._superuser.execute(
            "SELECT seq FROM annotation_task WHERE project_id = %s ORDER BY seq DESC OFFSET 100 LIMIT 1",
            [project],
        ).fetchone()
        found = {}
        for name, after in (("first", 0), ("last", row[0] if row else 0)):
            path = f"{self._tenant.base}projects/{project}/items?after={after}"
            spent = []
            for _ in range(times + 1):
                start = time.perf_counter()
                status, page = wire.send("GET", path)
                spent.append((time.perf_counter() - start) * 1000)
                if status != 200 or len(page["items"]) != 100:
                    raise RuntimeError(f"page: {status} {str(page)[:200]}")
            found[name] = spent[1:]
        check.hold(Ledger(pages=2 * (times + 1)))
        wire.close()
        return found

    def recompute(self) -> int:
        """Recompute the whole log; return its leaves."""
        return LogCheck(self._superuser, self._tenant.tenant_id).recompute(self._stack)

    def close(self) -> None:
        """Close what was opened."""
        for person in self._people:
            person.wire.close()
        self._superuser.close()

    def _hire(self, count: int) -> None:
        while len(self._people) < count:
            wire = Wire(self._port, {"Authorization": f"Bearer {self._tenant.hire()}"})
            self._people.append(Person(wire, self._tenant.base))

    def _project(self, tasks: int) -> str:
        """Return a project of this size of which little is done; import one where there is none."""
        project, spent = self._projects.get(tasks, ("", 1.0))
        if spent > 0.2:
            project = str(self._tenant.project(tasks))
            self._projects[tasks] = (project, 0.0)
            self._superuser.execute("VACUUM (ANALYZE)")
            self._superuser.execute("CHECKPOINT")
            wait_signed(self._superuser, self._tenant.tenant_id)
        return project

    def _spend(self, tasks: int, labelers: int, answers: int) -> None:
        """Note how much of a project is done: of all wanted answers, or of what one labeler may answer."""
        project, spent = self._projects[tasks]
        overlap = workload.overlap_of(tasks)
        share = max(answers / (tasks * overlap), answers / labelers / tasks if overlap > 1 else 0.0)
        self._projects[tasks] = (project, spent + share)
