"""Events per second to a signed checkpoint, against raw single-row commits in the same run.

    python -m tests.bench.audit_log --writers 4 --seconds 20 --leaves 1000000

Starts services of its own (durable: fsync on), sequencer and signer. In both parts each writer is a
process with one connection, and each event, or row, is a transaction of its own: first one INSERT of
an event's bytes into a plain table, then `record` inside `acting`, Django included. The lag is from the
event's own time to the time of the first checkpoint that covers it. At the end the log is recomputed.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import Any

import psycopg

from tests.stack import REPO, Stack, new_stack

EVENT_BYTES = 900
RAW_TABLE = "CREATE TABLE public.bench_raw (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body bytea)"
LAGS = """
SELECT extract(epoch FROM (
    SELECT c.at FROM audit.checkpoint c WHERE c.tenant_id = b.tenant_id AND c.size > b.seq ORDER BY c.size LIMIT 1
) - b.at)::float8 FROM audit.body b WHERE b.tenant_id = %s AND b.seq %% 10 = 0 AND b.verb = 'task.released'
"""
SPAN = """
SELECT extract(epoch FROM (SELECT max(at) FROM audit.checkpoint WHERE tenant_id = %s) - min(at))::float8
FROM audit.body WHERE tenant_id = %s AND verb = 'task.released'
"""
# As the product makes them: ids by time (RFC 9562, version 7), and each event of an object of its own.
BULK = """
INSERT INTO audit.pending (tenant_id, id, verb, actor_id, object_kind, object_id, at, leaf, core, pii)
SELECT %s, uuidv7(), 'task.released', %s, 'task', gen_random_uuid(), %s, %s, %s, %s FROM generate_series(1, %s)
"""


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--writers", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--leaves", type=int, default=0, help="then grow the log to this and time proofs")
    parser.add_argument("--write", choices=["raw", "events"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.write:
        write(options.write, options.seconds)
        return
    stack = new_stack(durable=True)
    try:
        stack.start()
        os.environ.update(stack.environment())
        import django

        django.setup()
        measure(stack, options)
    finally:
        from django.db import connections

        connections.close_all()
        stack.stop()


def write(what: str, seconds: float) -> None:
    """Be one writer, and print how many transactions were committed in `seconds`, from the first one on."""
    count = 0
    if what == "raw":
        body = os.urandom(EVENT_BYTES)
        with psycopg.connect(os.environ["RINGFENCE_CELL_URL"], autocommit=True, prepare_threshold=1) as raw:
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                raw.execute("INSERT INTO public.bench_raw (body) VALUES (%s)", [body])
                count += 1
    else:
        import django

        django.setup()
        from uuid import UUID, uuid4

        from audit.services.record import record
        from audit.verbs import Verb
        from ringfence.kernel.context import acting
        from ringfence.kernel.permissions import Purpose
        from tenants.gate.service import tenant_context

        context = tenant_context(UUID(os.environ["BENCH_TENANT"]), Purpose.JOB)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            with acting(context):
                record(
                    context, Verb.TASK_RELEASED, object_kind="task", object_id=uuid4(), detail={"n": count}
                )
            count += 1
    print(count)


def measure(stack: Stack, options: argparse.Namespace) -> None:
    """Measure both parts, judge the log, and print the figures."""
    from tests.world import new_workspace

    workspace = new_workspace("Bench")
    with psycopg.connect(stack.cluster.superuser_url("cell"), autocommit=True) as superuser:
        superuser.execute(RAW_TABLE)
        superuser.execute("GRANT INSERT ON public.bench_raw TO rf_app")
        raw = run_writers(stack, "raw", options) / options.seconds
        with processes(stack):
            wait_signed(superuser, workspace.tenant_id)
            events = run_writers(stack, "events", options, BENCH_TENANT=str(workspace.tenant_id))
            committed = events / options.seconds
            wait_signed(superuser, workspace.tenant_id)
            # From the first event to the last checkpoint, by PostgreSQL's own times.
            span = superuser.execute(SPAN, [workspace.tenant_id] * 2).fetchone()
            signed = events / span[0] if span else 0.0
            lags = [row[0] for row in superuser.execute(LAGS, [workspace.tenant_id])]
            cuts = statistics.quantiles(lags, n=100)
            print(json.dumps({
                "writers": options.writers, "seconds": options.seconds,
                "raw_commits_per_s": round(raw), "events_committed_per_s": round(committed),
                "events_signed_per_s": round(signed), "ratio_to_raw": round(committed / raw, 2),
                "lag_p50_s": round(cuts[49], 3), "lag_p95_s": round(cuts[94], 3), "lag_p99_s": round(cuts[98], 3),
                "load": os.getloadavg()[0],
            }))  # fmt: skip
            if options.leaves:
                grow(stack, superuser, workspace, options.leaves)


def child_environment(stack: Stack, **more: str) -> dict[str, str]:
    return stack.environment() | {"PYTHONPATH": f"{REPO}:{REPO / 'platform'}"} | more


def run_writers(stack: Stack, what: str, options: argparse.Namespace, **more: str) -> int:
    command = [
        sys.executable,
        "-m",
        "tests.bench.audit_log",
        "--write",
        what,
        "--seconds",
        str(options.seconds),
    ]
    children = [
        subprocess.Popen(command, env=child_environment(stack, **more), cwd=REPO, stdout=subprocess.PIPE)
        for _ in range(options.writers)
    ]
    return sum(int(child.communicate()[0]) for child in children)


@contextmanager
def processes(stack: Stack) -> Any:
    """Run sequencer and signer."""
    children = [
        subprocess.Popen([sys.executable, str(REPO / "manage.py"), name], env=stack.environment(f"rf_{name}"))
        for name in ("sequencer", "signer")
    ]
    try:
        yield
    finally:
        for child in children:
            child.terminate()
            child.wait()


def wait_signed(superuser: psycopg.Connection[Any], tenant_id: Any, *, pause: float = 0.02) -> None:
    """Return when nothing is pending and the newest head has its checkpoint.

    `pause`: seconds between two looks; each goes past all rows that were taken from the table and not vacuumed yet.
    """
    while superuser.execute(
        "SELECT EXISTS (SELECT FROM audit.pending WHERE tenant_id = %s) OR NOT EXISTS (SELECT FROM audit.checkpoint"
        " WHERE tenant_id = %s AND size = (SELECT max(size) FROM audit.head WHERE tenant_id = %s))",
        [tenant_id] * 3,
    ).fetchone() == (True,):
        time.sleep(pause)


def grow(stack: Stack, superuser: psycopg.Connection[Any], workspace: Any, leaves: int) -> None:
    """Fill the log up to `leaves`, time the backlog and 200 proofs, and recompute everything."""
    from audit.fsck import check_logs
    from audit.models import Body
    from audit.services.build_event import build_event
    from audit.services.proof_of import proof_of
    from audit.verbs import Verb
    from ringfence.kernel.context import acting
    from ringfence.kernel.permissions import Purpose

    context = workspace.service(Purpose.JOB)
    with acting(context):
        event = build_event(context, Verb.TASK_RELEASED, object_kind="task")
    row = [event.tenant_id, event.actor_id, event.at, event.leaf, event.core, event.pii]
    began = time.monotonic()
    superuser.execute(BULK, [*row, leaves])
    # Nobody sees a pending event before this commit; from here on the backlog is what there is to do.
    filling, began = time.monotonic() - began, time.monotonic()
    wait_signed(superuser, workspace.tenant_id, pause=1.0)
    backlog = time.monotonic() - began
    times: list[float] = []
    size = 0
    with acting(context):
        picked = list(
            Body.objects.filter(seq__in=range(7, leaves, leaves // 200)).values_list("id", flat=True)
        )
    for event_id in picked:
        with acting(context):
            began = time.monotonic()
            size = max(size, len(proof_of(context, event_id=event_id).content))
            times.append((time.monotonic() - began) * 1000)
    began = time.monotonic()
    with psycopg.connect(stack.url("rf_signer", "cell"), autocommit=True) as signer:
        (report,) = check_logs(signer, workspace.tenant_id)
    assert report.problems == (), report.problems
    print(json.dumps({
        "leaves": report.events, "filling_s": round(filling, 1), "backlog_s": round(backlog, 1),
        "proof_p95_ms": round(statistics.quantiles(times, n=100)[94], 1), "proof_bytes": size,
        "recompute_s": round(time.monotonic() - began, 1), "load": os.getloadavg()[0],
    }))  # fmt: skip


if __name__ == "__main__":
    main()
