"""The life of one demo: everything started in order under one supervisor, and stopped in order."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import redis

from ringfence.demo.anchoring import prepare_bucket
from ringfence.demo.control import NOT_THERE, Supervisor
from ringfence.demo.environments import write_environments
from ringfence.demo.layout import Layout, process_environment, require_free_port
from ringfence.demo.preparation import prepare_databases, rotate_context_keys, seed
from ringfence.demo.supervision import STORES, configuration, programs
from ringfence.demo.timestamping import prepare_authority
from ringfence.demo.witnesses import prepare_witnesses
from ringfence.embedded import launch, places, postgres, valkey
from ringfence.embedded.errors import EmbeddedError
from ringfence.embedded.process import FolderLock

SUPERVISOR_SECONDS = 10.0
STORE_SECONDS = 60.0
HEALTHY_SECONDS = 240.0
"""Much longer than it takes: a machine may be busy with something else, and starting over helps nobody."""
STOP_SECONDS = 45.0
POLL_SECONDS = 0.1
STAY_SECONDS = 0.5


class Demo:
    """One demo: its supervisor as our child, or found running."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.lock = FolderLock(layout.var / "run" / "demo.lock")
        self._child: subprocess.Popen[bytes] | None = None

    def start(self, *, detach: bool) -> None:
        """Start everything and return when it is healthy; after a failure nothing is left running."""
        layout = self.layout
        layout.make()
        self.lock.take(living=self.who_runs)
        try:
            require_free_port(layout.port)
            config = layout.var / "run" / "supervisord.conf"
            places.write_private(config, configuration(layout))
            places.write_private(layout.var / "run" / "address", layout.base_url + "\n")
            self._start_supervisor(config, detach=detach)
            self._start_all()
        except NOT_THERE as error:
            self.stop()
            raise EmbeddedError(
                f"the supervisor ended while the demo started ({error}); log: {layout.log_of('supervisor')}"
            ) from error
        except BaseException:
            self.stop()
            raise

    def who_runs(self) -> str | None:
        """Say where the demo on this VAR runs, or None."""
        if Supervisor(self.layout).answers():
            return (
                f"the demo already runs on {self.layout.var} ({running_address(self.layout)}): open it, "
                "stop it with `make stop` or Ctrl-C where it runs, or set VAR and PORT for a second one"
            )
        return None

    def _start_supervisor(self, config: Path, *, detach: bool) -> None:
        death = [] if detach else [f"--parent={os.getpid()}", f"--death-signal={int(signal.SIGTERM)}"]
        program = [sys.executable, "-m", "supervisor.supervisord", "--configuration", str(config)]
        log = os.open(self.layout.log_of("supervisor"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            self._child = subprocess.Popen(
                [sys.executable, "-I", "-S", launch.__file__, *death, "--", *program],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=process_environment(),
                pass_fds=(self.lock.descriptor,),
                start_new_session=True,  # so that Ctrl-C reaches us alone, and we stop it in order
            )
        finally:
            os.close(log)
        self.lock.drop()
        supervisor = Supervisor(self.layout)
        self._wait(supervisor.answers, what="the supervisor", seconds=SUPERVISOR_SECONDS)

    def _start_all(self) -> None:
        layout, supervisor = self.layout, Supervisor(self.layout)
        say("starting PostgreSQL and Valkey")
        self._start_stores(supervisor)
        prepare_bucket(layout, say)
        prepare_authority(layout, say)
        write_environments(layout)
        prepare_databases(layout, say)
        rotate_context_keys(layout)
        # The signer waits for the bucket, and whoever seeds waits for signatures.
        first = ("bucket", "anchor", "signer", "sequencer")
        for program in sorted(programs(layout), key=lambda each: (*first, each.name).index(each.name)):
            if program.name in first:
                supervisor.start(program.name)
        prepare_witnesses(layout, say)
        seed(layout, say)
        _refresh_address(layout)
        _forget_pulses(layout)
        say("starting the services")
        for program in programs(layout):
            supervisor.start(program.name)
        self._wait(lambda: health(layout) == "", what="the demo", seconds=HEALTHY_SECONDS)

    def _start_stores(self, supervisor: Supervisor) -> None:
        cluster, server = self.layout.postgres, self.layout.valkey
        if cluster.place != cluster.directory:
            say(f"  PostgreSQL does not run as root: its data lies in {cluster.place}")
        logs = {name: self.layout.log_of(name) for name in STORES}
        written = {name: log.stat().st_size if log.exists() else 0 for name, log in logs.items()}
        self._let_orphans_end()
        for name in STORES:
            supervisor.start(name)
        for name, ready, why in (
            ("postgres", cluster.is_ready, postgres.why_ended),
            ("valkey", server.is_ready, valkey.why_ended),
        ):

            def failed(name: str = name, why: Callable[[Path, int], str] = why) -> str | None:
                return why(logs[name], written[name]) if supervisor.gave_up(name) else None

            self._wait(ready, what=name, seconds=STORE_SECONDS, failed=failed)

    def _let_orphans_end(self) -> None:
        """Wait for the servers of a demo whose supervisor was killed: they end by themselves, in their own time.

        Returns after a minute at the latest; what still runs then is somebody's, and its start says so.
        """
        deadline, told = time.monotonic() + STORE_SECONDS, False
        while self.layout.postgres.living() or self.layout.valkey.living():
            if time.monotonic() > deadline:
                return
            if not told:
                say("  waiting for the servers of a demo that was killed to end")
                told = True
            time.sleep(POLL_SECONDS)

    def _wait(
        self,
        ready: Callable[[], bool],
        *,
        what: str,
        seconds: float,
        failed: Callable[[], str | None] | None = None,
    ) -> None:
        """Return when `ready`; raise `EmbeddedError` when it cannot become so, or takes longer."""
        deadline = time.monotonic() + seconds
        while not ready():
            if self._child is not None and self._child.poll() is not None:
                raise EmbeddedError(f"the supervisor ended; log: {self.layout.log_of('supervisor')}")
            reason = failed() if failed is not None else None
            if reason is not None:
                raise EmbeddedError(reason)
            if time.monotonic() > deadline:
                problem = health(self.layout) if what == "the demo" else ""
                raise EmbeddedError(
                    f"{what} was not ready after {seconds:.0f} s{': ' if problem else ''}{problem}; "
                    f"logs: {self.layout.var / 'log'}"
                )
            time.sleep(POLL_SECONDS)

    def stay(self) -> None:
        """Return when the supervisor ends."""
        # Looked at again and again: a signal that comes just before a blocking wait would be seen after it.
        while self._child is not None and self._child.poll() is None:
            time.sleep(STAY_SECONDS)

    def stop(self) -> bool:
        """Stop everything in order and return whether anything ran; nothing is left after it."""
        supervisor = Supervisor(self.layout)
        asked = False
        with contextlib.suppress(*NOT_THERE):
            supervisor.shut_down()
            asked = True
        child = self._child
        if child is not None:
            self._child = None
            if not asked:
                with contextlib.suppress(ProcessLookupError):
                    child.terminate()
            try:
                child.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        self.lock.drop()
        deadline = time.monotonic() + STOP_SECONDS
        while asked and not self.lock.is_free():
            if time.monotonic() > deadline:
                raise EmbeddedError(
                    f"the demo did not stop in {STOP_SECONDS:.0f} s; logs: {self.layout.var / 'log'}"
                )
            time.sleep(POLL_SECONDS)
        return asked or child is not None


def health(layout: Layout) -> str:
    """Ask the demo how it is: an empty answer is good, any other names what is not."""
    try:
        with urllib.request.urlopen(f"{layout.base_url}/healthz", timeout=5) as answer:  # noqa: S310 - our own address
            return "" if answer.status == 200 else f"/healthz said {answer.status}"
    except urllib.error.HTTPError as error:
        with error:
            said = " ".join(error.read(300).decode("utf-8", "replace").split())
            return f"/healthz said {error.code}: {said}"
    except OSError as error:
        return f"/healthz did not answer ({error})"


def _forget_pulses(layout: Layout) -> None:
    """Remove what the processes of the last run said about being alive: it outlives them by seconds."""
    with redis.Redis.from_url(layout.valkey.cache_url()) as cache:
        for key in cache.scan_iter("*:pulse:*"):
            cache.delete(key)


def say(line: str) -> None:
    """Tell the person what happens, at once."""
    print(line, flush=True)


def running_address(layout: Layout) -> str:
    """Return the base URL of the demo that runs on this VAR, whatever PORT is now."""
    try:
        return (layout.var / "run" / "address").read_text(encoding="utf-8").strip()
    except OSError:
        return layout.base_url


def _refresh_address(layout: Layout) -> None:
    """Keep `demo.json` true when the demo is started again at another port."""
    people = layout.people()
    if people is not None and people.get("base_url") != layout.base_url:
        people["base_url"] = layout.base_url
        places.write_private(layout.people_file, json.dumps(people, indent=2) + "\n")
