"""The peer of the labeling bench: a community Label Studio in an environment of its own, on the same cluster.

It gets a role and a database of its own on the PostgreSQL that we run on, reached over the same socket, and is
served by uWSGI (or gunicorn, where uWSGI is not installed) with the values of the vendor's own deployment:
four processes on two cores, one thread each, a connection for each request. Nothing of it is part of us:
`--peer` names a Python in whose environment `pip install label-studio uwsgi` was run.
"""

import json
import os
import secrets
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import psycopg

from tests.bench import workload
from tests.bench.closed_loop import Figures, Labeler, Refused, run_loop
from tests.bench.ours import free_port, wait_for
from tests.bench.wire import Wire
from tests.stack import Stack

CONFIG = """<View>
  <Text name="text" value="$text"/>
  <Choices name="feeling" toName="text" choice="single">
    <Choice value="positive"/><Choice value="negative"/><Choice value="neutral"/>
  </Choices>
</View>"""
BATCH = 1_000
PREPARE_SECONDS = 600
STARTED_SECONDS = 120.0

# Runs in the peer's own Python: its tables, an owner, and people whose tokens are printed as JSON.
PREPARE = """
import json, os, sys
sys.path.insert(0, os.getcwd())
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "core.settings.label_studio")
import django
django.setup()
from django.core.management import call_command
call_command("migrate", "--no-color", verbosity=0)
from organizations.models import Organization
from users.models import User
made, people = None, []
for n in range(int(sys.argv[1]) + 1):
    user = User.objects.create_user(email=f"person{n}@bench.example", password=sys.argv[2])
    if made is None:
        user.is_staff = user.is_superuser = True
        user.save()
        made = Organization.create_organization(created_by=user, title="Bench", legacy_api_tokens_enabled=True)
    else:
        made.add_user(user)
    user.active_organization = made
    user.save(update_fields=["active_organization"])
    people.append(user.auth_token.key)
from label_studio import __version__
print("RESULT" + json.dumps({"tokens": people, "version": __version__}))
"""


class Person:
    """One labeler of the peer. Its server closes after each answer, so each request opens a connection."""

    def __init__(self, wire: Wire) -> None:
        self.wire, self.project, self._n = wire, 0, 0
        self.tasks: list[int] = []

    def answer(self) -> tuple[float, float] | None:
        """Take one task and answer it; see `Labeler`."""
        start = time.perf_counter()
        try:
            status, task = self.wire.send("GET", f"/api/projects/{self.project}/next/")
        except OSError as failed:
            raise Refused(f"next: {failed}") from failed
        got = time.perf_counter()
        if status == 404:
            return None
        if status != 200:
            raise Refused(f"next: {status} {str(task)[:200]}")
        self._n += 1
        choice = {"choices": [workload.CHOICES[self._n % 3]]}
        body = {
            "result": [{"from_name": "feeling", "to_name": "text", "type": "choices", "value": choice}],
            "lead_time": 1.0,
        }
        submitted = time.perf_counter()
        try:
            path = f"/api/tasks/{task['id']}/annotations/?project={self.project}"
            status, said = self.wire.send("POST", path, body)
        except OSError as failed:
            raise Refused(f"submit: {failed}") from failed
        done = time.perf_counter()
        if status != 201:
            raise Refused(f"submit: {status} {str(said)[:200]}")
        self.tasks.append(task["id"])
        return (got - start) * 1000, (done - submitted) * 1000


