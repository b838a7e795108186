"""Where the time of one answer goes: the two requests of a labeler in this process, piece by piece.

    python -m tests.bench.hot_path --answers 2000

No server and no second process: the application is called as the server calls it, on a cluster of its own
(durable), by one labeler, so that nothing waits for a processor. Each piece is this thread's processor time
without the pieces inside it. Beside it stand the processor time of the PostgreSQL backend, read from /proc,
and the time that PostgreSQL itself counts for each statement (pg_stat_statements), planning included.
`tests.bench.labeling` measures the same requests under load.
"""

import argparse
import functools
import importlib
import io
import json
import os
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import psycopg

from tests.bench import workload
from tests.bench.ground import own_services
from tests.bench.meters import cpu_seconds, quantile
from tests.stack import Stack

TASKS = 5_000
WARM_ANSWERS = 200
REST = "Django and WSGI: middleware, routing, response; the view"

PIECES = (
    # (piece, module, name): the name is replaced where it is looked up.
    ("gate: credential, membership, verdict, context", "tenants.middleware", "enter"),
    ("keys: open and seal", "tenants.keys.keyring.TenantKeyring", "open"),
    ("keys: open and seal", "tenants.keys.keyring.TenantKeyring", "seal"),
    ("log: build the event", "audit.services.record", "build_event"),
    ("log: build the event", "annotation.services.submit_task", "build_event"),
    ("statements: bind, send, read", "annotation.services.statements", "one"),
    ("statements: bind, send, read", "annotation.services.statements", "run"),
    ("statements: bind, send, read", "audit.services.record", "keep"),
    ("item and schema: decode, show, digest", "annotation.services.take_tasks", "decode_item"),
    ("item and schema: decode, show, digest", "annotation.services.take_tasks", "show_item"),
    ("item and schema: decode, show, digest", "annotation.services.take_tasks", "encode_shown"),
    ("item and schema: decode, show, digest", "annotation.services.take_tasks", "schema_of"),
    ("answer: check and encode", "annotation.services.submit_task", "_checked"),
    ("answer: check and encode", "annotation.services.submit_task", "encode_answer"),
    ("unit of work: begin, signed context, commit; the service", "annotation.api.tasks", "take_tasks"),
    ("unit of work: begin, signed context, commit; the service", "annotation.api.tasks", "submit_task"),
)
STATEMENTS = """
SELECT left(regexp_replace(query, '\\s+', ' ', 'g'), 60), calls, total_exec_time, total_plan_time
  FROM pg_stat_statements WHERE calls > 10 ORDER BY total_exec_time + total_plan_time DESC LIMIT 8
"""


class Pieces:
    """Exclusive processor time of named functions, in seconds."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = defaultdict(float)
        self._inner: list[float] = []

    def watch(self, piece: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function with its time counted for `piece`."""

        @functools.wraps(function)
        def timed(*args: Any, **kwargs: Any) -> Any:
            began = time.thread_time()
            self._inner.append(0.0)
            try:
                return function(*args, **kwargs)
            finally:
                whole = time.thread_time() - began
                self.spent[piece] += whole - self._inner.pop()
                if self._inner:
                    self._inner[-1] += whole

        return timed

    def install(self) -> None:
        """Watch everything in PIECES. Raises AttributeError when a name has moved: the table is wrong then."""
        for piece, where, name in PIECES:
            owner = place(where)
            setattr(owner, name, self.watch(piece, getattr(owner, name)))


def place(where: str) -> Any:
    """Return a module, or a class in one."""
    try:
        return importlib.import_module(where)
    except ModuleNotFoundError:
        module, _, name = where.rpartition(".")
        return getattr(importlib.import_module(module), name)


def caller(token: str, pieces: Pieces) -> Callable[[str, object], tuple[int, Any]]:
    """Return a function that posts JSON to the application in this process."""
    from ringfence.wsgi import application

    whole = pieces.watch(REST, lambda environ, start: b"".join(application(environ, start)))

    def post(path: str, body: object) -> tuple[int, Any]:
        data, status = json.dumps(body).encode(), []
        environ = {
            "REQUEST_METHOD": "POST", "PATH_INFO": path, "QUERY_STRING": "", "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(data)), "HTTP_AUTHORIZATION": f"Bearer {token}", "HTTP_HOST": "127.0.0.1",
            "REMOTE_ADDR": "127.0.0.1", "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1", "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(data),
            "wsgi.errors": sys.stderr, "wsgi.version": (1, 0), "wsgi.multithread": False,
            "wsgi.multiprocess": False, "wsgi.run_once": False,
        }  # fmt: skip
        answer = whole(environ, lambda line, headers, trouble=None: status.append(int(line.split()[0])))
        return status[0], json.loads(answer)

    return post


