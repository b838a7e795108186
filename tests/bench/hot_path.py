"""Next and submit over HTTP, closed loop: latency, answers per second, and processor time per answer.

    python -m tests.bench.hot_path --tasks 1000 --tasks 100000 --labelers 1,4,16 --seconds 15

Starts services of its own (durable: fsync on), two web workers, sequencer and signer, on this machine's
loopback; imports the items through the import service; every labeler is a thread with one connection.
Processor time is read from /proc for each server process, so that a busy machine distorts it little;
the load generator's own time is not in it. The share of time that the host took away (steal) is printed.
"""

import argparse
import contextlib
import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.stack import Stack, new_stack

TICKS = os.sysconf("SC_CLK_TCK")
WARM_SECONDS = 2.0
TEXT = "A remark of about one thousand characters, as labelers read them all day long. " * 13


@dataclass
class Run:
    """What one closed loop measured. Latencies in ms."""

    tasks: int
    labelers: int
    answers: int = 0
    seconds: float = 0.0
    next_ms: list[float] = field(default_factory=list)
    submit_ms: list[float] = field(default_factory=list)
    cpu_ms: dict[str, float] = field(default_factory=dict)
    steal: float = 0.0

    def line(self) -> str:
        """Return one row of the table."""
        cpu = " + ".join(f"{name} {value:.1f}" for name, value in sorted(self.cpu_ms.items()))
        return (
            f"| {self.tasks:>7} | {self.labelers:>3} | {self.answers / self.seconds:7.1f} "
            f"| {_quantiles(self.next_ms)} | {_quantiles(self.submit_ms)} "
            f"| {sum(self.cpu_ms.values()):5.2f} = {cpu} | {self.steal:4.1f} % |"
        )


def _quantiles(values: list[float]) -> str:
    if len(values) < 2:
        return "-"
    cut = statistics.quantiles(values, n=100, method="inclusive")
    return f"{cut[49]:6.1f} / {cut[94]:6.1f} / {cut[98]:6.1f}"


def cpu_seconds(pid: int) -> float:
    """Return user and system seconds of a process and of its ended children."""
    parts = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return sum(int(parts[i]) for i in (11, 12, 13, 14)) / TICKS


def tree_cpu(pid: int) -> float:
    """Return the seconds of a process and all its living descendants."""
    total, waiting = 0.0, [pid]
    while waiting:
        one = waiting.pop()
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            total += cpu_seconds(one)
            children = Path(f"/proc/{one}/task/{one}/children").read_text().split()
            for thread in Path(f"/proc/{one}/task").iterdir():
                if thread.name != str(one):
                    children += (thread / "children").read_text().split()
            waiting += [int(child) for child in children]
    return total


def steal_ticks() -> tuple[int, int]:
    """Return (stolen, all) ticks of the machine."""
    numbers = [int(n) for n in Path("/proc/stat").read_text().splitlines()[0].split()[1:]]
    return numbers[7], sum(numbers[:8])


