"""What gate, sealing and log add to a request: the same routes with and without, in one run.

    python -m tests.bench.added_cost --requests 600

The application is called in this process as the server calls it, on a cluster of its own (durable). *Without*
means: the context is made once and used again, instead of by the gate for each request; cells of the second
project are bytes in clear behind a header; nothing is built or inserted for the tenant's log and the work log.
Row policies, the signed context and permission checks stay on in both. Blocks of requests alternate between
the two, so that both meet the same machine. Each line is the whole request: the clock, and processor time of
this thread.
"""

import argparse
import contextlib
import io
import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any
from unittest.mock import patch
from uuid import UUID

from tests.bench import workload
from tests.bench.ground import own_services
from tests.bench.meters import quantile

TASKS = 4_000
BLOCK = 25
CLEAR = b"RF1\x01" + bytes(72)
"""Stands before a cell in clear, since a column takes nothing that does not look sealed."""
LOGGED = """,
logged as (
    insert into audit.pending"""
WORKED = "worked as (select audit.add_work("


def application(token: str) -> Callable[..., tuple[int, Any]]:
    """Return a function (method, path, body) that asks the application in this process."""
    from ringfence.wsgi import application as wsgi

    def ask(method: str, path: str, body: object = None) -> tuple[int, Any]:
        data, status = b"" if body is None else json.dumps(body).encode(), []
        path, _, query = path.partition("?")
        environ = {
            "REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query, "HTTP_HOST": "127.0.0.1",
            "CONTENT_TYPE": "application/json" if data else "", "CONTENT_LENGTH": str(len(data)),
            "HTTP_AUTHORIZATION": f"Bearer {token}", "REMOTE_ADDR": "127.0.0.1", "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(data), "wsgi.errors": sys.stderr, "wsgi.version": (1, 0),
            "wsgi.multithread": False, "wsgi.multiprocess": False, "wsgi.run_once": False,
        }  # fmt: skip
        answer = b"".join(
            wsgi(environ, lambda line, headers, trouble=None: status.append(int(line.split()[0])))
        )
        return status[0], json.loads(answer) if answer else None

    return ask


@contextlib.contextmanager
def in_clear() -> Iterator[None]:
    """Seal nothing: cells are written in clear, and those are read as they are."""
    from tenants.keys.keyring import TenantKeyring

    really = TenantKeyring.open

    class Clear:
        def seal(self, row: UUID, plaintext: bytes, version: int = 1) -> bytes:
            return CLEAR + plaintext + bytes(16)

        def open(self, row: UUID, sealed: bytes, version: int = 1) -> bytes:
            return bytes(sealed)[len(CLEAR) : -16]

    clear = Clear()

    def seal(self: Any, plaintext: bytes, *, field: Any, row: UUID, **more: Any) -> bytes:
        return clear.seal(row, plaintext)

    def read(self: Any, sealed: bytes, *, field: Any, row: UUID, version: int = 1) -> bytes:
        if bytes(sealed[:20]) == CLEAR[:20]:
            return clear.open(row, sealed)
        return really(self, sealed, field=field, row=row, version=version)

    with (
        patch.object(TenantKeyring, "seal", seal),
        patch.object(TenantKeyring, "open", read),
        patch.object(TenantKeyring, "sealer", lambda self, **where: clear),
    ):
        yield