def count_statements(stack: Stack) -> None:
    """Let the cluster count its statements; it is started again for that."""
    with psycopg.connect(stack.cluster.superuser_url(), autocommit=True) as superuser:
        superuser.execute("ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'")
        superuser.execute("ALTER SYSTEM SET pg_stat_statements.track_planning = on")
    stack.cluster.stop()
    stack.cluster.start()
    # In a database of its own: the cell's holds only what an install holds.
    with psycopg.connect(stack.cluster.superuser_url(), autocommit=True) as superuser:
        superuser.execute("CREATE EXTENSION pg_stat_statements")


def measure(stack: Stack, answers: int) -> None:
    """Answer, and print the two tables."""
    from django.db import connection

    from tests.bench.tenant import BenchTenant

    tenant = BenchTenant()
    project, token = tenant.project(TASKS), tenant.hire()
    pieces = Pieces()
    pieces.install()
    post = caller(token, pieces)
    spent: dict[str, dict[str, float]] = {"next": {}, "submit": {}}
    walls: dict[str, list[float]] = {"next": [], "submit": []}
    backend = 0.0

    def ask(kind: str, path: str, body: object, wanted: int) -> Any:
        pieces.spent.clear()
        began = time.perf_counter()
        status, said = post(path, body)
        walls[kind].append((time.perf_counter() - began) * 1000)
        if status != wanted:
            raise RuntimeError(f"{kind}: {status} {said}")
        for piece, seconds in pieces.spent.items():
            spent[kind][piece] = spent[kind].get(piece, 0.0) + seconds
        return said

    with psycopg.connect(stack.cluster.superuser_url(), autocommit=True) as superuser:
        for n in range(WARM_ANSWERS + answers):
            if n == WARM_ANSWERS:
                superuser.execute("SELECT pg_stat_statements_reset()")
                for kind in spent:
                    spent[kind].clear()
                    walls[kind].clear()
                backend = cpu_seconds(connection.connection.info.backend_pid)
            taken = ask("next", f"{tenant.base}projects/{project}/tasks/next", {"count": 1}, 200)
            body = {"answer": {"feeling": workload.CHOICES[n % 3]}, "lead_ms": 1000}
            ask("submit", f"{tenant.base}tasks/{taken['tasks'][0]['id']}/submission", body, 201)
        backend = cpu_seconds(connection.connection.info.backend_pid) - backend
        print(f"| piece, µs of processor time | next | submit | both |\n|{'---|' * 4}")
        names = sorted({*spent["next"], *spent["submit"]}, key=lambda name: -_both(spent, name))
        for name in names:
            each = [spent[kind].get(name, 0.0) / answers * 1e6 for kind in spent]
            print(f"| {name} | {each[0]:.0f} | {each[1]:.0f} | {sum(each):.0f} |")
        sums = [sum(spent[kind].values()) / answers * 1e6 for kind in spent]
        print(f"| **Python, all** | {sums[0]:.0f} | {sums[1]:.0f} | **{sum(sums):.0f}** |")
        print(f"| **PostgreSQL backend, all** | | | **{backend / answers * 1e6:.0f}** |")
        for kind, times in walls.items():
            print(
                f"{kind}: p50 {statistics.median(times):.2f} ms, p95 {quantile(times, 95):.2f} ms, by the clock"
            )
        print(f"\n| statement, as PostgreSQL counts it | calls | µs planned | µs run |\n|{'---|' * 4}")
        for text, calls, run, planned in superuser.execute(STATEMENTS):
            print(f"| `{text}` | {calls} | {planned / calls * 1000:.0f} | {run / calls * 1000:.0f} |")


def _both(spent: dict[str, dict[str, float]], name: str) -> float:
    return sum(each.get(name, 0.0) for each in spent.values())


def main() -> int:
    """Measure on services of its own."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--answers", type=int, default=2_000)
    options = parser.parse_args()
    with own_services(count_statements) as stack:
        print(f"load before: {os.getloadavg()[0]:.1f}")
        measure(stack, options.answers)
    return 0


if __name__ == "__main__":
    sys.exit(main())
