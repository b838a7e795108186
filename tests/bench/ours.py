"""Our side of the labeling bench: web, sequencer and signer as the demo runs them, projects, labelers, pages."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import psycopg

from tests.bench import workload
from tests.bench.closed_loop import Figures, Labeler, Refused, run_loop
from tests.bench.log import Ledger, LogCheck, wait_signed
from tests.bench.wire import Wire
from tests.stack import Stack

READY_SECONDS = 60.0
OVERLAP_BELOW = 10_000
"""Smaller projects ask for 16 answers to each item, so that 16 labelers have something to do for a while."""


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
    """One labeler of ours."""

    def __init__(self, wire: Wire, tenant: str, ledger: Ledger) -> None:
        self._wire, self._ledger, self._n = wire, ledger, 0
        self._base = f"/api/v1/{tenant}/"
        self.project = ""

    def answer(self) -> tuple[float, float] | None:
        """Take one item and answer it; see `Labeler`."""
        start = time.perf_counter()
        status, taken = self._wire.send(
            "POST", f"{self._base}projects/{self.project}/tasks/next", {"count": 1}
        )
        got = time.perf_counter()
        if status != 200:
            raise Refused(f"next: {status} {taken}")
        if not taken["tasks"]:
            return None
        self._ledger.delivered += 1
        self._n += 1
        body = {"answer": {"feeling": workload.CHOICES[self._n % 3]}, "lead_ms": 1000}
        task = taken["tasks"][0]["id"]
        submitted = time.perf_counter()
        status, said = self._wire.send("POST", f"{self._base}tasks/{task}/submission", body)
        done = time.perf_counter()
        if status != 201:
            raise Refused(f"submit: {status} {said}")
        self._ledger.accepted += 1
        return (got - start) * 1000, (done - submitted) * 1000


class Ours:
    """One tenant on a running stack."""

    name = "Ringfence"

    def __init__(self, stack: Stack, port: int, pids: dict[str, int]) -> None:
        from ringfence.kernel.permissions import Role
        from tests.world import new_workspace

        self._stack, self._port = stack, port
        self.servers = {**pids, "postgres": int(stack.cluster.pid or 0)}
        self._workspace = new_workspace("Bench")
        self.tenant_id: UUID = self._workspace.tenant_id
        self._manager = self._workspace.someone(Role.MANAGER)
        self._people: list[Person] = []
        self._ledgers: list[Ledger] = []
        self._projects: dict[int, tuple[str, float]] = {}
        self._superuser: psycopg.Connection[Any] = psycopg.connect(
            stack.cluster.superuser_url("cell"), autocommit=True
        )
        self._check: LogCheck | None = None
        self.imports: list[dict[str, float]] = []

    def run(
        self, tasks: int, labelers: int, seconds: float, *, warm: float = 2.0, pause: float = 0.0
    ) -> Figures:
        """Run the loop in a project of `tasks` items, then hold the log against what the clients counted."""
        self._hire(labelers)
        project = self._project(tasks)
        people: list[Labeler] = []
        for person in self._people[:labelers]:
            person.project = project
            people.append(person)
        check = LogCheck(self._superuser, self.tenant_id)
        for ledger in self._ledgers:
            ledger.delivered = ledger.accepted = 0
        figures = Figures(self.name if not pause else f"{self.name}, at a human pace", tasks, labelers)
        run_loop(figures, people, self.servers, seconds=seconds, warm=warm, pause=pause)
        if figures.refusals:
            raise RuntimeError(f"requests were refused: {figures.refusals[:3]}")
        told = Ledger(
            delivered=sum(ledger.delivered for ledger in self._ledgers),
            accepted=sum(ledger.accepted for ledger in self._ledgers),
        )
        check.hold(told)
        self._check = check
        self._spend(tasks, labelers, told.accepted)
        return figures

    def pages(self, tasks: int, times: int = 20) -> dict[str, list[float]]:
        """Return the ms of the first and the last list page of 100 items, each opened and logged."""
        from ringfence.kernel.context import acting
        from ringfence.kernel.permissions import Permission
        from tenants.services.manage_tokens import create_token

        project = self._project(tasks)
        context = self._manager.context
        with acting(context):
            _, secret = create_token(context, label="pages", permissions=[Permission.ITEM_READ], days=1)
        wire = Wire(self._port, {"Authorization": f"Bearer {secret}"})
        check = LogCheck(self._superuser, self.tenant_id)
        row = self._superuser.execute(
            "SELECT seq FROM annotation_task WHERE project_id = %s ORDER BY seq DESC OFFSET 100 LIMIT 1",
            [project],
        ).fetchone()
        found = {}
        for name, after in (("first", 0), ("last", row[0] if row else 0)):
            path = f"/api/v1/{self._workspace.public_id}/projects/{project}/items?after={after}"
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
        return LogCheck(self._superuser, self.tenant_id).recompute(self._stack)

    def close(self) -> None:
        """Close what was opened."""
        for person in self._people:
            person._wire.close()
        self._superuser.close()

    def _hire(self, count: int) -> None:
        from ringfence.kernel.context import acting
        from ringfence.kernel.permissions import Permission, Role
        from tenants.services.manage_tokens import create_token

        grown = len(self._people) < count
        while len(self._people) < count:
            context = self._workspace.someone(Role.LABELER, len(self._people)).context
            with acting(context):
                _, secret = create_token(context, label="bench", permissions=[Permission.TASK_LABEL], days=1)
            self._ledgers.append(Ledger())
            wire = Wire(self._port, {"Authorization": f"Bearer {secret}"})
            self._people.append(Person(wire, self._workspace.public_id, self._ledgers[-1]))
        if grown:
            for project, _ in self._projects.values():
                self._assign(UUID(project))

    def _project(self, tasks: int) -> str:
        """Return a project of this size of which little is done; import one where there is none."""
        project, spent = self._projects.get(tasks, ("", 1.0))
        if spent > 0.2:
            project = str(self._import(tasks))
            self._projects[tasks] = (project, 0.0)
            self._superuser.execute("VACUUM (ANALYZE)")
            self._superuser.execute("CHECKPOINT")
            wait_signed(self._superuser, self.tenant_id)
        return project

    def _spend(self, tasks: int, labelers: int, answers: int) -> None:
        """Note how much of a project is done: of all wanted answers, or of what one labeler may answer."""
        project, spent = self._projects[tasks]
        overlap = 16 if tasks < OVERLAP_BELOW else 1
        share = max(answers / (tasks * overlap), answers / labelers / tasks if overlap > 1 else 0.0)
        self._projects[tasks] = (project, spent + share)

    def _import(self, tasks: int) -> UUID:
        from annotation.formats.rows import Format
        from annotation.services.create_project import create_project
        from annotation.services.receive_upload import Upload
        from annotation.services.run_import import run_import
        from annotation.services.set_schema import set_schema
        from annotation.services.start_import import start_import
        from ringfence.kernel.context import acting

        manager = self._manager.context
        with acting(manager):
            project = create_project(
                manager, name=f"Bench {tasks}", overlap=16 if tasks < OVERLAP_BELOW else 1
            )
        with acting(manager):
            set_schema(manager, project_id=project, schema=workload.SCHEMA)
        began, load = time.perf_counter(), os.getloadavg()[0]
        job = start_import(manager, project_id=project, file_name="bench.jsonl", declared_bytes=None)
        upload = Upload(manager, job_id=job.job_id, project_id=project, file_format=Format.JSONL)
        for piece in workload.lines(tasks, seed=tasks):
            upload.write(piece)
        upload.finish()
        while run_import(self._manager.context, job_id=job.job_id) == "waiting":
            pass
        seconds = time.perf_counter() - began
        self.imports.append({"tasks": tasks, "per_second": tasks / seconds, "load": load})
        self._assign(project)
        return project

    def _assign(self, project: UUID) -> None:
        from annotation.services.assign_member import assign_member
        from annotation.values import ProjectRight
        from ringfence.kernel.context import acting
        from ringfence.kernel.permissions import Role

        manager = self._manager.context
        for n in range(len(self._people)):
            member = self._workspace.someone(Role.LABELER, n).member_id
            with acting(manager):
                assign_member(manager, project_id=project, member_id=member, right=ProjectRight.LABEL)