class Bare:
    """The application without gate, sealing and log, to be switched on and off."""

    def __init__(self) -> None:
        import annotation.services.list_items
        import annotation.services.submit_task
        import annotation.services.take_tasks
        import tenants.middleware
        from annotation.services.queue_sql import SUBMIT
        from audit.values import Receipt

        submit = annotation.services.submit_task
        start, end = SUBMIT.index(LOGGED), SUBMIT.rindex("\nselect count(*)")
        statement = SUBMIT[:start] + SUBMIT[end:]
        work = statement.index(WORKED)
        statement = statement[:work] + statement[statement.index("\n", work) + 1 :]
        statement = statement.replace("from worked", "from kept")
        self._real_enter = tenants.middleware.enter
        receipt = Receipt(UUID(int=0), bytes(32))
        self._event: Any = None
        self._work: Any = None

        def deliver(context: Any, *args: Any, **more: Any) -> Receipt:
            return receipt

        def build_event(*args: Any, **more: Any) -> Any:
            if self._event is None:
                self._event = self._real_event(*args, **more)
            return self._event

        def build_work(**more: Any) -> Any:
            if self._work is None:
                self._work = self._real_work(**more)
            return self._work

        self._real_event, self._real_work = submit.build_event, submit.build_work
        self._patches: list[Any] = [
            patch.object(tenants.middleware, "enter", self._known),
            patch.object(annotation.services.take_tasks, "deliver", deliver),
            patch.object(annotation.services.list_items, "deliver", deliver),
            patch.object(submit, "build_event", build_event),
            patch.object(submit, "build_work", build_work),
            patch.object(submit, "seal_openings", lambda *args: None),
            patch.object(submit, "SUBMIT", statement),
        ]
        self._contexts: dict[tuple[str, str], Any] = {}

    def _known(self, credential: Any, tenant: str, **more: Any) -> Any:
        key = (credential.value, tenant)
        if key not in self._contexts:
            self._contexts[key] = self._real_enter(credential, tenant, **more)
        return self._contexts[key]

    @contextlib.contextmanager
    def on(self) -> Iterator[None]:
        """Take the three away for a while."""
        with contextlib.ExitStack() as stack:
            for each in self._patches:
                stack.enter_context(each)
            stack.enter_context(in_clear())
            yield


Times = dict[tuple[str, bool], list[tuple[float, float]]]


def measure(requests: int) -> Times:
    """Return (ms by the clock, ms of processor) of each request, by (route, whether all is on)."""
    from tests.bench.tenant import BenchTenant

    tenant = BenchTenant()
    sealed = tenant.project(TASKS)
    with in_clear():
        clear = tenant.project(TASKS)
    labeler, manager = application(tenant.hire()), application(tenant.manager_token())
    bare = Bare()
    times: Times = defaultdict(list)

    def timed(route: str, full: bool, wanted: int, ask: Callable[..., Any], *request: object) -> Any:
        clock, cpu = time.perf_counter(), time.thread_time()
        status, said = ask(*request)
        spent = (time.perf_counter() - clock) * 1000, (time.thread_time() - cpu) * 1000
        if status != wanted:
            raise RuntimeError(f"{route}: {status} {said}")
        times[route, full].append(spent)
        return said

    def block(full: bool, size: int) -> None:
        project = sealed if full else clear
        for n in range(size):
            taken = timed(
                "take the next item",
                full,
                200,
                labeler,
                "POST",
                f"{tenant.base}projects/{project}/tasks/next",
                {},
            )
            path = f"{tenant.base}tasks/{taken['tasks'][0]['id']}/submission"
            body = {"answer": {"feeling": workload.CHOICES[n % 3]}, "lead_ms": 1000}
            timed("submit an answer", full, 201, labeler, "POST", path, body)
            if n % 5 == 0:
                page = timed(
                    "list page of 100", full, 200, manager, "GET", f"{tenant.base}projects/{project}/items"
                )
                assert len(page["items"]) == 100

    for number in range(2 * (1 + requests // BLOCK)):
        full = number % 2 == 0
        with contextlib.nullcontext() if full else bare.on():
            block(full, BLOCK)
        if number < 2:
            times.clear()
    return times


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--requests", type=int, default=600)
    options = parser.parse_args()
    with own_services():
        print(f"load before: {os.getloadavg()[0]:.1f}")
        times = measure(options.requests)
    print(
        "| route | with, p50 / p95 ms | without | added, p50 / p95 ms | Python, ms of processor, with / without |"
    )
    print("|---|---|---|---|---|")
    for route in dict.fromkeys(name for name, _ in times):
        cuts = {
            full: [quantile([t[0] for t in times[route, full]], p) for p in (50, 95)]
            for full in (True, False)
        }
        cpu = {
            full: sum(t[1] for t in times[route, full]) / len(times[route, full]) for full in (True, False)
        }
        added = [a - b for a, b in zip(cuts[True], cuts[False], strict=True)]
        print(
            f"| {route} | {cuts[True][0]:.2f} / {cuts[True][1]:.2f} | {cuts[False][0]:.2f} / {cuts[False][1]:.2f} "
            f"| {added[0]:.2f} / {added[1]:.2f} | {cpu[True]:.2f} / {cpu[False]:.2f} |"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