class Peer:
    """A running Label Studio with a database of its own on the stack's cluster."""

    name = "Label Studio"

    def __init__(self, stack: Stack, python: Path, labelers: int) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="rfb-", dir="/tmp")
        self._python, self._port = python, free_port()
        self._superuser = psycopg.connect(stack.cluster.superuser_url(), autocommit=True)
        password = secrets.token_urlsafe(18)
        self._superuser.execute(f"CREATE ROLE bench_peer LOGIN PASSWORD '{password}'")
        self._superuser.execute("CREATE DATABASE bench_peer OWNER bench_peer")
        self._database = psycopg.connect(stack.cluster.superuser_url("bench_peer"), autocommit=True)
        self._environment = {
            "PATH": f"{python.parent}:{os.environ['PATH']}",
            "HOME": self._folder.name,
            "LANG": "C.UTF-8",
            "DJANGO_DB": "default",
            "DJANGO_SETTINGS_MODULE": "core.settings.label_studio",
            "POSTGRE_HOST": str(stack.cluster.socket_dir),
            "POSTGRE_PORT": "5432",
            "POSTGRE_NAME": "bench_peer",
            "POSTGRE_USER": "bench_peer",
            "POSTGRE_PASSWORD": password,
            "LABEL_STUDIO_BASE_DATA_DIR": self._folder.name,
            "LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN": "true",
            "DEBUG": "false",
            "LOG_LEVEL": "ERROR",
            # It would ask the world for news otherwise; measured without waiting for that.
            "COLLECT_ANALYTICS": "false",
            "LATEST_VERSION_CHECK": "false",
            "SENTRY_DSN": "",
            "FRONTEND_SENTRY_DSN": "",
        }
        self._home = Path(self._run("import label_studio; print('RESULT' + label_studio.__path__[0])"))
        prepared = json.loads(self._run(PREPARE, str(labelers), secrets.token_urlsafe(18), cwd=self._home))
        self.version: str = prepared["version"]
        self.served_by = ""
        self._process = self._serve()
        owner, *tokens = prepared["tokens"]
        self._owner = self._wire(owner)
        self._people = [Person(self._wire(token)) for token in tokens]
        self.servers = {"web": self._process.pid, "postgres": int(stack.cluster.pid or 0)}
        self._projects: dict[int, tuple[int, float]] = {}
        self.imports: list[dict[str, float]] = []
        self.twice = 0
        """Tasks that two people were given although one answer was wanted."""

    def run(self, tasks: int, labelers: int, seconds: float, *, warm: float = 2.0) -> Figures:
        """Run the loop in a project of `tasks` tasks."""
        project = self._project(tasks)
        people: list[Labeler] = []
        for person in self._people[:labelers]:
            person.project, person.tasks = project, []
            people.append(person)
        figures = Figures(self.name, tasks, labelers)
        run_loop(figures, people, self.servers, seconds=seconds, warm=warm)
        done = [task for person in self._people[:labelers] for task in person.tasks]
        self.twice += len(done) - len(set(done))
        self._projects[tasks] = (project, self._projects[tasks][1] + len(done) / tasks)
        return figures

    def pages(self, tasks: int, times: int = 10) -> dict[str, list[float]]:
        """Return the ms of the first and the last list page of 100 tasks."""
        project, found = self._project(tasks), {}
        for name, page in (("first", 1), ("last", max(1, tasks // 100))):
            path = f"/api/tasks/?project={project}&page={page}&page_size=100&fields=all"
            spent = []
            for _ in range(times + 1):
                start = time.perf_counter()
                status, listed = self._owner.send("GET", path)
                spent.append((time.perf_counter() - start) * 1000)
                if status != 200 or len(listed["tasks"]) != 100:
                    raise RuntimeError(f"the peer's page: {status} {str(listed)[:200]}")
            found[name] = spent[1:]
        return found

    def close(self) -> None:
        """End the peer's processes, by its master, and remove its files; its database goes with the stack."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait()
        self._database.close()
        self._superuser.close()
        self._folder.cleanup()

    def _wire(self, token: str) -> Wire:
        return Wire(self._port, {"Authorization": f"Token {token}"}, keep=False)

    def _run(self, script: str, *arguments: str, cwd: Path | None = None) -> str:
        done = subprocess.run(
            [str(self._python), "-c", script, *arguments],
            env=self._environment, cwd=cwd, capture_output=True, text=True, timeout=PREPARE_SECONDS, check=False,
        )  # fmt: skip
        if done.returncode != 0 or "RESULT" not in done.stdout:
            raise RuntimeError(f"the peer could not be prepared: {done.stdout[-500:]}{done.stderr[-2000:]}")
        return done.stdout.rsplit("RESULT", 1)[1].strip()

    def _serve(self) -> "subprocess.Popen[bytes]":
        """Serve it and return its master. uWSGI with the vendor's values, or else gunicorn with the like."""
        uwsgi = self._python.parent / "uwsgi"
        if uwsgi.exists():
            self.served_by = "uWSGI, 4 processes"
            command = [
                str(uwsgi), "--http", f"127.0.0.1:{self._port}", "--http-timeout", "300", "--module",
                "core.wsgi:application", "--master", "--processes", "4", "--threads", "1", "--lazy-apps",
                "--enable-threads", "--single-interpreter", "--thunder-lock", "--need-app", "--die-on-term",
                "--vacuum", "--buffer-size", "65535", "--post-buffering", "4096", "--harakiri", "120",
                "--max-requests", "5000", "--disable-logging",
            ]  # fmt: skip
        else:
            self.served_by = "gunicorn, 4 processes"
            command = [
                str(self._python), "-m", "gunicorn", "core.wsgi:application", "--bind",
                f"127.0.0.1:{self._port}", "--workers", "4", "--timeout", "120",
            ]  # fmt: skip
        with Path(self._folder.name, "server.log").open("wb") as log:
            process = subprocess.Popen(
                command, env=self._environment, cwd=self._home, stdout=log, stderr=log, start_new_session=True
            )
        wait_for(self._port)
        until = time.monotonic() + STARTED_SECONDS
        wire = Wire(self._port, {}, keep=False)
        while wire.exchange("GET", "/health", b"")[0] != 200:
            if time.monotonic() > until:
                raise TimeoutError("the peer does not answer")
            time.sleep(0.5)
        return process

    def _project(self, tasks: int) -> int:
        """Return a project of this size of which little is done; import one where there is none."""
        project, spent = self._projects.get(tasks, (0, 1.0))
        if spent > 0.2:
            project = self._import(tasks)
            self._projects[tasks] = (project, 0.0)
            self._database.execute("VACUUM (ANALYZE)")
            self._superuser.execute("CHECKPOINT")
        return project

    def _import(self, tasks: int) -> int:
        made = self._must("POST", "/api/projects/", {"title": f"Bench {tasks}", "label_config": CONFIG})
        project, load, spent = int(made["id"]), os.getloadavg()[0], 0.0
        batch: list[dict[str, Any]] = []
        for n, text in enumerate(workload.texts(tasks, seed=tasks)):
            batch.append({"data": {"text": text, "ref": f"item-{n:08d}"}})
            if len(batch) == BATCH or n == tasks - 1:
                start = time.perf_counter()
                self._must("POST", f"/api/projects/{project}/import?return_task_ids=false", batch)
                spent += time.perf_counter() - start
                batch = []
        self.imports.append({"tasks": tasks, "per_second": tasks / spent, "load": load})
        return project

    def _must(self, method: str, path: str, body: object) -> Any:
        status, said = self._owner.send(method, path, body)
        if status not in (200, 201):
            raise RuntimeError(f"the peer said {status} to {method} {path}: {str(said)[:300]}")
        return said
