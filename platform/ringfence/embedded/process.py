"""A server as a process: one per folder, started, watched until ready, stopped."""

import atexit
import contextlib
import fcntl
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path

from ringfence.embedded import launch
from ringfence.embedded.errors import EmbeddedError
from ringfence.embedded.places import ServiceUser

Popen = subprocess.Popen[bytes]

ORPHANS_END_SECONDS = 15.0
"""How long the children of a killed server may take to notice that it is gone."""

POLL_SECONDS = 0.02

ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
"""All that a server inherits: none of our secrets, and nobody's PGDATA."""


class FolderLock:
    """Says that a server lives on a folder, for as long as any process of it lives.

    The descriptor is handed to the server and its children, so the kernel keeps the lock until the last
    of them is gone. A lock file with a process id cannot say that, and is believed after a crash.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.descriptor = -1

    def take(self, *, living: Callable[[], str | None]) -> None:
        """Take the lock, waiting for the children of a killed server to end.

        Raises `EmbeddedError` with the answer of `living` as soon as that names a living server.
        """
        try:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise EmbeddedError(f"cannot open {self.path}: {error.strerror}; run as its owner") from error
        deadline = time.monotonic() + ORPHANS_END_SECONDS
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                who = living()
                if who is not None or time.monotonic() > deadline:
                    os.close(descriptor)
                    raise EmbeddedError(
                        who or f"another server still holds {self.path}: stop it, then start again"
                    ) from None
                time.sleep(POLL_SECONDS)
            else:
                self.descriptor = descriptor
                return

    def is_free(self) -> bool:
        """Tell whether nobody holds the lock."""
        try:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return True
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        finally:
            os.close(descriptor)
        return True

    def drop(self) -> None:
        """Let go of our copy; the server keeps its own."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1


class _Spawner:
    """One thread that starts every server, and lives as long as we do.

    The kernel's "tell me when my parent ends" means the *thread* that forked: a server started in
    a pool's thread would end with the pool.
    """

    def __init__(self) -> None:
        self._asked: queue.SimpleQueue[tuple[Future[Popen], Callable[[], Popen]]] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._guard = threading.Lock()

    def spawn(self, start: Callable[[], Popen]) -> Popen:
        """Call `start` in the lasting thread and return what it returns."""
        with self._guard:
            if self._thread is None or not self._thread.is_alive():  # not alive: we are a fork's child
                self._thread = threading.Thread(target=self._serve, name="server-spawner", daemon=True)
                self._thread.start()
        answer: Future[Popen] = Future()
        self._asked.put((answer, start))
        return answer.result()

    def _serve(self) -> None:
        while True:
            answer, start = self._asked.get()
            try:
                answer.set_result(start())
            except BaseException as error:
                answer.set_exception(error)


_spawner = _Spawner()


class ServerProcess:
    """A server that runs as our child and ends with us, even when we are killed."""

    def __init__(self, *, name: str, stop_signal: signal.Signals, death_signal: signal.Signals) -> None:
        self.name = name
        self._stop_signal = stop_signal
        self._death_signal = death_signal
        self._child: Popen | None = None

    @property
    def pid(self) -> int | None:
        """Id of the running server, or None."""
        return self._child.pid if self._child is not None and self._child.poll() is None else None

    def start(self, program: Sequence[str], *, log: Path, lock: FolderLock, user: ServiceUser | None) -> None:
        """Start `program` with its output appended to `log`, holding `lock`; does not wait for it."""
        who = [f"--user={user.uid}", f"--group={user.gid}"] if user is not None else []
        end = [f"--parent={os.getpid()}", f"--death-signal={int(self._death_signal)}"]
        descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            self._child = _spawner.spawn(
                lambda: subprocess.Popen(
                    [sys.executable, "-I", "-S", launch.__file__, *who, *end, "--", *program],
                    stdin=subprocess.DEVNULL,
                    stdout=descriptor,
                    stderr=descriptor,
                    env=ENVIRONMENT,
                    pass_fds=(lock.descriptor,),
                    start_new_session=True,  # so that Ctrl-C reaches us alone, and we stop it in order
                )
            )
        finally:
            os.close(descriptor)
        atexit.register(self.stop)

    def wait_until(self, ready: Callable[[], bool], *, seconds: float, why_ended: Callable[[], str]) -> None:
        """Return when `ready`; raise `EmbeddedError` when the server ends first or takes too long."""
        assert self._child is not None  # noqa: S101 - called right after start
        deadline = time.monotonic() + seconds
        while not ready():
            if self._child.poll() is not None:
                raise EmbeddedError(why_ended())
            if time.monotonic() > deadline:
                self.stop()
                raise EmbeddedError(f"{self.name} was not ready after {seconds:.0f} s: {why_ended()}")
            time.sleep(POLL_SECONDS)

    def stop(self, *, seconds: float = 20.0) -> None:
        """Stop the server in order; kill it when it has not ended after `seconds`. Twice is harmless."""
        child = self._child
        if child is None:
            return
        atexit.unregister(self.stop)
        self._child = None
        with contextlib.suppress(ProcessLookupError):
            child.send_signal(self._stop_signal)
        try:
            child.wait(seconds)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()

    def kill(self) -> None:
        """End the server as a crash would: kill -9."""
        child = self._child
        if child is not None:
            atexit.unregister(self.stop)
            self._child = None
            child.kill()
            child.wait()


def is_alive(pid: int) -> bool:
    """Tell whether a process with this id exists, whoever owns it."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