class Labeler:
    """One labeler: a token and one connection that is kept."""

    def __init__(self, port: int, tenant: str, project: str, token: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self._connection.connect()
        self._connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._head = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._tenant, self._project = tenant, project

    def _post(self, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        self._connection.request(
            "POST", f"/api/v1/{self._tenant}/{path}", body=json.dumps(body), headers=self._head
        )
        answer = self._connection.getresponse()
        data = answer.read()
        return answer.status, json.loads(data) if data else None

    def answer_one(self, run: Run, lock: threading.Lock, *, counted: bool) -> bool:
        """Take one item and answer it. False when nothing is left. Raises RuntimeError on a refusal."""
        start = time.perf_counter()
        status, taken = self._post(f"projects/{self._project}/tasks/next", {"count": 1})
        got = time.perf_counter()
        if status != 200:
            raise RuntimeError(f"next: {status} {taken}")
        if not taken["tasks"]:
            return False
        body = {"answer": {"feeling": "positive"}, "lead_ms": 1000}
        submitted = time.perf_counter()
        status, said = self._post(f"tasks/{taken['tasks'][0]['id']}/submission", body)
        done = time.perf_counter()
        if status not in (200, 201):
            raise RuntimeError(f"submit: {status} {said}")
        if counted:
            with lock:
                run.answers += 1
                run.next_ms.append((got - start) * 1000)
                run.submit_ms.append((done - submitted) * 1000)
        return True


@contextlib.contextmanager
def services(stack: Stack) -> Iterator[tuple[int, dict[str, int]]]:
    """Run web, sequencer and signer; yield (port, pid by name)."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    web = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "ringfence.wsgi:application",
        "--host", "127.0.0.1", "--port", str(port), "--workers", "2", "--blocking-threads", "4",
        "--no-access-log", "--log-level", "warning",
    ]  # fmt: skip
    manage = [sys.executable, "-m", "django"]
    processes = {
        "web": subprocess.Popen(web, env=stack.environment()),
        "sequencer": subprocess.Popen([*manage, "sequencer"], env=stack.environment("rf_sequencer")),
        "signer": subprocess.Popen([*manage, "signer"], env=stack.environment("rf_signer")),
    }
    try:
        deadline = time.monotonic() + 60
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            if time.monotonic() > deadline:
                raise RuntimeError("the web process does not answer")
            time.sleep(0.1)
        yield port, {name: process.pid for name, process in processes.items()}
    finally:
        for process in processes.values():
            process.terminate()
        for process in processes.values():
            process.wait(20)


def prepare(tasks: int, labelers: int) -> tuple[str, str, list[str]]:
    """Make a tenant with a project of `tasks` items; return (public id, project id, tokens)."""
    from annotation.formats.rows import Format
    from annotation.services.assign_member import assign_member
    from annotation.services.create_project import create_project
    from annotation.services.receive_upload import Upload
    from annotation.services.run_import import run_import
    from annotation.services.set_schema import set_schema
    from annotation.services.start_import import start_import
    from annotation.values import ProjectRight
    from ringfence.demo.corpus import SCHEMA
    from ringfence.kernel.context import acting
    from ringfence.kernel.permissions import Permission, Role
    from tenants.services.manage_tokens import create_token
    from tests.world import new_workspace

    workspace = new_workspace("Bench")
    manager = workspace.context(Role.MANAGER)
    overlap = 1 if tasks >= 10_000 else 16
    with acting(manager):
        project = create_project(manager, name="Bench", overlap=overlap)
    with acting(manager):
        set_schema(manager, project_id=project, schema=SCHEMA)
    job = start_import(manager, project_id=project, file_name="bench.jsonl", declared_bytes=None)
    upload = Upload(manager, job_id=job.job_id, project_id=project, file_format=Format.JSONL)
    for n in range(tasks):
        upload.write(json.dumps({"id": f"item-{n}", "text": TEXT}).encode() + b"\n")
    upload.finish()
    while run_import(manager, job_id=job.job_id) == "waiting":
        manager = workspace.context(Role.MANAGER)
    tokens = []
    for n in range(labelers):
        someone = workspace.someone(Role.LABELER, n)
        with acting(manager):
            assign_member(manager, project_id=project, member_id=someone.member_id, right=ProjectRight.LABEL)
        context = someone.context
        with acting(context):
            _, secret = create_token(context, label="bench", permissions=[Permission.TASK_LABEL], days=1)
        tokens.append(secret)
    return workspace.public_id, str(project), tokens


def measure(
    stack: Stack, port: int, pids: dict[str, int], world: tuple[str, str, list[str]], run: Run, seconds: float
) -> Run:
    """Drive the closed loop for `seconds` after a short warm-up."""
    tenant, project, tokens = world
    lock, phase = threading.Lock(), {"counted": False, "over": False}

    def work(token: str) -> None:
        labeler = Labeler(port, tenant, project, token)
        while not phase["over"] and labeler.answer_one(run, lock, counted=phase["counted"]):
            pass

    servers = {**pids, "postgres": int(stack.cluster.pid or 0)}
    with ThreadPoolExecutor(run.labelers) as pool:
        threads = [pool.submit(work, token) for token in tokens[: run.labelers]]
        time.sleep(WARM_SECONDS)
        before = {name: tree_cpu(pid) for name, pid in servers.items()}
        stolen, ticks = steal_ticks()
        start, phase["counted"] = time.perf_counter(), True
        time.sleep(seconds)
        phase["counted"] = False
        run.seconds = time.perf_counter() - start
        after = {name: tree_cpu(pid) for name, pid in servers.items()}
        stolen_after, ticks_after = steal_ticks()
        phase["over"] = True
        for thread in threads:
            thread.result(60)
    run.steal = 100 * (stolen_after - stolen) / max(1, ticks_after - ticks)
    run.cpu_ms = {name: 1000 * (after[name] - before[name]) / max(1, run.answers) for name in servers}
    return run


def memory(pids: dict[str, int]) -> Iterator[str]:
    """Yield resident memory of each server process tree, in MB."""
    for name, pid in pids.items():
        parts = []
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        for one in (pid, *map(int, children)):
            status = Path(f"/proc/{one}/status").read_text()
            parts.append(int(status.split("VmRSS:")[1].split()[0]) // 1024)
        yield f"{name}: {' + '.join(map(str, parts))} MB"


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, action="append")
    parser.add_argument("--labelers", default="1,4,16")
    parser.add_argument("--seconds", type=float, default=15)
    options = parser.parse_args()
    crowd = [int(n) for n in options.labelers.split(",")]
    stack = new_stack(durable=True)
    try:
        stack.start()
        os.environ.update(stack.environment())
        import django

        django.setup()
        with services(stack) as (port, pids):
            print("| tasks | labelers | answers/s | next p50/p95/p99 ms | submit | processor ms | steal |")
            print("|---|---|---|---|---|---|---|")
            for tasks in options.tasks or [1_000, 100_000]:
                world = prepare(tasks, max(crowd))
                for labelers in crowd:
                    run = measure(stack, port, pids, world, Run(tasks, labelers), options.seconds)
                    print(run.line(), flush=True)
            print("\n".join(memory(pids)))
    finally:
        from django.db import connections

        connections.close_all()
        stack.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
